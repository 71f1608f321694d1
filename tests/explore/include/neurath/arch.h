/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in front of the kernel's <neurath/arch.h>: the world's memory lies where the host put
 * it, so the borders of the kernel's address space are others.  All else is the kernel's.
 */
#ifndef EXPLORE_ARCH_H
#define EXPLORE_ARCH_H

#include_next <neurath/arch.h>
#undef KERNEL_BASE
#undef MODULE_BASE
#define KERNEL_BASE	0UL		/* text is where its address says: text_poke.c */
#define MODULE_BASE	~0UL		/* all functions are the kernel's: workqueue.c */

#endif
