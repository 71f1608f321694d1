/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bit operations on words that several CPUs change. */
#ifndef LINUX_BITOPS_H
#define LINUX_BITOPS_H

#include <neurath/atomic.h>

#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	(((n) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]

static inline unsigned long hweight_long(unsigned long w)
{
	unsigned long n = 0;

	for (; w; w &= w - 1)
		n++;
	return n;
}

#endif
