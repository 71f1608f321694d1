/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * growth.c - the cost of an operation with N objects: areas, descriptors, files, children; and the cost of
 * small operations on a file. Prints lines "# bench NAME_N VALUE ns", for N = 10, 100, 1,000, 10,000 as far
 * as the system allows; with QEMU's -icount a nanosecond is an instruction. tests/bench/table.py fits the
 * growth. The suite only checks that all operations work.
 *
 * The program needs only Linux's system calls: tests/bench/linux.py runs the same binary on Linux.
 *
 * configurations: cpus=1
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include "tap.h"

#define ROUNDS	1000
#define PAGE	4096UL

static const int sizes[] = { 10, 100, 1000, 10000 };
#define FOR_EACH_SIZE(n) \
	for (int step_ = 0, n; step_ < 4 && ((n = sizes[step_]), 1); step_++)

static int64_t now_ns(void)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void report(const char *name, int64_t spent, int rounds)
{
	tap_line("# bench %s %lld ns", name, (long long)spent / rounds);
}

static void report_n(const char *name, int n, int64_t spent, int rounds)
{
	char full[64];

	snprintf(full, sizeof(full), "%s_%d", name, n);
	report(full, spent, rounds);
}

/* ---- areas ------------------------------------------------------------------------------ */

/* Neighbours have different rights, so that each mapping stays an area of its own. */
static char *map_page(int i)
{
	int prot = PROT_READ | (i & 1 ? PROT_WRITE : 0);
	char *page = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	return page;
}

static void mmap_among_areas(void)
{
	static char *pages[10000], *more[ROUNDS];

	FOR_EACH_SIZE(n) {
		int64_t start;

		for (int i = 0; i < n; i++)
			pages[i] = map_page(i);
		start = now_ns();
		for (int i = 0; i < ROUNDS / 10; i++)
			more[i] = map_page(n + i);
		report_n("mmap", n, now_ns() - start, ROUNDS / 10);
		start = now_ns();
		for (int i = 0; i < ROUNDS / 10; i++)
			munmap(more[i], PAGE);
		report_n("munmap", n, now_ns() - start, ROUNDS / 10);
		for (int i = 0; i < n; i++)
			munmap(pages[i], PAGE);
	}
}

/* Element @i of an order of 0..n-1 that contains each number once, and neighbours never in a row. */
static int stride(int i, int n)
{
	return (int)(i * 7919L % n);
}

static void faults_among_areas(void)
{
	static char *pages[10000];

	FOR_EACH_SIZE(n) {
		int touched = n < ROUNDS ? n : ROUNDS, sum = 0;
		int64_t start;

		for (int i = 0; i < n; i++)
			pages[i] = map_page(i);
		start = now_ns();
		for (int i = 0; i < touched; i++)
			sum += *(volatile char *)pages[stride(i, n)];
		report_n("read_fault", n, now_ns() - start, touched);
		CHECK_EQ(sum, 0);
		for (int i = 0; i < n; i++)
			munmap(pages[i], PAGE);
	}
}

/* ---- descriptors -------------------------------------------------------------------------- */

