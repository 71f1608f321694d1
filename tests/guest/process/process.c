/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.c - clone, fork, vfork, exit, wait, and relations between processes. Programs: exec.c.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "shared.h"
#include "tap.h"
#include "timing.h"

/* ---- fork and wait ----------------------------------------------------------------------- */

static void child_has_a_copy_of_memory(void)
{
	static volatile int data = 1;
	volatile int stack = 2, *heap = malloc(sizeof(int));
	int status;
	pid_t child;

	*heap = 3;
	child = fork();
	if (child == 0) {
		bool ok = data == 1 && stack == 2 && *heap == 3;

		data = stack = *heap = 99;
		_exit(ok ? 0 : 1);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK(data == 1 && stack == 2 && *heap == 3);
}

static void exit_status_is_reported_once(void)
{
	int status;

	for (int code = 0; code < 256; code += 51) {
		pid_t child = fork();

		if (child == 0)
			_exit(code);
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), code);
		CHECK_ERR(waitpid(child, &status, 0), ECHILD);
		CHECK_ERR(kill(child, 0), ESRCH);
	}
	CHECK_ERR(wait(NULL), ECHILD);
}

static void wait_with_wnohang_returns_0_while_the_child_runs(void)
{
	volatile pid_t *may_end = shared_page();
	int status;
	pid_t child = fork();

	if (child == 0) {
		while (!*may_end)
			sched_yield();
		_exit(3);
	}
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	*may_end = 1;
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 3);
}

static void zombie_keeps_its_number_until_it_is_waited_for(void)
{
	siginfo_t info;
	pid_t child = fork();

	if (child == 0)
		_exit(9);
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(kill(child, 0), 0);
	CHECK_EQ(waitid(P_PID, child, &info, WEXITED), 0);
	CHECK_ERR(kill(child, 0), ESRCH);
}

static void waitid_checks_its_arguments(void)
{
	siginfo_t info = { .si_pid = 77 };
	volatile pid_t *may_end = shared_page();
	pid_t child = fork();

	if (child == 0) {
		while (!*may_end)
			sched_yield();
		_exit(0);
	}
	CHECK_ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
	CHECK_ERR(waitid(17, 0, &info, WEXITED), EINVAL);
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), 0);
	CHECK_EQ(info.si_pid, 0);
	*may_end = 1;
	CHECK_EQ(waitid(P_ALL, 0, &info, WEXITED), 0);
	CHECK_EQ(info.si_pid, child);
}

static void wait_chooses_by_group(void)
{
	int status;
	pid_t mine = fork(), other;

	if (mine == 0)
		_exit(1);
	other = fork();
	if (other == 0) {
		setpgid(0, 0);
		_exit(2);
	}
	setpgid(other, other);
	CHECK_EQ(waitpid(-other, &status, 0), other);
	CHECK_EQ(WEXITSTATUS(status), 2);
	CHECK_ERR(waitpid(-other, &status, 0), ECHILD);
	CHECK_EQ(waitpid(0, &status, 0), mine);
	CHECK_EQ(WEXITSTATUS(status), 1);
}

static void if_sigchld_is_ignored_children_leave_no_zombies(void)
{
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 10; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(0);
		CHECK(child > 0);
	}
	/* wait() returns when the last child is gone. */
	CHECK_ERR(wait(NULL), ECHILD);
}

