/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_walk.c - a transition's walks meet all tasks, although execve() gives tasks other pids during a
 * walk. klp_walk_gate, a patch of the core, stops a walk at such a task.
 */
#define _GNU_SOURCE
#include "klp.h"
#include "klp_task.h"
#include "shared.h"
#include "threads.h"

#define GATE	"klp_walk_gate"
#define TARGET	"klp_target"
#define ANY	"klp_any"
#define PID	"/sys/module/" GATE "/parameters/pid"
#define AT	"/sys/module/" GATE "/parameters/at"

/* Shared memory of the test and a process with two threads. */
struct story {
	volatile pid_t leader, thread;
	volatile int make_thread, exec;
};

static void *exec_when_told(void *arg)
{
	struct story *story = arg;
	char *args[] = { "klp_walk", "--sleep", NULL }, *env[] = { NULL };

	story->thread = gettid_call();
	while (!story->exec)
		nap(500);
	execve("/proc/self/exe", args, env);
	_exit(1);
}

static void two_threads(void *arg)
{
	struct story *story = arg;
	pthread_t thread;

	story->leader = getpid();
	while (!story->make_thread)
		nap(500);
	start(&thread, exec_when_told, story);
	sleep_for_ever(NULL);
}

static void insmod_patch(void *arg)
{
	_exit(insmod_args(ANY, "objs=klp_target:target_block"));
}

static int gate_at(void)
{
	char text[32];

	return atoi(slurp(AT, text, sizeof(text)));
}

/*
 * The walk stands on the leader. The thread takes the pid of the leader, and the leader gets the pid of
 * the thread. Between the two pids is a task that sleeps in the patched function.
 */
static void walk_meets_a_task_between_two_pids_that_execve_exchanges(void)
{
	struct story *story = shared_page();
	pid_t leader, sleeper, administrator;
	char number[16];

	CHECK_EQ(insmod(GATE), 0);
	klp_wait(GATE);
	CHECK_EQ(insmod(TARGET), 0);
	for (;;) {
		leader = start_child(two_threads, story);
		while (story->leader != leader)
			nap(500);
		sleeper = start_reader("/proc/klp_target_block", "target_block");
		story->make_thread = 1;
		while (!story->thread)
			nap(500);
		if (leader < sleeper && sleeper < story->thread)
			break;
		end_child(leader);		/* the pids have just started again at the low end */
		end_child(sleeper);
		story->make_thread = story->thread = 0;
	}
	snprintf(number, sizeof(number), "%d", leader);
	CHECK_EQ(spit(PID, number), 0);
	administrator = start_child(insmod_patch, NULL);
	while (gate_at() != leader)
		nap(500);
	story->exec = 1;
	CHECK_EQ(wait_status(administrator), 0);

	CHECK_EQ(klp_read(ANY, "transition"), 1);
	CHECK_EQ(patch_state(sleeper), 0);
	end_child(sleeper);
	klp_wait(ANY);
	end_child(leader);
	klp_unload(ANY);
	CHECK_EQ(rmmod(TARGET), 0);
	klp_unload(GATE);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--sleep") == 0)
		sleep_for_ever(NULL);
	TAP_TEST(walk_meets_a_task_between_two_pids_that_execve_exchanges);
	return tap_done();
}
