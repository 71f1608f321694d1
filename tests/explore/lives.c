/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lives.c - the scenes in which tasks are born, sleep, hand their CPU over, change their pid and
 * die.  In most of them a patch is enabled meanwhile.
 */
#include "stage.h"
#include <neurath/process.h>
#include <neurath/sched.h>

extern struct process exec_process;
void world_become_leader(void);

/* ---- wake: sleeping and waking on two CPUs, and nothing else ---------------------------------------- */

static unsigned pings, pongs;

static void sys_ping(void)
{
	WRITE_ONCE(pings, pings + 1);
	wake_up_all(&door);
	wait_event(closing, READ_ONCE(pongs) == READ_ONCE(pings));
}

static void sys_pong(void)
{
	wait_event(door, READ_ONCE(pings) > READ_ONCE(pongs));
	WRITE_ONCE(pongs, pongs + 1);
	wake_up_all(&closing);
}

static void program_ping(void)
{
	for (unsigned i = 0; i < 3; i++)
		machine_syscall(sys_ping);
	scene_done = true;
	machine_syscall(sys_exit);
}

static void program_pong(void)
{
	for (unsigned i = 0; i < 3; i++)
		machine_syscall(sys_pong);
	machine_syscall(sys_exit);
}

void boot_wake(void)
{
	boot_kernel();
	spawn("ping", program_ping, ANY_CPU);
	spawn("pong", program_pong, ANY_CPU);
	machine_ready();
}

/* ---- hand: tasks hand their CPU over to each other ---------------------------------------------------- */

static struct task *hands[2];
static unsigned turns_left = 6;

/* The pattern of kernel/ipc/call.c: set the state, test the condition, then the other task runs here. */
static void sys_hand_over(void)
{
	struct task *to = hands[current == hands[0]];

	set_current_state(TASK_UNINTERRUPTIBLE);
	if (!READ_ONCE(turns_left)) {
		__set_current_state(TASK_RUNNING);
		wake_up_process(to);
		return;
	}
	WRITE_ONCE(turns_left, turns_left - 1);
	task_get(to);
	sched_hand_over(to);
}

static void program_hands(void)
{
	while (READ_ONCE(turns_left))
		machine_syscall(sys_hand_over);
	machine_syscall(sys_hand_over);
	scene_done = true;
	machine_syscall(sys_exit);
}

void boot_hand(void)
{
	boot_kernel();
	hands[0] = spawn("left", program_hands, ANY_CPU);
	hands[1] = spawn("right", program_hands, ANY_CPU);
	task_get(hands[0]);
	task_get(hands[1]);
	machine_ready();
}

/* ---- births: threads are made and die inside of the functions ----------------------------------- */

static void outer_awaits_and_exits(void)
{
	wait_event(changes, READ_ONCE(begun) >= READ_ONCE(awaited));
	do_exit(0);
}

static void sys_await_and_exit(void)
{
	machine_call(OUTER, outer_awaits_and_exits);
}

/* The tasks of the first round are in the functions when a transition begins, and die there. */
static void program_child(void)
{
	machine_syscall(sys_await_and_exit);
}

static void program_short(void)
{
	machine_syscall(sys_resched);
	machine_syscall(sys_exit_inside);
}

static void fork_thread(void (*program)(void))
{
	struct clone_request req = {
		.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD };
	struct pt_regs regs = { .rip = (unsigned long)program };

	if (process_clone(&req, &regs) < 0)
		violation("no thread is born");
}

/* One task is born before the transition, and one during it, by a parent that is in the functions. */
static void outer_forks(void)
{
	unsigned nr = READ_ONCE(awaited);

	fork_thread(program_child);
	wait_event(changes, READ_ONCE(begun) >= nr);
	fork_thread(program_short);
	machine_call(INNER, nothing);
}

static void sys_fork_first(void)
{
	WRITE_ONCE(awaited, 1);
	machine_call(OUTER, outer_forks);
}

static void sys_fork_second(void)
{
	wait_event(changes, READ_ONCE(begun) >= 1 && !klp_transition_running());
	WRITE_ONCE(awaited, 2);
	machine_call(OUTER, outer_forks);
}

