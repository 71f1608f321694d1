/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * processes.c - families under fire: children that fork, start threads, exec, stop and sleep
 * are signalled at random moments by several senders. Every child is reaped exactly once, and
 * no process is left.
 *
 * timeout: 300
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>

#include "tap.h"

#define SLOTS		12
#define ROUNDS		1500

static const char *self;
static uint64_t state;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 5;
}

static void nap_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void ignore_signal(int sig)
{
}

static void *live_as_thread(void *arg)
{
	for (int i = 0; i < 50; i++) {
		nap_us((uintptr_t)arg % 300);
		sched_yield();
	}
	return NULL;
}

static void start_threads(int n)
{
	pthread_t thread;

	for (int i = 0; i < n; i++) {
		if (pthread_create(&thread, NULL, live_as_thread, (void *)(uintptr_t)next_random()))
			return;
		pthread_detach(thread);
	}
}

static void *exec_as_thread(void *arg)
{
	execl(self, self, "--exit", (char *)NULL);
	return NULL;
}

/* What a child does until it ends by itself or by a signal. */
static void live(int generation)
{
	int what = next_random() % 8;
	pthread_t thread;

	if (next_random() & 1)
		signal(SIGTERM, ignore_signal);
	/*
	 * No process would continue a grandchild that stops: its parent may have died, or have
	 * taken the news with it.
	 */
	if (what == 5 && generation)
		what = 7;
	switch (what) {
	case 0:
		_exit(0);
	case 1:
		execl(self, self, "--exit", (char *)NULL);
		_exit(1);
	case 2:
		start_threads(3);
		exit(0);
	case 3:
		start_threads(3);
		pthread_create(&thread, NULL, exec_as_thread, NULL);
		nap_us(20000);
		_exit(0);
	case 4:
		if (generation < 3 && fork() == 0) {
			live(generation + 1);
			_exit(0);
		}
		if (next_random() & 1)
			wait(NULL);
		_exit(0);
	case 5:
		raise(SIGSTOP);
		_exit(0);
	case 6:
		if (vfork() == 0)
			_exit(0);
		wait(NULL);
		_exit(0);
	default:
		start_threads(2);
		nap_us(3000);
	}
}

struct slots {
	_Atomic pid_t pid[SLOTS];
	_Atomic bool done;
};

/* Another process that sends any signal to any process. */
static void fire(struct slots *slots)
{
	static const int signals[] = { SIGTERM, SIGSTOP, SIGCONT, SIGKILL, SIGUSR1, SIGCONT };

	signal(SIGCHLD, SIG_IGN);
	while (!slots->done) {
		pid_t pid = slots->pid[next_random() % SLOTS];

		if (pid)
			kill(pid, signals[next_random() % 6]);
		if (!(next_random() & 15))
			nap_us(next_random() % 500);
	}
	_exit(0);
}

static void children_under_fire_are_reaped_exactly_once(void)
{
	struct slots *slots = mmap(NULL, sizeof(*slots), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int started = 0, reaped = 0, running = 0, status;
	pid_t shooters[2];

	CHECK(slots != MAP_FAILED);
	CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int i = 0; i < 2; i++) {
		state = tap_seed() * 7919 + i + 1;
		shooters[i] = fork();
		if (shooters[i] == 0)
			fire(slots);
	}
	state = tap_seed() * 104729 + 77;
	while (reaped < ROUNDS) {
		for (int i = 0; i < SLOTS && started < ROUNDS; i++) {
			pid_t child;

			if (slots->pid[i])
				continue;
			next_random();
			child = fork();
			CHECK(child >= 0);
			if (child == 0) {
				live(0);
				_exit(0);
			}
			slots->pid[i] = child;
			started++;
			running++;
		}
		pid_t pid = waitpid(-1, &status, WUNTRACED | WCONTINUED);
		CHECK(pid > 0);
		if (pid == shooters[0] || pid == shooters[1])
			CHECK_FAIL("a sender ended: status %#x", status);
		if (WIFSTOPPED(status)) {
			if (next_random() & 1)
				kill(pid, SIGCONT);
			else
				kill(pid, SIGKILL);
			continue;
		}
		if (WIFCONTINUED(status))
			continue;
		for (int i = 0; i < SLOTS; i++) {
			if (slots->pid[i] == pid) {
				slots->pid[i] = 0;
				reaped++;
				running--;
			}
		}
		/* A pid without a slot is a grandchild that was reparented to this process. */
	}
	CHECK_EQ(running, 0);
	slots->done = true;
	while (wait(&status) > 0)
		;
	CHECK_EQ(errno, ECHILD);
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return 0;
	TAP_TEST(children_under_fire_are_reaped_exactly_once);
	return tap_done();
}
