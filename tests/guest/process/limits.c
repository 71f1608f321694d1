/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * limits.c - resource limits, both those that are only stored and those that are enforced: what happens at
 * the limit, and changes of a limit by root and by its owner.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "tap.h"

static void limit(int which, rlim_t cur)
{
	struct rlimit rl;

	CHECK_EQ(getrlimit(which, &rl), 0);
	rl.rlim_cur = cur;
	CHECK_EQ(setrlimit(which, &rl), 0);
}

/* The wait status of a child that runs @body. */
static int status_of(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void raises_the_hard_limit(void)
{
	struct rlimit rl = { 10, 20 };

	CHECK_EQ(setrlimit(RLIMIT_NPROC, &rl), 0);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	rl.rlim_cur = 20;
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &rl), 0);	/* up to the hard limit */
	rl.rlim_cur = 21;
	CHECK_ERR(setrlimit(RLIMIT_NPROC, &rl), EINVAL);
	rl.rlim_max = 21;
	CHECK_ERR(setrlimit(RLIMIT_NPROC, &rl), EPERM);
	rl.rlim_cur = rl.rlim_max = 5;
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &rl), 0);	/* a lowered hard limit stays low */
	CHECK_EQ(getrlimit(RLIMIT_NPROC, &rl), 0);
	CHECK_EQ(rl.rlim_max, 5);
	CHECK_ERR(prlimit(1, RLIMIT_NPROC, NULL, &rl), EPERM);
	CHECK_ERR(prlimit(32000, RLIMIT_NPROC, NULL, &rl), ESRCH);
	CHECK_ERR(getrlimit(16, &rl), EINVAL);
}

static void only_root_raises_hard_limits(void)
{
	CHECK_EQ(status_of(raises_the_hard_limit), 0);
}

static void descriptors_end_at_the_limit(void)
{
	struct pollfd fds[9] = { 0 };
	int fd = open("/dev/null", O_RDONLY), n = 0;

	limit(RLIMIT_NOFILE, 8);
	while (dup(fd) >= 0)
		n++;
	CHECK_EQ(errno, EMFILE);
	CHECK(n < 8);
	CHECK_ERR(open("/dev/null", O_RDONLY), EMFILE);
	CHECK_ERR(dup2(fd, 8), EBADF);
	CHECK_ERR(fcntl(fd, F_DUPFD, 8), EINVAL);
	CHECK_ERR(poll(fds, 9, 0), EINVAL);
	limit(RLIMIT_NOFILE, 9);
	CHECK_EQ(dup(fd), 8);
}

static void forks_as_1000(void)
{
	pid_t pids[10];
	int n;

	limit(RLIMIT_NPROC, 5);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	for (n = 0; n < 10; n++) {
		pids[n] = fork();
		if (pids[n] == 0)
			for (;;)
				pause();
		if (pids[n] < 0)
			break;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 4);			/* four children and the process itself */
	while (n--) {
		CHECK_EQ(kill(pids[n], SIGKILL), 0);
		CHECK_EQ(waitpid(pids[n], NULL, 0), pids[n]);
	}
	pids[0] = fork();
	if (pids[0] == 0)
		_exit(0);
	CHECK_EQ(waitpid(pids[0], NULL, 0), pids[0]);
}

