/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscalls.c - random system calls with random arguments, by an ordinary user: programs may die
 * of them, the kernel may not, and what is killed is gone.
 *
 * A child makes a few hundred calls. A timer with a handler gets it out of those that sleep,
 * SIGKILL from outside out of everything else. The seed of a child is printed before it starts,
 * so that a lost machine names it.
 *
 * timeout: 300
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "tap.h"
#include "user.h"

#define CHILDREN	60
#define CALLS		500
#define TICK_US		5000
#define PATIENCE_NS	3000000000ll

static uint64_t state;
static char *page;		/* the next one is not mapped */

static uint64_t next_random(void)
{
	return random_of(&state);
}

static long random_argument(void)
{
	return random_long(&state, page);
}

/* Those that only end the child early, or that nothing here can undo. */
static int is_left_out(long nr)
{
	return nr == SYS_exit || nr == SYS_exit_group || nr == SYS_rt_sigreturn;
}

static long random_call(void)
{
	for (;;) {
		uint64_t r = next_random();
		long nr = (r & 15) == 0 ? 1024 + (r >> 8) % 32 : (r & 15) == 1 ? 424 + (r >> 8) % 30 : (r >> 8) % 336;

		if (!is_left_out(nr))
			return nr;
	}
}

static void fill_page(void)
{
	for (int i = 0; i < 4096; i += 8) {
		uint64_t r = next_random();

		*(uint64_t *)(page + i) = r & 1 ? r >> 56 : r & 2 ? (uint64_t)page + (r >> 52) : next_random();
	}
}

static void wake(int sig)
{
}

static void open_things(void)
{
	int ends[2];

	open("/dev/null", O_RDWR);
	open("/dev/zero", O_RDWR);
	open("/tmp", O_RDONLY);
	open("/proc/self/status", O_RDONLY);
	if (pipe(ends))
		return;
}

static void make_random_calls(uint64_t seed)
{
	struct itimerval timer = { { 0, TICK_US }, { 0, TICK_US } };
	struct sigaction sa = { .sa_handler = wake };
	struct rlimit processes = { 40, 40 };

	state = seed;
	setrlimit(RLIMIT_NPROC, &processes);
	become_user();
	open_things();
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < CALLS; i++) {
		pid_t me = getpid();

		if (i % 50 == 0)
			fill_page();
		syscall(random_call(), random_argument(), random_argument(), random_argument(), random_argument(),
			random_argument(), random_argument());
		if (getpid() != me)
			_exit(0);		/* a child of ours */
	}
	_exit(0);
}

static void run_child(uint64_t seed)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0)
		make_random_calls(seed);
	end_user(child, PATIENCE_NS);
}

static void random_calls_of_a_user_do_not_harm_the_kernel(void)
{
	uint64_t seed = tap_seed() * 0x9e3779b97f4a7c15;

	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	munmap(page + 4096, 4096);
	for (int i = 0; i < CHILDREN; i++) {
		uint64_t one = (seed + i) * 0xbf58476d1ce4e5b9 + 1;

		tap_line("# child %d, seed %#llx", i, (unsigned long long)one);
		run_child(one);
	}
}

int main(void)
{
	TAP_TEST(random_calls_of_a_user_do_not_harm_the_kernel);
	return tap_done();
}
