/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the interface of uaccess.S for fault.c. */
#ifndef ARCH_X86_64_UACCESS_H
#define ARCH_X86_64_UACCESS_H

/* One for each instruction of .uaccess.text that may fault: section __ex_table. */
struct ex_entry {
	unsigned long insn, fixup;
};

#endif