static void *sleeps(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

static void threads_as_1000(void)
{
	pthread_t thread;
	int n;

	limit(RLIMIT_NPROC, 5);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	for (n = 0; n < 10; n++) {
		errno = pthread_create(&thread, NULL, sleeps, NULL);
		if (errno)
			break;
	}
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(n, 4);
	CHECK_ERR(fork(), EAGAIN);
}

/* As on Linux setuid() succeeds, but the process that is one too many cannot execute a program. */
static void takes_the_id_of_a_full_user(void)
{
	char *const argv[] = { "true", NULL };
	pid_t child;
	int go[2];
	char c;

	CHECK_EQ(pipe(go), 0);
	limit(RLIMIT_NPROC, 1);
	child = fork();
	if (child == 0) {
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
		CHECK_EQ(prctl(PR_SET_PDEATHSIG, SIGKILL), 0);
		CHECK_EQ(write(go[1], "", 1), 1);
		sleeps(NULL);
	}
	CHECK_EQ(read(go[0], &c, 1), 1);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_ERR(execv("/bin/true", argv), EAGAIN);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	execv("/bin/true", argv);
	_exit(1);
}

static void forks_as_root(void)
{
	limit(RLIMIT_NPROC, 1);
	CHECK(fork() >= 0);
}

static void processes_of_a_user_are_limited(void)
{
	CHECK_EQ(status_of(forks_as_1000), 0);
	CHECK_EQ(status_of(threads_as_1000), 0);
	CHECK_EQ(status_of(takes_the_id_of_a_full_user), 0);
	CHECK_EQ(status_of(forks_as_root), 0);
}

/* ---- queued signals --------------------------------------------------------------------- */

/* Queues up to 20 signals for a child of this user that never takes them; returns how many were queued. */
static int queue_for_a_child(pid_t *child)
{
	union sigval value = { .sival_int = 1 };
	int n;

	*child = fork();
	if (*child == 0)
		sleeps(NULL);
	for (n = 0; n < 20 && sigqueue(*child, SIGRTMIN, value) == 0; n++)
		;
	return n;
}

static void signals_of_two_processes(void)
{
	pid_t first, second;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	limit(RLIMIT_SIGPENDING, 12);
	CHECK_EQ(setresuid(1000, 1000, 1000), 0);
	CHECK_EQ(queue_for_a_child(&first), 12);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(queue_for_a_child(&second), 0);
	CHECK_EQ(errno, EAGAIN);
	/* Signals that are lost with their receiver are no longer charged to the user. */
	CHECK_EQ(kill(first, SIGKILL), 0);
	CHECK_EQ(waitpid(first, NULL, 0), first);
	CHECK_EQ(queue_for_a_child(&first), 12);
	CHECK_EQ(kill(first, SIGKILL), 0);
	CHECK_EQ(kill(second, SIGKILL), 0);
	CHECK_EQ(waitpid(first, NULL, 0), first);
	CHECK_EQ(waitpid(second, NULL, 0), second);
}

static void queued_signals_of_a_user_are_limited(void)
{
	CHECK_EQ(status_of(signals_of_two_processes), 0);
}

static void address_space_ends_at_the_limit(void)
{
	void *p;

	limit(RLIMIT_AS, 16 << 20);
	p = mmap(NULL, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p == MAP_FAILED && errno == ENOMEM);
	CHECK_EQ((long)sbrk(0) > 0, true);
	p = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK(mremap(p, 4 << 20, 32 << 20, MREMAP_MAYMOVE) == MAP_FAILED && errno == ENOMEM);
	CHECK_EQ(munmap(p, 4 << 20), 0);
}

/* Each call needs its page of stack until it returns. */
static __attribute__((noipa)) int recurse(int depth)
{
	volatile char page[4096];
	unsigned used = (unsigned)depth % sizeof(page);

	page[used] = (char)depth;
	return depth ? recurse(depth - 1) + page[used] : 0;
}

static void recurses_2m(void)
{
	limit(RLIMIT_STACK, 1 << 20);
	recurse(512);
}

static void recurses_512k(void)
{
	limit(RLIMIT_STACK, 1 << 20);
	recurse(128);
}

static void execs_long_strings(void)
{
	static char text[70001];
	char *argv[] = { "true", text, text, NULL };

	memset(text, 'x', 70000);
	limit(RLIMIT_STACK, 128 << 10);		/* 128 KiB of strings are always allowed */
	execv("/bin/true", argv);
	_exit(errno);
}

static void stack_grows_to_the_limit(void)
{
	CHECK_EQ(status_of(recurses_512k), 0);
	CHECK_EQ(status_of(recurses_2m) & 0x7f, SIGSEGV);
	CHECK_EQ(status_of(execs_long_strings), E2BIG << 8);
}

/* ---- file sizes --------------------------------------------------------------------------- */

#define FILE_NAME	"/tmp/limits_file"

static volatile int xfsz;

static void on_xfsz(int sig)
{
	xfsz++;
}

static void writes_too_much(void)
{
	static char data[8192];
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	signal(SIGXFSZ, on_xfsz);
	limit(RLIMIT_FSIZE, 6000);
	CHECK_EQ(write(fd, data, 4096), 4096);
	CHECK_EQ(write(fd, data, 4096), 6000 - 4096);	/* the bytes up to the limit */
	CHECK_EQ(xfsz, 0);
	CHECK_ERR(write(fd, data, 1), EFBIG);
	CHECK_EQ(xfsz, 1);
	CHECK_ERR(pwrite(fd, data, 1, 1 << 20), EFBIG);
	CHECK_EQ(xfsz, 2);
	CHECK_EQ(pwrite(fd, data, 100, 0), 100);
	CHECK_ERR(ftruncate(fd, 6001), EFBIG);
	CHECK_EQ(xfsz, 3);
	CHECK_ERR(truncate(FILE_NAME, 6001), EFBIG);
	CHECK_EQ(xfsz, 4);
	/* A file that is larger than the limit may become smaller, or keep its size. */
	limit(RLIMIT_FSIZE, 100);
	CHECK_EQ(ftruncate(fd, 6000), 0);
	CHECK_EQ(ftruncate(fd, 5000), 0);
	CHECK_EQ(truncate(FILE_NAME, 5000), 0);
	CHECK_EQ(truncate(FILE_NAME, 4000), 0);
	CHECK_ERR(ftruncate(fd, 4001), EFBIG);
	CHECK_EQ(xfsz, 5);
	CHECK_ERR(truncate("/tmp", 6001), EISDIR);
	CHECK_ERR(truncate("/tmp/no-such", 6001), ENOENT);
	CHECK_EQ(xfsz, 5);
	CHECK_EQ(ftruncate(fd, 10), 0);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(write(fd, data, 0), 0);
	/* A pipe has no file size, so the limit does not bind it. */
	int ends[2];

	limit(RLIMIT_FSIZE, 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], data, 10), 10);
	CHECK_EQ(xfsz, 5);
}

