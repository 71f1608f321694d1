/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_answers.c - the kernel's cache of attributes and contents agrees with the server: readers run on
 * several CPUs beside a writer, beside a program that truncates the file, beside changes of attributes,
 * and while the server dies. No reader sees a value that is older than a value that it has seen.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tap.h>
#include "scratch.h"
#include "shared.h"

#define ROUNDS	400		/* fewer than there are modes */
#define READERS	3

struct shared {
	volatile unsigned long over;	/* rounds that are certainly over */
	volatile unsigned long begun;
	volatile int stop;
};

static struct shared *shared;

static unsigned long number_in(int fd)
{
	unsigned long value = 0;
	long n = pread(fd, &value, sizeof(value), 0);

	CHECK(n == 0 || n == sizeof(value));
	return value;
}

static unsigned long size_of(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return (unsigned long)st.st_size;
}

/* Number and size grow together: in round r the size is 8 + r. The kernel caches answers for each descriptor. */
static void watch_growth(void)
{
	int by_number = open("file", O_RDONLY), by_size = open("file", O_RDONLY);

	while (!shared->stop) {
		unsigned long over = shared->over, seen = number_in(by_number), size = size_of(by_size);

		CHECK(seen >= over && seen <= shared->begun);
		/* The writer makes the file longer before it writes the number. */
		CHECK(size >= 8 + seen);
		CHECK(number_in(by_number) >= seen);
		CHECK(size_of(by_size) >= size);
	}
}

static void grow(int fd, unsigned long round)
{
	CHECK_EQ(ftruncate(fd, (long)(8 + round)), 0);
	CHECK_EQ(pwrite(fd, &round, sizeof(round), 0), 8);
}

/* The file is empty at times. Its number never goes back, and neither does its mode, which is set later. */
static void watch_truncation(void)
{
	int by_number = open("file", O_RDONLY), by_mode = open("file", O_RDONLY);
	unsigned long number = 0, mode = 0;
	struct stat st;

	while (!shared->stop) {
		unsigned long seen = number_in(by_number);

		CHECK(!seen || seen >= number);
		CHECK(seen <= shared->begun);
		number = seen ? seen : number;
		CHECK_EQ(fstat(by_mode, &st), 0);
		CHECK((st.st_mode & 0777) >= mode && (st.st_mode & 0777) <= shared->begun);
		mode = st.st_mode & 0777;
		CHECK(mode + 1 >= number);
	}
}

static void truncate_and_write(int fd, unsigned long round)
{
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, &round, sizeof(round), 0), 8);
	CHECK_EQ(fchmod(fd, round & 0777), 0);
}

static pid_t find_ramfs(void)
{
	char path[40], comm[16];

	for (pid_t pid = 1; pid < 32768; pid++) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		memset(comm, 0, sizeof(comm));
		CHECK(read(fd, comm, sizeof(comm) - 1) > 0);
		close(fd);
		if (!strcmp(comm, "ramfs\n"))
			return pid;
	}
	return 0;
}

/* Calls @write @ROUNDS times while @READERS processes run @watch, and kills the server @kills times. */
static void run(void (*write)(int fd, unsigned long round), void (*watch)(void), int kills)
{
	int fd, status;

	enter_empty_directory();
	shared = shared_page();
	fd = make_file("file", "");
	write(fd, 0);
	for (int i = 0; i < READERS; i++) {
		if (!fork()) {
			watch();
			exit(0);
		}
	}
	for (unsigned long round = 1; round <= ROUNDS; round++) {
		shared->begun = round;
		write(fd, round);
		shared->over = round;
		/* A writer sees its own changes. */
		CHECK_EQ(number_in(fd), round);
		if (kills && round % (ROUNDS / kills) == 0)
			CHECK_EQ(kill(find_ramfs(), SIGKILL), 0);
	}
	shared->stop = 1;
	while (wait(&status) > 0)
		CHECK_EQ(status, 0);
}

static void readers_never_go_back_while_a_program_writes(void)
{
	run(grow, watch_growth, 0);
}

static void readers_never_go_back_while_a_program_truncates(void)
{
	run(truncate_and_write, watch_truncation, 0);
}

static void readers_never_go_back_when_the_server_dies(void)
{
	run(grow, watch_growth, 4);
}

/* Each change that stat() can show is made through another name of the file. */
static void every_change_of_attributes_is_seen(void)
{
	struct timespec times[2] = { { .tv_sec = 5 }, { .tv_sec = 6 } };
	struct stat st;
	int fd;

	enter_empty_directory();
	fd = make_file("file", "x");
	for (int i = 0; i < 3; i++)
		CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(link("file", "other"), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(chmod("other", 0604), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 0777, 0604);
	CHECK_EQ(chown("other", 7, 8), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_uid * 100 + st.st_gid, 708);
	CHECK_EQ(utimensat(AT_FDCWD, "other", times, 0), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mtime, 6);
	CHECK_EQ(truncate("other", 77), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 77);
	CHECK_EQ(rename("other", "file"), 0);	/* both names are the same file: nothing changes */
	CHECK_EQ(unlink("other"), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(unlink("file"), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
}

/* Reads of every size at random places, between writes at random places, are compared with an array. */
static void reads_of_every_size_agree_with_the_model(void)
{
	static unsigned char model[20000], got[5000];
	unsigned size = 0;
	int fd;

	enter_empty_directory();
	fd = make_file("file", "");
	srandom((unsigned)tap_seed());
	for (int i = 0; i < 4000; i++) {
		unsigned at = (unsigned)random() % 15000, n = (unsigned)random() % (random() % 4 ? 40 : 5000);
		long want = at >= size ? 0 : size - at < n ? size - at : n;

		if (random() % 40 == 0) {
			memset(model + at, i, n);
			CHECK_EQ(pwrite(fd, model + at, n, at), n);
			size = n && at + n > size ? at + n : size;
		} else if (random() % 200 == 0) {
			size = (unsigned)random() % 10000;
			CHECK_EQ(ftruncate(fd, size), 0);
			memset(model + size, 0, sizeof(model) - size);
		} else if (random() % 2) {
			CHECK_EQ(pread(fd, got, n, at), want);
			CHECK(!memcmp(got, model + at, (size_t)want));
		} else {	/* a few small reads in a row */
			CHECK_EQ(lseek(fd, at, SEEK_SET), at);
			for (; want > 0 && n < 40; at += 7, want -= 7) {
				CHECK_EQ(read(fd, got, 7), at + 7 <= size ? 7 : size - at);
				CHECK(!memcmp(got, model + at, at + 7 <= size ? 7 : size - at));
			}
		}
	}
}

int main(void)
{
	TAP_TEST(readers_never_go_back_while_a_program_writes);
	TAP_TEST(readers_never_go_back_while_a_program_truncates);
	TAP_TEST(readers_never_go_back_when_the_server_dies);
	TAP_TEST(every_change_of_attributes_is_seen);
	TAP_TEST(reads_of_every_size_agree_with_the_model);
	return tap_done();
}
