/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one helper of the compiler's run-time library that our code can need: without -mpopcnt,
 * __builtin_popcountl() is a call of this name.  Any context.
 */
#include <neurath/types.h>

int __popcountdi2(long value);

int notrace __popcountdi2(long value)
{
	u64 bits = (u64)value;

	/* Sums in fields of 2, 4 and 8 bits; the product adds the bytes up in its highest one. */
	bits -= bits >> 1 & 0x5555555555555555UL;
	bits = (bits & 0x3333333333333333UL) + (bits >> 2 & 0x3333333333333333UL);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fUL;
	return (int)(bits * 0x0101010101010101UL >> 56);
}
