/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exports for modules of subsystems that have no EXPORT_SYMBOL() of their own.  An entry here is
 * a promise: the functions behind <linux/...>.
 */
#include <neurath/export.h>
#include <neurath/arch.h>
#include <neurath/kernfs.h>
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/module.h>
#include <neurath/mutex.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/spinlock.h>
#include <neurath/timer.h>
#include <neurath/wait.h>
#include <neurath/workqueue.h>

EXPORT_SYMBOL(kmalloc);
EXPORT_SYMBOL(kzalloc);
EXPORT_SYMBOL(kcalloc);
EXPORT_SYMBOL(krealloc);
EXPORT_SYMBOL(kfree);
EXPORT_SYMBOL(vmalloc);
EXPORT_SYMBOL(vfree);
EXPORT_SYMBOL(kmem_cache_create);
EXPORT_SYMBOL(kmem_cache_alloc);
EXPORT_SYMBOL(kmem_cache_free);

EXPORT_SYMBOL(mutex_init_rank);
EXPORT_SYMBOL(mutex_lock);
EXPORT_SYMBOL(mutex_lock_interruptible);
EXPORT_SYMBOL(mutex_trylock);
EXPORT_SYMBOL(mutex_unlock);
EXPORT_SYMBOL(mutex_is_locked);
EXPORT_SYMBOL(mutex_is_mine);

EXPORT_SYMBOL(spin_lock_init_rank);
EXPORT_SYMBOL(spin_lock_checked);
EXPORT_SYMBOL(spin_lock_contended);
EXPORT_SYMBOL(spin_unlock_checked);
EXPORT_SYMBOL(spin_trylock);
EXPORT_SYMBOL(spin_lock_irqsave_flags);
EXPORT_SYMBOL(spin_unlock_irqrestore);
EXPORT_SYMBOL(spin_is_held);

EXPORT_SYMBOL(init_waitqueue_head);
EXPORT_SYMBOL(wake_up);
EXPORT_SYMBOL(wake_up_all);
EXPORT_SYMBOL(waitqueue_active);
EXPORT_SYMBOL(init_wait_entry);
EXPORT_SYMBOL(prepare_to_wait);
EXPORT_SYMBOL(prepare_to_wait_exclusive);
EXPORT_SYMBOL(finish_wait);
EXPORT_SYMBOL(init_completion);
EXPORT_SYMBOL(complete);
EXPORT_SYMBOL(complete_all);
EXPORT_SYMBOL(wait_for_completion);
EXPORT_SYMBOL(wait_for_completion_interruptible);

EXPORT_SYMBOL(schedule);
EXPORT_SYMBOL(schedule_until);
EXPORT_SYMBOL(schedule_timeout);
EXPORT_SYMBOL(cond_resched);
EXPORT_SYMBOL(yield);
EXPORT_SYMBOL(msleep);
EXPORT_SYMBOL(wake_up_process);
EXPORT_SYMBOL(fatal_signal_pending);
EXPORT_SYMBOL(kthread_create);
EXPORT_SYMBOL(kthread_run);
EXPORT_SYMBOL(kthread_stop);
EXPORT_SYMBOL(kthread_exit);
EXPORT_SYMBOL(kthread_should_stop);
EXPORT_SYMBOL(synchronize_cpus);
EXPORT_SYMBOL(task_find_get);
EXPORT_SYMBOL(task_put);

EXPORT_SYMBOL(jiffies);
EXPORT_SYMBOL(timer_init);
EXPORT_SYMBOL(timer_arm);
EXPORT_SYMBOL(timer_cancel);
EXPORT_SYMBOL(timer_cancel_sync);
EXPORT_SYMBOL(clock_ns);

EXPORT_SYMBOL(INIT_WORK);
EXPORT_SYMBOL(INIT_DELAYED_WORK);
EXPORT_SYMBOL(schedule_work);
EXPORT_SYMBOL(schedule_delayed_work);
EXPORT_SYMBOL(mod_delayed_work_ns);
EXPORT_SYMBOL(flush_work);
EXPORT_SYMBOL(cancel_work_sync);
EXPORT_SYMBOL(cancel_delayed_work);
EXPORT_SYMBOL(cancel_delayed_work_sync);
EXPORT_SYMBOL(delayed_work_timer);


EXPORT_SYMBOL(seq_printf);
EXPORT_SYMBOL(seq_puts);
EXPORT_SYMBOL(seq_putc);
EXPORT_SYMBOL(seq_write);

EXPORT_SYMBOL(try_module_get);
EXPORT_SYMBOL(__module_get);
EXPORT_SYMBOL(module_put);
EXPORT_SYMBOL(module_refcount);
EXPORT_SYMBOL(find_module);
EXPORT_SYMBOL(add_taint);

EXPORT_SYMBOL(ksym_lookup);
EXPORT_SYMBOL(ksym_find);
EXPORT_SYMBOL(ksym_sprint);

EXPORT_SYMBOL(nr_cpus);
EXPORT_SYMBOL(smp_call_all);
