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

#define USER		1000
#define CHILDREN	60
#define CALLS		500
#define TICK_US		5000
#define PATIENCE_NS	3000000000ll

static uint64_t state;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static char *page;		/* the next one is not mapped */

static long random_argument(void)
{
	static const long edges[] = { 0, 1, -1, 2, 8, 64, 4095, 4096, 65536, INT32_MAX, INT32_MIN, INT64_MAX,
				      INT64_MIN, 0x7ffffffff000, 0x7fffffffefff, (long)0x800000000000,
				      (long)0xffff888000000000, (long)0xffffffff80200000, (long)0xdead000000000000 };
	uint64_t r = next_random();

	switch (r & 7) {
	case 0:
	case 1:
		return (long)page + (r >> 8) % 4096;
	case 2:
		return (long)page + 4096 - (r >> 8) % 32;
	case 3:
		return (r >> 8) % 12;			/* a descriptor, a signal, a small number */
	case 4:
		return edges[(r >> 8) % (sizeof(edges) / sizeof(*edges))];
	case 5:
		return 1L << (r >> 8) % 64;
	case 6:
		return (long)(r >> 40);
	default:
		return (long)next_random();
	}
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
	int quiet = open("/dev/null", O_RDWR);

	dup2(quiet, 0);
	dup2(quiet, 1);
	dup2(quiet, 2);
	state = seed;
	setrlimit(RLIMIT_NPROC, &processes);
	if (setgid(USER) || setuid(USER))
		_exit(1);
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

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* All processes of that user, also those that a child left behind. */
static void kill_user(void)
{
	pid_t killer = fork();

	if (killer == 0) {
		if (setuid(USER))
			_exit(1);
		kill(-1, SIGKILL);
		_exit(0);
	}
	waitpid(killer, NULL, 0);
}

static void run_child(uint64_t seed)
{
	long long end = now_ns() + PATIENCE_NS;
	pid_t child = fork();

	CHECK(child >= 0);
	if (child == 0)
		make_random_calls(seed);
	while (waitpid(child, NULL, WNOHANG) == 0) {
		struct timespec t = { 0, 2000000 };

		if (now_ns() > end) {
			kill(child, SIGKILL);
			CHECK_EQ(waitpid(child, NULL, 0), child);
			break;
		}
		nanosleep(&t, NULL);
	}
	kill_user();
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
