/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc_failure.c - memory is exhausted in each operation: the call fails, and the kernel continues.
 *
 * For each operation the suite makes the first, second, third... allocation in the kernel fail, up to
 * the last one. The operation may fail or succeed, and the process may be killed; the kernel continues,
 * and no memory is lost. Debug builds only.
 *
 * configurations: cpus=2 firmware=bios
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "meminfo.h"
#include "tap.h"

#define PAGE	4096UL
#define CONTROL	"/sys/kernel/debug/fail_nth"
#define MAX_NTH	2000

static int control;

static long failures_so_far(void)
{
	char text[32] = "";

	return pread(control, text, sizeof(text) - 1, 0) > 0 ? strtol(text, NULL, 10) : -1;
}

/* Waits until the kernel has taken the path; fails_at() judges the outcome. */
static void wait_for(pid_t child)
{
	if (child > 0)
		waitpid(child, NULL, 0);
}

static void do_fork(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	wait_for(child);
}

static void do_exec(void)
{
	pid_t child = vfork();

	if (!child) {
		execl("/bin/busybox", "true", NULL);
		_exit(1);
	}
	wait_for(child);
}

/* The task in which an allocation fails becomes the new program itself. */
static void do_exec_self(void)
{
	execl("/bin/busybox", "true", NULL);
}

static void do_maps(void)
{
	char *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *q;

	if (p == MAP_FAILED)
		return;
	memset(p, 1, 64 * PAGE);
	mprotect(p + 10 * PAGE, PAGE, PROT_READ);
	madvise(p + 20 * PAGE, PAGE, MADV_DONTNEED);
	q = mremap(p + 30 * PAGE, 10 * PAGE, 1000 * PAGE, MREMAP_MAYMOVE);
	if (q != MAP_FAILED) {
		q[0] = 2;
		munmap(q, 1000 * PAGE);
	}
	munmap(p + 5 * PAGE, PAGE);
}

static void do_shared_map(void)
{
	char *p = mmap(NULL, 4096 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p != MAP_FAILED)
		p[4095 * PAGE] = 1;
}

static void do_file(void)
{
	char name[64], text[5000];
	int fd, copy;

	snprintf(name, sizeof(name), "/tmp/alloc-failure.%d", (int)getpid());
	fd = open(name, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return;
	memset(text, 'x', sizeof(text));
	if (write(fd, text, sizeof(text)) > 0) {
		char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

		if (p != MAP_FAILED)
			p[PAGE] = p[0];
	}
	copy = dup(fd);
	close(fd);
	close(copy);
	unlink(name);
}

static void do_pipes(void)
{
	struct pollfd polls[4];
	char text[10000];

	memset(text, 'p', sizeof(text));
	for (int i = 0; i < 2; i++) {
		int ends[2];

		if (pipe(ends))
			return;
		if (write(ends[1], text, sizeof(text)) > 0 && read(ends[0], text, sizeof(text)) < 0)
			return;
		polls[2 * i] = (struct pollfd){ .fd = ends[0], .events = POLLIN };
		polls[2 * i + 1] = (struct pollfd){ .fd = ends[1], .events = POLLOUT };
	}
	poll(polls, 4, 10);
}

static void *thread_main(void *arg)
{
	return arg;
}

static void do_thread(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, thread_main, NULL))
		pthread_join(thread, NULL);
}

static void do_proc(void)
{
	static const char *const files[] = {
		"/proc/self/maps", "/proc/self/status", "/proc/self/stat", "/proc/meminfo", "/proc/mounts",
		"/proc/self/cmdline",
	};
	char text[4096], link[100];
	struct dirent *entry;
	DIR *dir;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open(files[i], O_RDONLY);

		if (fd < 0 || read(fd, text, sizeof(text)) < 0)
			continue;
		close(fd);
	}
	if (readlink("/proc/self/exe", link, sizeof(link)) < 0)
		return;
	dir = opendir("/proc");
	while (dir && (entry = readdir(dir)))
		;
}

