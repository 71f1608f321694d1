/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_paths.c - functions on the paths of all tasks are patched while many tasks use these paths:
 * fork, exit, exec, signals, the callees of the exit-to-user loop, and the calls that shells sleep
 * in. The module of each patch is unloaded as soon as the kernel permits: a task that still ran in
 * the module would crash.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include "klp_crowd.h"
#include "asleep.h"
#include "klp_text.h"

#define ROUNDS	6

/* ---- each path ---------------------------------------------------------------------- */

static void patch_in_the_crowd(const char *functions, const char *more)
{
	crowd_gather();
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(pass_insmod(functions, more), 0);
		pass_settle();
		while (pass_count("calls") == 0)
			nap(1000);
		pass_unload();
	}
	crowd_disperse();
}

static void exit_path_is_patched_in_an_exit_storm(void)
{
	patch_in_the_crowd("do_exit,do_group_exit,sched_exit_current,signal_thread_exit", "");
	patch_in_the_crowd("process_mm_release,process_task_gone,process_reap,mm_put", "");
}

/* The functions that run after the last switch of a task: its successor frees the task and its memory. */
static void end_of_tasks_is_patched_in_an_exit_storm(void)
{
	patch_in_the_crowd("sched_bury,kstack_free,task_put", "");
}

/*
 * A dying task is delayed in the new version of the last function that it calls, and does not
 * return from that function. During the delay the patch is disabled, so that its module can be
 * unloaded. The transition must still count the task and wait for it.
 */
static void dying_task_holds_the_module_until_its_last_instruction(void)
{
	crowd_gather();
	for (int i = 0; i < 2 * ROUNDS; i++) {
		CHECK_EQ(pass_insmod("sched_exit_current", "delay_us=20000"), 0);
		pass_settle();
		while (pass_count("calls") < 2)
			sched_yield();
		CHECK_EQ(klp_write(PASS, "enabled", "0"), 0);
		klp_wait_gone(PASS);
		CHECK_EQ(rmmod(PASS), 0);
	}
	crowd_disperse();
}

static void birth_is_patched_in_a_fork_storm(void)
{
	patch_in_the_crowd("process_clone,wake_up_new_task,mm_fork,task_first_run", "");
}

static void exec_is_patched_in_an_exec_storm(void)
{
	patch_in_the_crowd("process_exec,mm_exit_current,process_wait_vfork", "");
}

static void signal_path_is_patched_in_a_signal_storm(void)
{
	patch_in_the_crowd("do_signal_or_restart,arch_setup_signal_frame,__x64_sys_rt_sigreturn,signal_stop_self", "");
	patch_in_the_crowd("send_signal_process,set_notify_signal", "");
}

static void entry_paths_are_patched_under_load(void)
{
	patch_in_the_crowd("syscall_dispatch,handle_page_fault,interrupt_dispatch,timer_interrupt", "");
}

/* ---- sleepers ----------------------------------------------------------------------- */

static int vfork_gate[2];

static void vfork_and_wait(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		char c;

		_exit(read(vfork_gate[0], &c, 1) == 1 ? 9 : 1);
	}
	crowd_reap(pid, 9 << 8);
	_exit(0);
}

/*
 * A vfork parent waits for its child outside of the functions that make a child. So a patch of these
 * functions does not wait for the parent.
 */
static void vfork_parent_does_not_hold_up_a_patch_of_fork(void)
{
	pid_t parent;
	int status;

	CHECK_EQ(pipe(vfork_gate), 0);
	parent = load_start(vfork_and_wait);
	wait_in(parent, "process_wait_vfork");
	klp_log_clear();
	CHECK_EQ(pass_insmod("process_clone,__x64_sys_vfork,__x64_sys_clone,syscall_dispatch", ""), 0);
	while (strstr(pass_blockers(), "process_clone") || strstr(pass_blockers(), "vfork"))
		nap(1000);
	pass_settle();			/* other tasks sleep with syscall_dispatch() on their stacks */
	pass_unload();
	/* The wait function itself is patched: after a kick the parent waits again for the same child. */
	CHECK_EQ(pass_insmod("process_wait_vfork", ""), 0);
	CHECK_EQ(klp_read(PASS, "transition"), 1);
	CHECK(strstr(pass_blockers(), "asleep in process_wait_vfork+") != NULL);
	pass_settle();
	wait_in(parent, "pass_0");
	pass_unload();
	CHECK_EQ(write(vfork_gate[1], "x", 1), 1);
	CHECK_EQ(waitpid(parent, &status, 0), parent);
	CHECK_EQ(status, 0);
}

static void read_console(void)
{
	char c;
	int fd = open("/dev/console", O_RDONLY);

	if (fd < 0 || read(fd, &c, 1) != 1)
		_exit(errno);
}

/* The shell and its child are one process group, so that one signal kills both. */
static void sleep_in_shell(void)
{
	setpgid(0, 0);
	execl("/bin/sh", "sh", "-c", "sleep 1000; exit 3", NULL);
	_exit(1);
}

/* Every shell sleeps in one of these functions. A kick moves it out of the old version without a visible effect. */
static void functions_that_shells_sleep_in_are_patched(void)
{
	pid_t pids[2] = { load_start(sleep_in_shell), load_start(read_console) };

	wait_in(pids[0], "wait_for_child");
	wait_in(pids[1], "call_server");
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(pass_insmod("wait_for_child,__x64_sys_wait4,file_read,call_server", ""), 0);
		CHECK_EQ(klp_read(PASS, "transition"), 1);
		pass_settle();
		wait_in(pids[0], "pass_0");
		wait_in(pids[1], "pass_3");
		pass_unload();
	}
	CHECK_EQ(waitpid(pids[0], NULL, WNOHANG), 0);
	CHECK_EQ(waitpid(pids[1], NULL, WNOHANG), 0);
	CHECK_EQ(kill(-pids[0], SIGKILL), 0);
	load_end(pids, 2);
}

static void nothing_was_complained_about(void)
{
	check_log_is_clean();
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(exit_path_is_patched_in_an_exit_storm);
	TAP_TEST(end_of_tasks_is_patched_in_an_exit_storm);
	TAP_TEST(dying_task_holds_the_module_until_its_last_instruction);
	TAP_TEST(birth_is_patched_in_a_fork_storm);
	TAP_TEST(exec_is_patched_in_an_exec_storm);
	TAP_TEST(signal_path_is_patched_in_a_signal_storm);
	TAP_TEST(entry_paths_are_patched_under_load);
	TAP_TEST(vfork_parent_does_not_hold_up_a_patch_of_fork);
	TAP_TEST(functions_that_shells_sleep_in_are_patched);
	TAP_TEST(nothing_was_complained_about);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
