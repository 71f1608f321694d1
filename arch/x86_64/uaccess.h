/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: what fault.c knows about uaccess.S. */
#ifndef ARCH_X86_64_UACCESS_H
#define ARCH_X86_64_UACCESS_H

/* One per instruction of .text.uaccess that may fault: section __ex_table. */
struct ex_entry {
	unsigned long insn, fixup;
};

#endif