static void dies_of_xfsz(void)
{
	int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	limit(RLIMIT_FSIZE, 0);
	if (write(fd, "x", 1) != 1)
		_exit(3);
}

static void files_end_at_the_limit(void)
{
	CHECK_EQ(status_of(writes_too_much), 0);
	CHECK_EQ(status_of(dies_of_xfsz), SIGXFSZ);
	unlink(FILE_NAME);
}

/* ---- processor time ----------------------------------------------------------------- */

static volatile int xcpu;

static void on_xcpu(int sig)
{
	xcpu++;
}

static void spins(void)
{
	for (;;)
		;
}

static void spins_until_xcpu(void)
{
	struct rlimit rl = { 1, RLIM_INFINITY };

	signal(SIGXCPU, on_xcpu);
	CHECK_EQ(setrlimit(RLIMIT_CPU, &rl), 0);
	while (!xcpu)
		;
}

static void spins_to_death(void)
{
	struct rlimit rl = { 1, 2 };

	signal(SIGXCPU, SIG_IGN);
	CHECK_EQ(setrlimit(RLIMIT_CPU, &rl), 0);
	spins();
}

static void processor_time_ends_at_the_limit(void)
{
	CHECK_EQ(status_of(spins_until_xcpu), 0);
	CHECK_EQ(status_of(spins_to_death), SIGKILL);
}

/* ---- core dumps --------------------------------------------------------------------- */

static void aborts(void)
{
	limit(RLIMIT_CORE, 0);
	abort();
}

static void there_are_no_core_dumps(void)
{
	struct rlimit rl;
	struct stat st;

	CHECK_EQ(getrlimit(RLIMIT_CORE, &rl), 0);
	CHECK_EQ(rl.rlim_cur, 0);
	CHECK_EQ(status_of(aborts), SIGABRT);	/* the status has no core bit */
	CHECK_ERR(stat("core", &st), ENOENT);
}

static void limits_are_inherited_by_fork(void)
{
	struct rlimit rl;

	limit(RLIMIT_NOFILE, 20);
	if (fork() == 0) {
		CHECK_EQ(getrlimit(RLIMIT_NOFILE, &rl), 0);
		CHECK_EQ(rl.rlim_cur, 20);
		_exit(0);
	}
	int status;

	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
}

static void limits_can_be_lowered_by_all_and_raised_by_root(void)
{
	struct rlimit l, low = { 10, 20 }, wrong = { 30, 20 };

	CHECK_EQ(getrlimit(RLIMIT_STACK, &l), 0);
	CHECK(l.rlim_cur >= 1 << 20);
	CHECK_EQ(setrlimit(RLIMIT_CPU, &low), 0);
	CHECK_ERR(setrlimit(RLIMIT_CPU, &wrong), EINVAL);
	CHECK_EQ(setuid(1000), 0);
	low.rlim_max = 30;
	CHECK_ERR(setrlimit(RLIMIT_CPU, &low), EPERM);
	low.rlim_max = 15;
	CHECK_EQ(setrlimit(RLIMIT_CPU, &low), 0);
	CHECK_EQ(getrlimit(RLIMIT_CPU, &l), 0);
	CHECK(l.rlim_cur == 10 && l.rlim_max == 15);
	CHECK_ERR(prlimit(1, RLIMIT_CPU, NULL, &l), EPERM);
}

int main(void)
{
	TAP_TEST(only_root_raises_hard_limits);
	TAP_TEST(descriptors_end_at_the_limit);
	TAP_TEST(processes_of_a_user_are_limited);
	TAP_TEST(queued_signals_of_a_user_are_limited);
	TAP_TEST(address_space_ends_at_the_limit);
	TAP_TEST(stack_grows_to_the_limit);
	TAP_TEST(files_end_at_the_limit);
	TAP_TEST(processor_time_ends_at_the_limit);
	TAP_TEST(there_are_no_core_dumps);
	TAP_TEST(limits_are_inherited_by_fork);
	TAP_TEST(limits_can_be_lowered_by_all_and_raised_by_root);
	return tap_done();
}
