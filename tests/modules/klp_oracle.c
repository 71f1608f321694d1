/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The consistency oracle: two functions that belong together.
 *
 * oracle_outer() pauses in one of several ways and then calls oracle_inner();
 * klp_oracle_patch replaces both. While outer's old version is on a task's stack, the
 * task must not change over. So an old outer never calls a new inner, and a new outer never
 * calls an old inner. Each entry of each version, in tasks and in interrupts (a timer
 * calls oracle_tick()), checks these claims, and counts violations:
 *
 *	mixed		I1  an old caller called a new function, or the other way round
 *	wrong_state	I1  the state of the task is not the one that selects the version
 *	turned_twice	I2  a task changed over and back in one direction
 *	left_behind	I3  an old version runs after completion
 *	retired		I4  a new version runs after its patch has been disabled
 *	stateless	I5  a task without a state in a transition: a child inherited nothing
 *	irq_mixed	I6  an interrupt did not use the versions of the task that it interrupted
 *
 *	thread=1	a kernel thread runs the pair without end, and passes no point of judgement: only interrupts stop it
 *	/proc/oracle_none, _yield, _sleep, _block	reading one runs a pair
 *	/proc/oracle_record		the counts
 *	/proc/oracle_release		wakes "block"
 *	/proc/oracle_turn		to be read before and after a write that may reverse (I2)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include "klp_oracle.h"

struct oracle_record oracle_record;
EXPORT_SYMBOL(oracle_record);
int oracle_patch_gone = 1;
EXPORT_SYMBOL(oracle_patch_gone);
int oracle_settled;
EXPORT_SYMBOL(oracle_settled);
int oracle_turns;
EXPORT_SYMBOL(oracle_turns);
const bool *oracle_in_transition;
EXPORT_SYMBOL(oracle_in_transition);

static DECLARE_WAIT_QUEUE_HEAD(oracle_block_queue);
static int oracle_generation;

void oracle_pause(int kind)
{
	int generation = READ_ONCE(oracle_generation);

	switch (kind) {
	case ORACLE_YIELD:
		cond_resched();
		yield();
		break;
	case ORACLE_SLEEP:
		msleep(1);
		break;
	case ORACLE_BLOCK:
		/* A signal or a kick also ends the wait; the reader then runs the pair to its end. */
		wait_event_interruptible(oracle_block_queue,
					 READ_ONCE(oracle_generation) != generation);
		break;
	}
}
EXPORT_SYMBOL(oracle_pause);

/* While the versions are in transition, no task has state IDLE (barriers A and F). */
static bool oracle_idle_in_transition(void)
{
	const bool *transition = READ_ONCE(oracle_in_transition);

	/* The flag is read before and after the state, so the state was read during the transition. */
	return transition && READ_ONCE(*transition) &&
	       READ_ONCE(current->patch_state) == KLP_TRANSITION_IDLE && READ_ONCE(*transition);
}

/*
 * The last recorded state of a task. If another task takes the same place in the array, the record of
 * the first task is lost. This can lose a violation but cannot invent one.
 */
static struct oracle_task {
	struct task_struct *task;
	int pid, turn, state, changes;
} oracle_tasks[1024 + 64];
static DEFINE_SPINLOCK(oracle_tasks_lock);	/* two tasks may share a place */

static void oracle_check_turns(int state)
{
	int pid = current->pid;
	/* Idle tasks share a pid. */
	struct oracle_task *seen = &oracle_tasks[pid ? pid % 1024 : 1024 + smp_processor_id() % 64];
	unsigned long flags;
	int turn;

	spin_lock_irqsave(&oracle_tasks_lock, flags);
	turn = READ_ONCE(oracle_turns);
	if (seen->task != current || seen->pid != pid || seen->turn != turn) {
		/* Earlier changes of the task belong to another direction, or were not recorded. */
		*seen = (struct oracle_task){ current, pid, turn, state, 0 };
	} else if (state != KLP_TRANSITION_IDLE && seen->state == !state) {
		seen->state = state;
		seen->changes++;
		if (seen->changes > 1 && turn % 2 == 0)
			atomic_long_inc(&oracle_record.turned_twice);
	}
	spin_unlock_irqrestore(&oracle_tasks_lock, flags);
}

void oracle_check_still(int version)
{
	if (version == 0 && READ_ONCE(oracle_settled))
		atomic_long_inc(&oracle_record.left_behind);
	if (version == 1 && READ_ONCE(oracle_patch_gone))
		atomic_long_inc(&oracle_record.retired);
}
EXPORT_SYMBOL(oracle_check_still);

/* Each function calls this first, so the state is still the state that selected the version. */
void oracle_check_state(int version)
{
	int state = READ_ONCE(current->patch_state);

	oracle_check_turns(state);
	oracle_check_still(version);
	if (version == 1 && state == KLP_TRANSITION_UNPATCHED)
		atomic_long_inc(&oracle_record.wrong_state);
	if (version == 0 && state == KLP_TRANSITION_PATCHED && !READ_ONCE(oracle_patch_gone))
		atomic_long_inc(&oracle_record.wrong_state);
	if (oracle_idle_in_transition())
		atomic_long_inc(&oracle_record.stateless);
}
EXPORT_SYMBOL(oracle_check_state);

void oracle_note_pair(int outer, int inner)
{
	if (outer == inner)
		atomic_long_inc(&oracle_record.pairs[outer]);
	else
		atomic_long_inc(&oracle_record.mixed);
}
EXPORT_SYMBOL(oracle_note_pair);

