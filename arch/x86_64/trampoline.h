/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64 and boot: the start of other CPUs, see boot/trampoline.S. */
#ifndef ARCH_X86_64_TRAMPOLINE_H
#define ARCH_X86_64_TRAMPOLINE_H

#include <neurath/types.h>

/* A page below 1 MiB, from boot_alloc_low(); 0: no page, and only one CPU. */
extern phys_addr_t trampoline_page;

/* In the boot section: the addresses are physical. */
extern const char trampoline_start[], trampoline_end[];
extern const char trampoline_far32[], trampoline_far64[];

#endif