void program_forks(void)
{
	machine_syscall(sys_fork_first);
	machine_syscall(sys_plain);
	machine_syscall(sys_fork_second);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

void boot_births(void)
{
	boot_kernel();
	spawn("parent", program_forks, ANY_CPU);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}

/*
 * ---- twice: a task is pending for the target that it has reached.  A walk makes a child so if it
 * reads the state of the child before the child changes over, and sets the flag afterwards: that
 * takes five choices.  This scene begins there; tests/model proves that the way there exists.
 */
static struct task *twin;
static bool twin_goes;

static void sys_twin(void)
{
	wait_event(changes, READ_ONCE(twin_goes));
	sys_resched();
}

static void program_twin(void)
{
	machine_syscall(sys_twin);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

static void sys_flag_twice(void)
{
	mutex_lock(&klp_mutex);
	if (twin->patch_state == klp_target_state && klp_transition_running()) {
		twin->patch_state = !klp_target_state;
		klp_flag_task(twin);
		twin->patch_state = klp_target_state;
	}
	mutex_unlock(&klp_mutex);
	WRITE_ONCE(twin_goes, true);
	wake_up_all(&changes);
}

static void admin_twice(void)
{
	machine_syscall(nothing);
	machine_syscall(sys_enable);
	machine_syscall(sys_flag_twice);
	machine_syscall(sys_turn);
	machine_syscall(sys_finish);
	machine_syscall(sys_exit);
}

void boot_twice(void)
{
	boot_kernel();
	twin = spawn("twin", program_twin, CPU1);
	spawn("sleeper", program_turns, CPU1);
	spawn("admin", admin_twice, CPU0);
	machine_ready();
}

/* ---- deaths: a task dies while a patch comes --------------------------------------------------------- */

static void program_dies(void)
{
	prelude();
	machine_syscall(sys_exit_inside);
}

void boot_deaths(void)
{
	boot_kernel();
	spawn("mortal", program_dies, CPU1);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}

/* ---- threads: kernel threads are made, wait to be started, and end -------------------------------- */

static int thread_calls(void *arg)
{
	sys_resched();
	return 0;
}

static struct task *unstarted, *started;

static void outer_makes_threads(void)
{
	wait_event(changes, READ_ONCE(begun) >= 1);
	unstarted = kthread_create(thread_calls, NULL, "unstarted");
	started = kthread_run(thread_calls, NULL, "started");
	machine_call(INNER, nothing);
}

static void sys_thread(void)
{
	machine_call(OUTER, outer_makes_threads);
	sys_wait_end();
	kthread_stop(started);
	kthread_stop(unstarted);
}

static void program_threads(void)
{
	machine_syscall(sys_thread);
	machine_syscall(sys_exit);
}

void boot_threads(void)
{
	boot_kernel();
	spawn("maker", program_threads, CPU1);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}

/* ---- spins: a kernel thread that only interrupts stop; it makes another one ------------------------ */

static void outer_makes_thread(void)
{
	started = kthread_run(thread_calls, NULL, "started");
	machine_call(INNER, nothing);
}

static int thread_spins(void *arg)
{
	sys_open_door();
	sys_plain();
	machine_call(OUTER, outer_makes_thread);
	sys_plain();
	kthread_stop(started);
	return 0;
}

static void sys_interrupt_thread(void)
{
	struct task *thread = kthread_create(thread_spins, NULL, "spinner");

	sched_set_affinity(thread, CPU1);
	wake_up_process(thread);
	wait_event(door, READ_ONCE(door_open));
	for (unsigned i = 0; i < 6; i++) {
		machine_raise(1, IRQ_RESCHED);
		cond_resched();
	}
	kthread_stop(thread);
	sys_wait_end();
}

static void program_interrupts_thread(void)
{
	machine_syscall(sys_interrupt_thread);
	machine_syscall(sys_exit);
}

void boot_spins(void)
{
	boot_kernel();
	spawn("maker", program_interrupts_thread, CPU0);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}

/* ---- execs: a thread takes the pid of its leader --------------------------------------------------- */

static void program_leader(void)
{
	machine_syscall(sys_exit);
}

static void sys_exec(void)
{
	struct process *p = &exec_process;

	p->exec_task = current;
	wait_event(p->wait_child, READ_ONCE(p->nr_threads) < 100);
	sys_plain();
}

static void program_execs(void)
{
	machine_syscall(sys_exec);
	prelude();
	machine_syscall(world_become_leader);
	machine_syscall(sys_resched);
	machine_syscall(sys_wait_end);
	machine_syscall(sys_exit);
}

void boot_execs(void)
{
	boot_kernel();
	exec_process.leader = spawn_in(&exec_process, "leader", program_leader, CPU1);
	spawn("between", program_calls, ANY_CPU);
	spawn_in(&exec_process, "thread", program_execs, CPU1);
	spawn("admin", admin_on_off, CPU0);
	machine_ready();
}