static void do_paths(void)
{
	char name[64], cwd[256];
	struct stat st;

	snprintf(name, sizeof(name), "/tmp/alloc-failure-dir.%d", (int)getpid());
	if (mkdir(name, 0700) == 0 && chdir(name) == 0 && getcwd(cwd, sizeof(cwd)))
		stat("../", &st);
	if (chdir("/") == 0)
		rmdir(name);
	if (symlink("/tmp", name) == 0) {
		stat(name, &st);
		unlink(name);
	}
}

static void on_signal(int sig)
{
}

static void do_signals(void)
{
	sigset_t set;

	signal(SIGUSR1, on_signal);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < 5; i++)
		sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = i });
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	alarm(100);
	alarm(0);
}

/* Runs @operation in a child whose allocation number @n fails; true if the operation made so many allocations. */
static int fails_at(void (*operation)(void), int n)
{
	char text[16];
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (!child) {
		int length = snprintf(text, sizeof(text), "%d", n);
		long before = failures_so_far();

		if (write(control, text, length) != length)
			_exit(99);
		operation();
		_exit(failures_so_far() == before ? 0 : 1);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	/* The process was killed because it lacked a page table, or the program to return to. */
	if (WIFSIGNALED(status)) {
		CHECK(WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
		return 1;
	}
	CHECK(WEXITSTATUS(status) != 99);
	return WEXITSTATUS(status);
}

static void walk(void (*operation)(void))
{
	long before;
	int n;

	control = open(CONTROL, O_RDWR);
	CHECK(control >= 0);
	if (write(control, "0", 1) != 1)
		tap_skip("no fault injection in this build");
	fails_at(operation, MAX_NTH);
	before = meminfo("MemFree:");
	for (n = 1; n < MAX_NTH && fails_at(operation, n); n++)
		;
	tap_line("# %d allocations", n - 1);
	CHECK(n > 1 && n < MAX_NTH);
	/* Caches may keep some memory. The limit is below the memory that a leak in each round would lose. */
	CHECK(before - meminfo("MemFree:") < 2048);
}

#define WALK(name, operation)			\
static void name(void)				\
{						\
	walk(operation);			\
}
WALK(fork_survives_each_failing_allocation, do_fork)
WALK(vfork_and_exec_survive_each_failing_allocation, do_exec)
WALK(maps_survive_each_failing_allocation, do_maps)
WALK(shared_maps_survive_each_failing_allocation, do_shared_map)
WALK(files_survive_each_failing_allocation, do_file)
WALK(pipes_survive_each_failing_allocation, do_pipes)
WALK(threads_survive_each_failing_allocation, do_thread)
WALK(proc_survives_each_failing_allocation, do_proc)
WALK(paths_survive_each_failing_allocation, do_paths)
WALK(signals_survive_each_failing_allocation, do_signals)

/* After exec the count of failures cannot be read, so the number of rounds is fixed. */
static void exec_survives_each_failing_allocation(void)
{
	control = open(CONTROL, O_RDWR);
	CHECK(control >= 0);
	if (write(control, "0", 1) != 1)
		tap_skip("no fault injection in this build");
	for (int n = 1; n < 60; n++)
		fails_at(do_exec_self, n);
}

int main(void)
{
	TAP_TEST(fork_survives_each_failing_allocation);
	TAP_TEST(vfork_and_exec_survive_each_failing_allocation);
	TAP_TEST(exec_survives_each_failing_allocation);
	TAP_TEST(maps_survive_each_failing_allocation);
	TAP_TEST(shared_maps_survive_each_failing_allocation);
	TAP_TEST(files_survive_each_failing_allocation);
	TAP_TEST(pipes_survive_each_failing_allocation);
	TAP_TEST(threads_survive_each_failing_allocation);
	TAP_TEST(proc_survives_each_failing_allocation);
	TAP_TEST(paths_survive_each_failing_allocation);
	TAP_TEST(signals_survive_each_failing_allocation);
	return tap_done();
}
