/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in front of the kernel's <neurath/arch.h>: the kernel is this program, which the host's linker
 * puts at 4 MB, and the memory of modules lies in the lowest 2 GB, so that each relocation has room for an
 * address in it, and 1 GB away from the program, where the host's heap may begin.
 */
#ifndef FUZZ_ARCH_H
#define FUZZ_ARCH_H

#include_next <neurath/arch.h>
#undef KERNEL_BASE
#undef MODULE_BASE
#undef MODULE_END
#define KERNEL_BASE	0x400000UL
#define MODULE_BASE	0x50000000UL
#define MODULE_END	0x58000000UL

#endif
