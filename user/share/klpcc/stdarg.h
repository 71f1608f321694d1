/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stdarg.h - arguments that the prototype does not name, for the compiler in the guest.  The list
 * is the one of the x86-64 ABI, which the kernel's own code shares.  The kernel has no floating
 * point, so each argument is a word: in the registers that were saved first, then on the stack.
 */
#ifndef KLPCC_STDARG_H
#define KLPCC_STDARG_H

typedef __builtin_va_list va_list;

#define VA_REGISTER_BYTES	48

static inline void *__klpcc_va_word(va_list ap)
{
	char *at;

	if (ap->gp_offset < VA_REGISTER_BYTES) {
		at = ap->reg_save_area + ap->gp_offset;
		ap->gp_offset += 8;
	} else {
		at = ap->overflow_arg_area;
		ap->overflow_arg_area += 8;
	}
	return at;
}

#define va_start(ap, last)	__builtin_va_start(ap, last)
#define va_arg(ap, type)	(*(type *)__klpcc_va_word(ap))
#define va_copy(to, from)	(*(to) = *(from))
#define va_end(ap)		((void)0)

#endif