static void orphans_go_to_init_or_to_a_subreaper(void)
{
	volatile pid_t *seen = shared_page();
	int status;
	pid_t middle = fork();

	if (middle == 0) {
		if (fork() == 0) {
			while (getppid() != 1)
				sched_yield();
			seen[0] = getppid();
			_exit(0);
		}
		_exit(0);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	while (!seen[0])
		sched_yield();
	CHECK_EQ(seen[0], 1);

	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	middle = fork();
	if (middle == 0) {
		pid_t leaf = fork();

		if (leaf == 0) {
			nap_ms(50);
			_exit(5);
		}
		seen[1] = leaf;
		_exit(0);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	CHECK_EQ(wait(&status), seen[1]);
	CHECK_EQ(WEXITSTATUS(status), 5);
}

static void parent_death_signal_comes(void)
{
	volatile int *seen = shared_page();
	int status;
	pid_t middle = fork();

	if (middle == 0) {
		pid_t leaf = fork();

		if (leaf == 0) {
			sigset_t set;
			int sig;

			sigemptyset(&set);
			sigaddset(&set, SIGUSR1);
			sigprocmask(SIG_BLOCK, &set, NULL);
			prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
			seen[0] = 1;
			sigwait(&set, &sig);
			seen[1] = sig;
			_exit(0);
		}
		while (!seen[0])
			sched_yield();
		_exit(0);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	while (!seen[1])
		sched_yield();
	CHECK_EQ(seen[1], SIGUSR1);
}

static void many_generations_come_and_go(void)
{
	int status;

	for (int round = 0; round < 20; round++) {
		pid_t children[10];

		for (int i = 0; i < 10; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				pid_t leaf = fork();

				if (leaf == 0)
					_exit(0);
				if (i & 1)
					waitpid(leaf, NULL, 0);
				_exit(i);
			}
			CHECK(children[i] > 0);
		}
		for (int i = 0; i < 10; i++) {
			CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
			CHECK_EQ(WEXITSTATUS(status), i);
		}
	}
}

/* ---- clone ------------------------------------------------------------------------------- */

static pid_t sleeping_child(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	while (!pid)
		pause();
	return pid;
}

/* Each of them dies between the living, in another order than that of their births. */
static void wait_finds_the_dead_among_the_living(void)
{
	enum { CHILDREN = 40 };
	pid_t pids[CHILDREN];
	int status;

	for (int i = 0; i < CHILDREN; i++)
		pids[i] = sleeping_child();
	CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t next = pids[i * 7 % CHILDREN];

		CHECK_EQ(kill(next, i % 2 ? SIGKILL : SIGSTOP), 0);
		if (i % 2 == 0) {
			CHECK_EQ(waitpid(-1, &status, WUNTRACED), next);
			CHECK(WIFSTOPPED(status));
			CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
			CHECK_EQ(kill(next, SIGKILL), 0);
		}
		CHECK_EQ(waitpid(i % 3 ? -1 : next, &status, 0), next);
		CHECK(WIFSIGNALED(status));
		CHECK_ERR(waitpid(next, &status, WNOHANG), ECHILD);
	}
	CHECK_ERR(wait(NULL), ECHILD);
}

/* All have died before the first wait. A wait for the group of one does not find the others. */
static void wait_takes_each_of_many_dead_once(void)
{
	enum { CHILDREN = 20 };
	pid_t pids[CHILDREN], got;
	siginfo_t info;
	int left = CHILDREN;

	for (int i = 0; i < CHILDREN; i++) {
		pids[i] = sleeping_child();
		CHECK_EQ(setpgid(pids[i], i == 3 ? 0 : pids[0]), 0);
		CHECK_EQ(kill(pids[i], SIGKILL), 0);
		CHECK_EQ(waitid(P_PID, pids[i], &info, WEXITED | WNOWAIT), 0);
	}
	CHECK_EQ(waitpid(-pids[3], NULL, 0), pids[3]);
	CHECK_ERR(waitpid(-pids[3], NULL, 0), ECHILD);
	pids[3] = 0;
	while (--left) {
		got = wait(NULL);
		CHECK(got > 0);
		for (int i = 0; i < CHILDREN; i++)
			if (pids[i] == got)
				pids[i] = got = 0;
		CHECK_EQ(got, 0);
	}
	CHECK_ERR(wait(NULL), ECHILD);
}

static void vfork_parent_waits_for_exit_and_shares_memory(void)
{
	static volatile int stage;
	int status;
	pid_t child = vfork();

	if (child == 0) {
		stage = 1;
		_exit(4);
	}
	CHECK_EQ(stage, 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(WEXITSTATUS(status), 4);
}

static void clone_refuses_unsupported_flags(void)
{
	CHECK_ERR(syscall(SYS_clone, CLONE_THREAD | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone, 200, 0, 0, 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_clone3, 16, 64), EFAULT);
	CHECK_ERR(syscall(SYS_clone3, 16, 8), EINVAL);
}

static void clone_stores_the_thread_id(void)
{
	pid_t *word = shared_page(), child;
	pid_t private = 0;
	int status;

	child = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0, &word[0], 0, 0);
	if (child == 0)
		_exit(0);
	CHECK_EQ(word[0], child);
	CHECK_EQ(waitpid(child, &status, 0), child);
	child = syscall(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, 0, &private, 0);
	if (child == 0)
		_exit(private == getpid() ? 0 : 1);
	CHECK_EQ(private, 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* Only __WALL and __WCLONE wait for a child whose exit signal is not SIGCHLD. */
static void wait_distinguishes_clone_children(void)
{
	int status;
	pid_t child = syscall(SYS_clone, 0, 0, 0, 0, 0);

	if (child == 0)
		_exit(6);
	CHECK_ERR(waitpid(child, &status, 0), ECHILD);
	CHECK_EQ(waitpid(child, &status, __WALL), child);
	CHECK_EQ(WEXITSTATUS(status), 6);
}

int main(void)
{
	TAP_TEST(child_has_a_copy_of_memory);
	TAP_TEST(exit_status_is_reported_once);
	TAP_TEST(wait_with_wnohang_returns_0_while_the_child_runs);
	TAP_TEST(zombie_keeps_its_number_until_it_is_waited_for);
	TAP_TEST(waitid_checks_its_arguments);
	TAP_TEST(wait_chooses_by_group);
	TAP_TEST(if_sigchld_is_ignored_children_leave_no_zombies);
	TAP_TEST(orphans_go_to_init_or_to_a_subreaper);
	TAP_TEST(parent_death_signal_comes);
	TAP_TEST(many_generations_come_and_go);
	TAP_TEST(wait_finds_the_dead_among_the_living);
	TAP_TEST(wait_takes_each_of_many_dead_once);
	TAP_TEST(vfork_parent_waits_for_exit_and_shares_memory);
	TAP_TEST(clone_refuses_unsupported_flags);
	TAP_TEST(clone_stores_the_thread_id);
	TAP_TEST(wait_distinguishes_clone_children);
	return tap_done();
}
