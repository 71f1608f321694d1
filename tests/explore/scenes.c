/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scenes.c - the scenes in which patches are enabled and disabled, and the table of all scenes.  Each
 * scene has a few tasks with short programs that end.  One of them is the administrator, which
 * enables, reverses and disables.  No task polls: if all tasks wait and no task can continue, that is
 * a violation.  Scenes about births, sleep and deaths are in lives.c.
 */
#include "stage.h"
#include <neurath/bug.h>
#include <neurath/klp_sched.h>
#include <neurath/module_notifier.h>
#include <neurath/sched.h>
#include <neurath/string.h>

extern struct module *world_late_module;

static bool late_over;

/* ---- calls: tasks call, sleep and give way in the functions; on, off -------------------------- */

void program_calls(void)
{
	machine_syscall(sys_await_first);
	machine_syscall(sys_resched);
	machine_syscall(sys_open_door);
	machine_syscall(sys_plain);
	machine_syscall(sys_await_second);
	machine_syscall(sys_resched);
	machine_syscall(sys_plain);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void program_sleeps(void)
{
	machine_syscall(sys_sleep_inside);
	machine_syscall(sys_plain);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

/* Waits a little, so that the other tasks have begun, and have reached the place where they wait. */
static void sys_on_off(void)
{
	enable(1);
	wait_for_transition();
	cond_resched();
	turn_off(1);
	wait_until_gone(1);
	the_end();
}

void admin_on_off(void)
{
	machine_syscall(nothing);
	machine_syscall(nothing);
	machine_syscall(sys_on_off);
	machine_syscall(sys_exit);
}

static void boot_calls(void)
{
	boot_kernel();
	spawn("caller", program_calls, CPU1);
	spawn("sleeper", program_sleeps, ANY_CPU);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}

/* ---- poke: a slot changes under its callers, and nothing else -------------------------------- */

static void poke(unsigned long target)
{
	struct text_poke change = { .addr = TEXT_OF(OUTER) };

	__builtin_memcpy(change.old, (void *)TEXT_OF(OUTER), SLOT_SIZE);
	if (target)
		slot_encode_jmp(change.new, change.addr, target);
	else
		slot_encode_nop(change.new);
	if (text_poke_batch(&change, 1))
		violation("the slot is not what it was");
}

static void sys_poke(void)
{
	poke(TEXT_NEW(1, OUTER));
	poke(TEXT_NEW(2, OUTER));
	poke(0);
	the_end();
}

static void sys_call_outer(void)
{
	machine_call(OUTER, nothing);
}

static void program_call_outer(void)
{
	for (unsigned i = 0; i < 14; i++)
		machine_syscall(sys_call_outer);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void admin_pokes(void)
{
	machine_syscall(nothing);
	machine_syscall(sys_poke);
	machine_syscall(sys_exit);
}

static void boot_poke(void)
{
	boot_kernel();
	spawn("caller", program_call_outer, CPU1);
	spawn("admin", admin_pokes, CPU0);
	machine_ready();
}

/* ---- turn: the administrator reverses in the middle, both ways --------------------------------- */

void sys_enable(void)
{
	enable(1);
}

void sys_turn(void)
{
	turn_round(1);
}

void sys_finish(void)
{
	sys_open_door();
	wait_for_transition();
	turn_off(1);
	wait_until_gone(1);
	the_end();
}

static void admin_turns(void)
{
	machine_syscall(nothing);
	machine_syscall(sys_enable);
	machine_syscall(sys_turn);
	machine_syscall(sys_finish);
	machine_syscall(sys_exit);
}

void program_turns(void)
{
	machine_syscall(sys_sleep_inside);
	machine_syscall(sys_resched);
	machine_syscall(sys_plain);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void boot_turn(void)
{
	boot_kernel();
	spawn("caller", program_turns, CPU1);
	spawn("admin", admin_turns, CPU0);
	machine_ready();
}

/* A task that changes over itself while the administrator reverses. */
static void boot_back(void)
{
	boot_kernel();
	spawn("caller", program_calls, CPU1);
	spawn("admin", admin_turns, CPU0);
	machine_ready();
}

/* Enables and reverses, twice: events of one direction may come in the next. */
static void sys_on_and_off_again(void)
{
	sys_open_door();
	wait_for_transition();
	turn_off(1);
}

static void admin_turns_twice(void)
{
	machine_syscall(nothing);
	machine_syscall(sys_enable);
	machine_syscall(sys_turn);
	machine_syscall(sys_turn);
	machine_syscall(sys_on_and_off_again);
	machine_syscall(sys_turn);
	machine_syscall(sys_finish);
	machine_syscall(sys_exit);
}

/* Disables, and enables again at once: the values that a look has read may be two transitions old. */
static void sys_turn_at_once(void)
{
	turn_off(1);
	wait_until_gone(1);
	enable(1);
}

static void admin_turns_at_once(void)
{
	machine_syscall(nothing);
	machine_syscall(sys_enable);
	machine_syscall(sys_turn_at_once);
	machine_syscall(sys_finish);
	machine_syscall(sys_exit);
}

static void outer_looks(void)
{
	wait_event(changes, READ_ONCE(begun) >= 1);
	cond_resched();
	machine_call(INNER, nothing);
}

static void sys_look(void)
{
	machine_call(OUTER, outer_looks);
}

static void program_looks(void)
{
	machine_syscall(sys_look);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void boot_looks(void)
{
	boot_kernel();
	spawn("caller", program_looks, CPU1);
	spawn("admin", admin_turns_at_once, CPU0);
	machine_ready();
}

static void boot_turns(void)
{
	boot_kernel();
	spawn("caller", program_turns, CPU1);
	spawn("other", program_calls, ANY_CPU);
	spawn("admin", admin_turns_twice, CPU0);
	machine_ready();
}

/* ---- sleep: one goes to sleep outside of the functions, for long ---------------------------------- */

static void program_sleep(void)
{
	prelude();
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void boot_sleep(void)
{
	boot_kernel();
	spawn("sleeper", program_sleep, CPU1);
	spawn("admin", admin_turns, CPU0);
	machine_ready();
}

/* ---- handler: interrupts call the functions ---------------------------------------------------------- */

void scene_device_interrupt(void)
{
	machine_call(OUTER, outer_plain);
}

static void sys_interrupts(void)
{
	machine_raise(0, IRQ_DEVICE);
	machine_raise(2, IRQ_DEVICE);
	sys_resched();
	machine_raise(cpu_id(), IRQ_DEVICE);
	sys_plain();
	machine_raise(2, IRQ_DEVICE);
}

static void program_interrupts(void)
{
	machine_syscall(sys_interrupts);
	machine_syscall(sys_await_first);
	machine_syscall(sys_interrupts);
	machine_syscall(sys_await_second);
	machine_syscall(sys_interrupts);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void boot_handler(void)
{
	boot_kernel();
	spawn("caller", program_interrupts, CPU1);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}

/* ---- replace: a second patch takes over from the first ------------------------------------------------- */

static void sys_replace(void)
{
	enable(1);
	wait_for_transition();
	enable(2);
	wait_for_transition();
	wait_until_gone(1);
	turn_off(2);
	wait_until_gone(2);
	the_end();
}

static void admin_replaces(void)
{
	machine_syscall(sys_replace);
	machine_syscall(sys_exit);
}

static void boot_replace(void)
{
	boot_kernel();
	make_patch(2, BIT(OUTER), true);
	spawn("caller", program_calls, CPU1);
	spawn("sleeper", program_sleeps, ANY_CPU);
	spawn("admin", admin_replaces, CPU0);
	machine_ready();
}

/* ---- late: a target comes and goes in the middle -------------------------------------------------------- */

static struct module late_module;

/* In a transition, by a task that has not changed over. */
static void outer_loads(void)
{
	wait_event(changes, READ_ONCE(begun) >= 1);
	strscpy(late_module.name, "late", sizeof(late_module.name));
	late_module.state = MODULE_STATE_COMING;
	world_late_module = &late_module;
	SET_FOREACH(struct module_notifier, n, module)
		if (n->coming && n->coming(&late_module))
			violation("the late module is refused");
	late_module.state = MODULE_STATE_LIVE;
	machine_call(LATE, outer_plain);
	late_module.state = MODULE_STATE_GOING;
	SET_FOREACH(struct module_notifier, n, module)
		if (n->going)
			n->going(&late_module);
	world_late_module = NULL;
	WRITE_ONCE(late_over, true);
	wake_up_all(&changes);
}

static void sys_late(void)
{
	machine_call(OUTER, outer_loads);
}

static void program_late(void)
{
	machine_syscall(sys_late);
	machine_syscall(sys_resched);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void sys_late_admin(void)
{
	enable(1);
	wait_for_transition();
	wait_event(changes, READ_ONCE(late_over));
	turn_off(1);
	wait_until_gone(1);
	the_end();
}

static void admin_late(void)
{
	machine_syscall(sys_late_admin);
	machine_syscall(sys_exit);
}

static void boot_late(void)
{
	boot_kernel();
	make_patch(1, BIT(OUTER) | BIT(INNER) | BIT(LATE), false);
	spawn("loader", program_late, CPU1);
	spawn("admin", admin_late, CPU0);
	machine_ready();
}

/* ---- force, and the fake signal --------------------------------------------------------------------------- */

static void sys_force(void)
{
	enable(1);
	mutex_lock(&klp_mutex);
	if (klp_transition_patch) {
		oracle_force();
		klp_force_transition();
		klp_complete_if_done();
	}
	mutex_unlock(&klp_mutex);
	sys_open_door();
	wait_for_transition();
	turn_off(1);
	wait_for_transition();
	the_end();
}

static void admin_forces(void)
{
	machine_syscall(sys_force);
	machine_syscall(sys_exit);
}

static void boot_force(void)
{
	boot_kernel();
	spawn("parent", program_forks, CPU1);
	spawn("sleeper", program_sleeps, ANY_CPU);
	spawn("admin", admin_forces, CPU0);
	machine_ready();
}

static void sys_signal(void)
{
	enable(1);
	klp_send_signals();
	wait_for_transition();
	turn_off(1);
	wait_until_gone(1);
	the_end();
}

static void admin_signals(void)
{
	machine_syscall(sys_signal);
	machine_syscall(sys_exit);
}

static void program_interruptible(void)
{
	machine_syscall(sys_sleep_interruptibly);
	machine_syscall(sys_open_door);
	machine_syscall(sys_plain);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void boot_signal(void)
{
	boot_kernel();
	make_patch(1, BIT(OUTER), false);
	spawn("sleeper", program_interruptible, CPU1);
	spawn("admin", admin_signals, CPU0);
	machine_ready();
}

/* ---- all --------------------------------------------------------------------------------------- */

const struct scene scenes[] = {
	{ "calls", "two tasks call, sleep and give way; a patch on and off", 2, boot_calls },
	{ "poke", "a slot is changed while it is called", 2, boot_poke },
	{ "turn", "a patch is turned round at once, with a sleeper in it", 2, boot_turn },
	{ "back", "a patch is turned round while a task goes over", 2, boot_back },
	{ "looks", "a patch goes and comes again while a task looks at itself", 2, boot_looks },
	{ "turns", "two tasks; a patch is turned round there and back", 2, boot_turns },
	{ "sleep", "a task goes to sleep for long while a patch comes", 2, boot_sleep },
	{ "wake", "two tasks wake each other on two CPUs", 2, boot_wake },
	{ "hand", "two tasks hand the CPU over to each other", 2, boot_hand },
	{ "births", "threads are made and die inside of the functions", 2, boot_births },
	{ "twice", "a task is flagged twice, and the patch is turned round", 2, boot_twice },
	{ "deaths", "a task dies while a patch comes", 2, boot_deaths },
	{ "threads", "kernel threads, one of which is not started for long", 2, boot_threads },
	{ "spins", "interrupts judge a kernel thread that never looks at itself", 2, boot_spins },
	{ "execs", "a thread takes the pid of its leader in execve()", 2, boot_execs },
	{ "handler", "interrupts call the functions, in tasks and on an idle CPU", 3, boot_handler },
	{ "replace", "a second patch takes over from the first", 2, boot_replace },
	{ "late", "a target comes and goes", 2, boot_late },
	{ "force", "a transition is forced while threads are born", 2, boot_force },
	{ "signal", "the fake signal wakes a sleeper", 2, boot_signal },
	{ "ask", "two clients call a server", 2, boot_ask },
	{ "cancel", "a client is kicked while a server keeps its call", 2, boot_cancel },
	{ "signals", "signals reach a client whose call waits for a busy server", 2, boot_signals },
	{ "gone", "a client is killed in a call", 2, boot_gone },
	{ "portdies", "a server dies, and its port", 2, boot_port_dies },
	{ "vacant", "a server dies, and another one takes its calls over", 2, boot_vacant },
	{ "futex", "two waiters at a futex are let through one after the other", 2, boot_futex },
	{ "requeue", "of two waiters at a futex one is moved to another one", 2, boot_requeue },
	{ "three", "two tasks that call, on three CPUs", 3, boot_calls },
	{ }
};
