/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64 and boot: where other CPUs start, see boot/trampoline.S. */
#ifndef ARCH_X86_64_TRAMPOLINE_H
#define ARCH_X86_64_TRAMPOLINE_H

/* Free low memory on every PC; taken out of the memory map at boot. */
#define TRAMPOLINE_PAGE		0x8000UL

/* In the boot section: the addresses are physical. */
extern const char trampoline_start[], trampoline_end[];
extern const char trampoline_far32[], trampoline_far64[];

#endif
