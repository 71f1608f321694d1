/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_edges.c - live patching at its limits: many functions in one patch, threads that exec and
 * tasks that fall asleep during the start of a transition, and functions that must not be
 * patched.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include "klp_text.h"

#define MANY	"klp_many"
#define SAMPLE	"livepatch_sample"

/* The selectors of 100 functions fill more than a page. Each function is called before, during and after the patch. */
static void hundred_functions_are_patched_together(void)
{
	char text[64];

	CHECK_STR(slurp("/proc/klp_many", text, sizeof(text)), "0");
	CHECK_EQ(insmod("klp_many_patch"), 0);
	klp_wait("klp_many_patch");
	CHECK_STR(slurp("/proc/klp_many", text, sizeof(text)), "100");
	klp_unload("klp_many_patch");
	CHECK_STR(slurp("/proc/klp_many", text, sizeof(text)), "0");
}

/*
 * The exit loop and the idle loop change the patch state without a stack check, so they must not
 * have a slot.
 */
static void loops_that_change_the_patch_state_are_refused_by_name(void)
{
	klp_log_clear();
	CHECK_EQ(insmod_args("klp_name", "target=exit_to_user_mode_loop"), EINVAL);
	CHECK(strstr(klp_log_lines(), "failed to find location for function 'exit_to_user_mode_loop'") != NULL);
	CHECK_EQ(insmod_args("klp_name", "target=sched_cpu_entry"), EINVAL);
	CHECK_EQ(insmod_args("klp_name", "target=klp_update_patch_state"), EINVAL);
	CHECK_EQ(insmod_args("klp_name", "target=no_such_function"), EINVAL);
	CHECK(strstr(klp_log_lines(), "symbol 'no_such_function' not found in symbol table") != NULL);
	CHECK(!klp_exists("klp_name"));
}

static void *exec_from_a_thread(void *arg)
{
	execl("/bin/true", "true", NULL);
	_exit(127);
}

/* A thread that is not the leader calls exec, which changes its pid in the middle of walks over all tasks. */
static void run_thread_execs(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid_t pid = fork();

		if (pid == 0) {
			pthread_t thread;

			pthread_create(&thread, NULL, exec_from_a_thread, NULL);
			for (;;)
				pause();
		}
		waitpid(pid, NULL, 0);
	}
}

static void threads_that_exec_are_not_missed(void)
{
	pid_t workers[4];

	klp_log_clear();
	for (int i = 0; i < 4; i++) {
		workers[i] = fork();
		CHECK(workers[i] >= 0);
		if (workers[i] == 0)
			run_thread_execs();
	}
	for (int round = 0; round < 60; round++) {
		CHECK_EQ(insmod("livepatch-sample"), 0);
		klp_wait(SAMPLE);
		klp_unload(SAMPLE);
	}
	for (int i = 0; i < 4; i++) {
		kill(workers[i], SIGKILL);
		waitpid(workers[i], NULL, 0);
	}
	CHECK(strstr(klp_log(), "WARNING") == NULL);
}

#define SLEEPERS	48

/*
 * Starts a child that reads bytes from the pipe. After each byte the child naps for a short random
 * time. So sleepers that are woken together fall asleep at different moments of the next milliseconds.
 */
static pid_t sleeper(int fd, uint32_t seed)
{
	pid_t pid = fork();
	char byte;

	CHECK(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(fd, &byte, 1) == 1)
		nap(prng(&seed) % 4000);
	_exit(0);
}

/*
 * A task leaves its CPU and finds that it is not flagged. Right then the start of a transition flags the
 * task, and looks at it while it is still on the CPU. If the task then stays asleep, no walk comes
 * back to it. Only the safety pass finds such a task, and writes a line about it.
 */
static void tasks_that_fall_asleep_at_the_start_are_not_missed(void)
{
	static const char bytes[SLEEPERS];
	pid_t sleepers[SLEEPERS];
	int ends[2];

	klp_log_clear();
	CHECK_EQ(pipe(ends), 0);
	for (int i = 0; i < SLEEPERS; i++)
		sleepers[i] = sleeper(ends[0], (uint32_t)tap_seed() * SLEEPERS + i + 1);
	for (int round = 0; round < 60; round++) {
		CHECK_EQ(insmod("livepatch-sample"), 0);
		klp_wait(SAMPLE);
		CHECK_EQ(write(ends[1], bytes, SLEEPERS), SLEEPERS);
		klp_unload(SAMPLE);
		CHECK(strstr(klp_log(), "safety pass") == NULL);
	}
	for (int i = 0; i < SLEEPERS; i++) {
		kill(sleepers[i], SIGKILL);
		waitpid(sleepers[i], NULL, 0);
	}
	CHECK(strstr(klp_log(), "WARNING") == NULL);
}

int main(void)
{
	klp_text_remember();
	if (insmod(MANY) == 0) {
		TAP_TEST(hundred_functions_are_patched_together);
		tap_result(rmmod(MANY) == 0, "target_module_unloads", "");
	} else {
		tap_result(0, "target_module_loads", "");
	}
	TAP_TEST(loops_that_change_the_patch_state_are_refused_by_name);
	TAP_TEST(threads_that_exec_are_not_missed);
	TAP_TEST(tasks_that_fall_asleep_at_the_start_are_not_missed);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