static void allow_descriptors(void)
{
	struct rlimit limit = { 20000, 20000 };

	/* If the system refuses a size, the table lacks its rows. */
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Makes descriptors of one file up to number n - 1; false: the system does not allow so many. */
static bool fill_descriptors(int file, int n)
{
	int fd = file;

	while (fd < n - 1) {
		fd = dup(file);
		if (fd < 0)
			return false;
	}
	return true;
}

static void dup_among_descriptors(void)
{
	allow_descriptors();
	FOR_EACH_SIZE(n) {
		int64_t start, spent = 0;

		if (!fill_descriptors(0, n))
			break;
		for (int i = 0; i < ROUNDS; i++) {
			int fd;

			start = now_ns();
			fd = dup(0);
			spent += now_ns() - start;
			close(fd);
		}
		start = now_ns();
		for (int i = 0; i < ROUNDS; i++)
			now_ns();
		report_n("dup", n, spent - (now_ns() - start), ROUNDS);
	}
}

static void poll_of_descriptors(void)
{
	static struct pollfd fds[10000];
	int p[2], made = 1;

	allow_descriptors();
	CHECK_EQ(pipe(p), 0);
	fds[0] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	{
		int64_t start = now_ns();

		for (int i = 0; i < ROUNDS; i++)
			CHECK_EQ(poll(fds, 1, 0), 0);
		report("poll_one", now_ns() - start, ROUNDS);
	}
	FOR_EACH_SIZE(n) {
		int64_t start;

		for (; made < n; made++) {
			fds[made] = (struct pollfd){ .fd = dup(p[0]), .events = POLLIN };
			if (fds[made].fd < 0)
				return;
		}
		start = now_ns();
		for (int i = 0; i < 20; i++)
			CHECK_EQ(poll(fds, n, 0), 0);
		report_n("poll", n, now_ns() - start, 20);
	}
}

static void select_of_one(void)
{
	struct timeval zero = { 0 };
	int64_t start;
	int p[2];

	CHECK_EQ(pipe(p), 0);
	start = now_ns();
	for (int i = 0; i < ROUNDS; i++) {
		fd_set set;

		FD_ZERO(&set);
		FD_SET(p[0], &set);
		CHECK_EQ(select(p[0] + 1, &set, NULL, NULL, &zero), 0);
	}
	report("select_one", now_ns() - start, ROUNDS);
}

/* ---- files ---------------------------------------------------------------------------------- */

static void small_operations_on_a_file(void)
{
	int fd = open("/tmp/growth.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;
	int64_t start;
	char c = 'x';

	CHECK(fd >= 0);
	CHECK_EQ(pwrite(fd, &c, 1, 0), 1);
#define MEASURE(name, operation) \
	do { \
		for (int i = 0; i < 20; i++) \
			operation; \
		start = now_ns(); \
		for (int i = 0; i < ROUNDS; i++) \
			operation; \
		report(name, now_ns() - start, ROUNDS); \
	} while (0)
	MEASURE("file_pread_1", CHECK_EQ(pread(fd, &c, 1, 0), 1));
	MEASURE("file_fstat", CHECK_EQ(fstat(fd, &st), 0));
	MEASURE("file_pwrite_1", CHECK_EQ(pwrite(fd, &c, 1, 0), 1));
	MEASURE("file_ftruncate_pair", CHECK_EQ(ftruncate(fd, 100) + ftruncate(fd, 1), 0));
	close(fd);
	unlink("/tmp/growth.file");
}

static void reading_a_file_of_proc(void)
{
	char path[64], text[1024];
	int64_t start;

	snprintf(path, sizeof(path), "/proc/%d/stat", getpid());
	start = now_ns();
	for (int i = 0; i < ROUNDS / 10; i++) {
		int fd = open(path, O_RDONLY);

		CHECK(read(fd, text, sizeof(text)) > 0);
		close(fd);
	}
	report("proc_pid_stat", now_ns() - start, ROUNDS / 10);
}

/* Lists one directory by the system call, because musl would buffer the names. */
static void read_directory(int n)
{
	static char entries[32768];
	int fd = open("/tmp/growth.dir", O_RDONLY | O_DIRECTORY);
	int64_t start = now_ns();

	while (syscall(SYS_getdents64, fd, entries, sizeof(entries)) > 0)
		;
	report_n("readdir_entry", n, now_ns() - start, n);
	close(fd);
}

static void files_of_a_directory(void)
{
	int made = 0;

	CHECK_EQ(mkdir("/tmp/growth.dir", 0700), 0);
	for (int step = 0; step < 3; step++) {
		int n = sizes[step];
		char path[64];
		struct stat st;
		int64_t start;

		for (; made < n; made++) {
			snprintf(path, sizeof(path), "/tmp/growth.dir/%d", made);
			CHECK_EQ(mknod(path, S_IFREG | 0600, 0), 0);
		}
		snprintf(path, sizeof(path), "/tmp/growth.dir/%d", n / 2);
		CHECK_EQ(stat(path, &st), 0);
		start = now_ns();
		for (int i = 0; i < 100; i++)
			CHECK_EQ(stat(path, &st), 0);
		report_n("stat_of", n, now_ns() - start, 100);
		read_directory(n);
	}
	while (made--) {
		char path[64];

		snprintf(path, sizeof(path), "/tmp/growth.dir/%d", made);
		unlink(path);
	}
	rmdir("/tmp/growth.dir");
}

/* The smallest of ten tries: in a difference, the work of other tasks in one term would mislead. */
static int64_t ten_stats(const char *path)
{
	int64_t best = INT64_MAX;

	for (int try = 0; try < 10; try++) {
		int64_t start = now_ns(), spent;
		struct stat st;

		for (int i = 0; i < 10; i++)
			CHECK_EQ(stat(path, &st), 0);
		spent = now_ns() - start;
		if (spent < best)
			best = spent;
	}
	return best;
}

static void components_of_a_path(void)
{
	char path[512] = "/tmp";
	int64_t spent[2];

	for (int depth = 1; depth <= 20; depth++) {
		strcat(path, "/growth.deep");
		CHECK_EQ(mkdir(path, 0700), 0);
		if (depth == 1 || depth == 20)
			spent[depth > 1] = ten_stats(path);
	}
	report("path_component", (spent[1] - spent[0]) / 19, 10);
	for (int depth = 20; depth >= 1; depth--) {
		rmdir(path);
		*strrchr(path, '/') = 0;
	}
}

/* ---- children ------------------------------------------------------------------------------- */

static void children(void)
{
	static pid_t sleepers[1000];
	int born = 0;

	for (int step = 0; step < 3; step++) {
		int n = sizes[step];
		int64_t forked = 0, waited = 0;

		for (; born < n; born++) {
			sleepers[born] = fork();
			CHECK(sleepers[born] >= 0);
			while (!sleepers[born])
				pause();
		}
		for (int i = 0; i < 100; i++) {
			int64_t start = now_ns();
			pid_t child = fork();
			siginfo_t info;

			if (!child)
				_exit(0);
			forked += now_ns() - start;
			/* Waits until the child has ended; only the wait for any child is measured. */
			CHECK_EQ(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
			start = now_ns();
			CHECK_EQ(waitpid(-1, NULL, 0), child);
			waited += now_ns() - start;
		}
		report_n("fork_among", n, forked, 100);
		report_n("wait_any", n, waited, 100);
	}
	for (int i = 0; i < born; i++)
		kill(sleepers[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int main(void)
{
	TAP_TEST(mmap_among_areas);
	TAP_TEST(faults_among_areas);
	TAP_TEST(dup_among_descriptors);
	TAP_TEST(poll_of_descriptors);
	TAP_TEST(select_of_one);
	TAP_TEST(small_operations_on_a_file);
	TAP_TEST(reading_a_file_of_proc);
	TAP_TEST(files_of_a_directory);
	TAP_TEST(components_of_a_path);
	TAP_TEST(children);
	return tap_done();
}