void oracle_note_interrupt(int outer, int inner, int state)
{
	int now = READ_ONCE(current->patch_state);

	atomic_long_inc(&oracle_record.in_interrupt);
	/* A transition may begin or end meanwhile (state -1). Only a change from one set to the other is wrong. */
	if (outer == inner && (state < 0 || now < 0 || state == now))
		return;
	atomic_long_inc(&oracle_record.irq_mixed);
	pr_info("interrupt upon %s:%d: outer %d, inner %d, state %d, then %d\n", current->comm,
		current->pid, outer, inner, state, now);
}
EXPORT_SYMBOL(oracle_note_interrupt);

/* ---- the pair, version 0 ------------------------------------------------------ */

int oracle_inner(void);
int oracle_outer(int kind);
void oracle_tick(void);

noinline int oracle_inner(void)
{
	oracle_check_state(0);
	return 0;
}
EXPORT_SYMBOL(oracle_inner);

noinline int oracle_outer(int kind)
{
	oracle_check_state(0);
	oracle_pause(kind);
	oracle_check_still(0);
	oracle_note_pair(0, oracle_inner());
	return 0;
}

/* Runs in the timer interrupt. */
noinline void oracle_tick(void)
{
	int state = READ_ONCE(current->patch_state);

	oracle_check_state(0);
	oracle_note_interrupt(0, oracle_inner(), state);
}

/* ---- the files and the timer that run the pair ----------------------------------- */

static struct timer_list oracle_timer;

static void oracle_timer_fn(struct timer_list *timer)
{
	oracle_tick();
	mod_timer(timer, jiffies + 1);
}

static int oracle_show_none(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", oracle_outer(ORACLE_NONE));
	return 0;
}

static int oracle_show_yield(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", oracle_outer(ORACLE_YIELD));
	return 0;
}

static int oracle_show_sleep(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", oracle_outer(ORACLE_SLEEP));
	return 0;
}

static int oracle_show_block(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", oracle_outer(ORACLE_BLOCK));
	return 0;
}

static int oracle_show_release(struct seq_file *m, void *v)
{
	WRITE_ONCE(oracle_generation, oracle_generation + 1);
	wake_up_all(&oracle_block_queue);
	seq_printf(m, "%d\n", oracle_generation);
	return 0;
}

static int oracle_show_turn(struct seq_file *m, void *v)
{
	WRITE_ONCE(oracle_turns, oracle_turns + 1);
	seq_printf(m, "%d\n", oracle_turns);
	return 0;
}

static int oracle_show_record(struct seq_file *m, void *v)
{
	seq_printf(m, "old %ld new %ld mixed %ld wrong_state %ld retired %ld in_interrupt %ld "
		   "turned_twice %ld left_behind %ld stateless %ld irq_mixed %ld\n",
		   atomic_long_read(&oracle_record.pairs[0]),
		   atomic_long_read(&oracle_record.pairs[1]),
		   atomic_long_read(&oracle_record.mixed),
		   atomic_long_read(&oracle_record.wrong_state),
		   atomic_long_read(&oracle_record.retired),
		   atomic_long_read(&oracle_record.in_interrupt),
		   atomic_long_read(&oracle_record.turned_twice),
		   atomic_long_read(&oracle_record.left_behind),
		   atomic_long_read(&oracle_record.stateless),
		   atomic_long_read(&oracle_record.irq_mixed));
	return 0;
}

/* The pauses outside of the pair have many lengths, so that interrupts come at every place. */
static int oracle_thread_fn(void *arg)
{
	for (unsigned int n = 0; !kthread_should_stop(); n++) {
		oracle_outer(ORACLE_NONE);
		for (unsigned int i = n % 64; i; i--)
			cpu_relax();
	}
	return 0;
}

static bool thread;
module_param(thread, bool, 0444);
static struct task_struct *oracle_thread;

static struct proc_dir_entry *oracle_entries[8];

static int __init oracle_init(void)
{
	static const struct {
		const char *name;
		int (*show)(struct seq_file *m, void *v);
	} files[] = {
		{ "oracle_none", oracle_show_none },
		{ "oracle_yield", oracle_show_yield },
		{ "oracle_sleep", oracle_show_sleep },
		{ "oracle_block", oracle_show_block },
		{ "oracle_release", oracle_show_release },
		{ "oracle_record", oracle_show_record },
		{ "oracle_turn", oracle_show_turn },
	};

	if (thread)
		oracle_thread = kthread_run(oracle_thread_fn, NULL, "oracle_thread");
	if (IS_ERR(oracle_thread))
		return PTR_ERR(oracle_thread);
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++)
		oracle_entries[i] = proc_create_single(files[i].name, 0444, NULL, files[i].show);
	timer_setup(&oracle_timer, oracle_timer_fn, 0);
	mod_timer(&oracle_timer, jiffies + 1);
	return 0;
}

static void __exit oracle_exit(void)
{
	if (oracle_thread)
		kthread_stop(oracle_thread);
	del_timer_sync(&oracle_timer);
	for (unsigned int i = 0; i < ARRAY_SIZE(oracle_entries); i++)
		if (oracle_entries[i])
			proc_remove(oracle_entries[i]);
}

module_init(oracle_init);
module_exit(oracle_exit);
MODULE_LICENSE("GPL");
