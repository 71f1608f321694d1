/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to arch/x86_64: what CPU setup and page faults share with uaccess.S.
 */
#ifndef ARCH_X86_64_UACCESS_H
#define ARCH_X86_64_UACCESS_H

#include <neurath/types.h>

/*
 * 1 once CR4.SMAP is set on the boot CPU (all CPUs are assumed alike): the copy
 * routines then open and close user access with STAC and CLAC.  Written once, before
 * the first user process.
 */
extern u8 smap_enabled;

/* One per instruction of .text.uaccess that may fault: section __ex_table. */
struct ex_entry {
	unsigned long insn, fixup;
};

#endif
