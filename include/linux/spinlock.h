/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spinning mutual exclusion. */
#ifndef LINUX_SPINLOCK_H
#define LINUX_SPINLOCK_H

#include <neurath/spinlock.h>
#include <linux/types.h>

typedef spinlock_t raw_spinlock_t;
#define DEFINE_RAW_SPINLOCK	DEFINE_SPINLOCK
#define raw_spin_lock		spin_lock
#define raw_spin_unlock		spin_unlock
#define raw_spin_lock_irqsave	spin_lock_irqsave
#define raw_spin_unlock_irqrestore	spin_unlock_irqrestore
#define local_irq_save(flags)	((flags) = irq_save())
#define local_irq_restore(flags)	irq_restore(flags)
#define local_irq_disable()	irq_disable()
#define local_irq_enable()	irq_enable()
/* Kernel code is not preempted: it gives up the CPU only at explicit points. */
#define preempt_disable()	barrier()
#define preempt_enable()	barrier()
#define smp_processor_id()	cpu_id()
#define num_online_cpus()	nr_cpus
#define num_possible_cpus()	nr_cpus
#define for_each_online_cpu(cpu)	for ((cpu) = 0; (cpu) < nr_cpus; (cpu)++)
#define for_each_possible_cpu(cpu)	for_each_online_cpu(cpu)

#endif
