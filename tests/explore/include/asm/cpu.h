/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands in front of the kernel's <asm/cpu.h>: the structures are the kernel's own, the
 * instructions (GS, interrupt flag, halt) are those of the world's machine (../../machine.c).
 */
#ifndef EXPLORE_ASM_CPU_H
#define EXPLORE_ASM_CPU_H

#define this_cpu		real_this_cpu
#define cpu_id			real_cpu_id
#define this_cpu_rq		real_this_cpu_rq
#define get_current		real_get_current
#define irq_save		real_irq_save
#define irq_restore		real_irq_restore
#define irqs_disabled		real_irqs_disabled
#define irq_enable		real_irq_enable
#define irq_disable		real_irq_disable
#define cpu_relax		real_cpu_relax
#define cpu_wait_for_interrupt	real_cpu_wait_for_interrupt
#define arch_load_pgd		real_arch_load_pgd
#define read_tsc		real_read_tsc
#include_next <asm/cpu.h>
#undef this_cpu
#undef cpu_id
#undef this_cpu_rq
#undef get_current
#undef irq_save
#undef irq_restore
#undef irqs_disabled
#undef irq_enable
#undef irq_disable
#undef cpu_relax
#undef cpu_wait_for_interrupt
#undef arch_load_pgd
#undef read_tsc

struct cpu *this_cpu(void);
unsigned cpu_id(void);
struct rq *this_cpu_rq(void);
struct task *get_current(void);
unsigned long irq_save(void);
void irq_restore(unsigned long flags);
bool irqs_disabled(void);
void irq_enable(void);
void irq_disable(void);
void cpu_relax(void);
void cpu_wait_for_interrupt(void);
void arch_load_pgd(phys_addr_t pgd);
u64 read_tsc(void);

#endif
