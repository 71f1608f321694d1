/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts of interrupts for /proc/interrupts: irq_stat.c. */
#ifndef ARCH_X86_64_IRQ_STAT_H
#define ARCH_X86_64_IRQ_STAT_H

#include <neurath/arch.h>
#include "traps.h"

#define IRQ_STAT_LOCAL		0xe8	/* first vector of the local interrupts */
#define IRQ_STAT_COUNT		(VECTOR_IRQ_COUNT + 0x100 - IRQ_STAT_LOCAL)

/* Only its own CPU writes a row, in interrupts. */
extern u64 irq_stat[NR_CPUS][IRQ_STAT_COUNT];

static __always_inline unsigned int irq_stat_index(unsigned long vector)
{
	return vector < VECTOR_IRQ + VECTOR_IRQ_COUNT ? vector - VECTOR_IRQ :
	       vector - IRQ_STAT_LOCAL + VECTOR_IRQ_COUNT;
}

/* Called by interrupt_dispatch(). */
static __always_inline void irq_stat_note(unsigned long vector)
{
	unsigned int i = irq_stat_index(vector);

	if (i < IRQ_STAT_COUNT)
		irq_stat[cpu_id()][i]++;
}

#endif
