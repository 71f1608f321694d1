/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ramfs_memory.c - the memory of a file is free again after the file is removed: for each way to
 * remove a file, and for every amount of memory that one request frees.
 *
 * configurations: cpus=2 firmware=bios
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/statfs.h>
#include "meminfo.h"
#include "scratch.h"
#include "tap.h"

#define MIB		(1L << 20)
/* Pages that the kernel and the server take for a while: page tables, tables of names. */
#define SLACK_KIB	(3 * 1024)
#define SMALL_FILES	5000

static long at_most(long want)
{
	struct statfs fs;

	CHECK_EQ(statfs("/", &fs), 0);
	return want < (long)fs.f_bavail / 5 * 4 * 4096 ? want : (long)fs.f_bavail / 5 * 4 * 4096;
}

static void fill(const char *name, long size)
{
	static char bytes[512 * 1024];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	memset(bytes, 1, sizeof(bytes));
	CHECK(fd >= 0);
	for (long done = 0; done < size; done += sizeof(bytes))
		CHECK_EQ(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	CHECK_EQ(close(fd), 0);
}

static void cut(const char *name)
{
	CHECK_EQ(truncate(name, 0), 0);
}

static void cut_all_but_a_byte(const char *name)
{
	CHECK_EQ(truncate(name, 1), 0);
}

static void open_empty(const char *name)
{
	int fd = open(name, O_WRONLY | O_TRUNC);

	CHECK(fd >= 0);
	CHECK_EQ(close(fd), 0);
}

static void remove_it(const char *name)
{
	CHECK_EQ(unlink(name), 0);
}

static void remove_and_close(const char *name)
{
	int fd = open(name, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(unlink(name), 0);
	CHECK_EQ(close(fd), 0);
}

static void rename_over(const char *name)
{
	close(make_file("other", "x"));
	CHECK_EQ(rename("other", name), 0);
}

/* MemFree after all earlier requests: the server takes one message at a time, so statfs() is answered last. */
static long free_kib(void)
{
	struct statfs fs;

	CHECK_EQ(statfs("/", &fs), 0);
	return meminfo("MemFree:");
}

static const struct {
	const char *what;
	void (*free)(const char *name);
} ways[] = {
	{ "truncate", cut }, { "truncate to a byte", cut_all_but_a_byte },
	{ "O_TRUNC", open_empty }, { "unlink", remove_it },
	{ "unlink of an open file", remove_and_close }, { "rename over it", rename_over },
};

static void expect_back(const char *what, long before, long size)
{
	long after = free_kib();

	if (before - after > SLACK_KIB)
		CHECK_FAIL("%s: of %ld KiB %ld are not free again", what, size / 1024,
			   before - after);
}

static void each_way_to_free_a_file_gives_its_memory_back(void)
{
	long size = at_most(100 * MIB);

	enter_empty_directory();
	CHECK(size > 70 * MIB);
	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		long before = free_kib();

		fill("file", size);
		CHECK(before - free_kib() > size / 1024 - SLACK_KIB);
		ways[i].free("file");
		expect_back(ways[i].what, before, size);
	}
}

/* One request frees as much memory as a file can have. */
static void the_largest_truncation_gives_everything_back_each_time(void)
{
	long size = at_most(700 * MIB);

	enter_empty_directory();
	for (int round = 0; round < 2; round++) {
		long before = free_kib();

		fill("file", size);
		cut("file");
		expect_back("truncate", before, size);
	}
	tap_line("# %ld MiB in one request", size / MIB);
}

/* One request frees chunks that are not adjacent. */
static void a_file_with_every_other_chunk_gone_is_freed_in_one_request(void)
{
	static char chunk[MIB];
	long size = at_most(160 * MIB), before;
	int even, odd;

	enter_empty_directory();
	before = free_kib();
	even = make_file("even", "");
	odd = make_file("odd", "");
	for (long at = 0; at < size; at += 2 * sizeof(chunk)) {
		CHECK_EQ(pwrite(even, chunk, sizeof(chunk), at), sizeof(chunk));
		CHECK_EQ(pwrite(odd, chunk, sizeof(chunk), at), sizeof(chunk));
	}
	CHECK_EQ(ftruncate(odd, 0), 0);
	/* Half is free, except for the 64 pages at each border, which belong to both files. */
	CHECK(before - free_kib() < size / 1024 / 4 * 3 + SLACK_KIB);
	CHECK_EQ(ftruncate(even, 0), 0);
	expect_back("both", before, size);
}

static void many_small_files(const char *text)
{
	char name[32];

	for (int i = 0; i < SMALL_FILES; i++) {
		snprintf(name, sizeof(name), "a-name-of-a-file-%d", i);
		if (text)
			close(make_file(name, text));
		else
			CHECK_EQ(unlink(name), 0);
	}
}

static void small_files_that_are_removed_leave_nothing(void)
{
	long before;

	enter_empty_directory();
	many_small_files("text");
	many_small_files(NULL);
	before = free_kib();
	for (int round = 0; round < 2; round++) {
		many_small_files("text");
		many_small_files(NULL);
	}
	expect_back("small files", before, SMALL_FILES * 4096L);
}

int main(void)
{
	TAP_TEST(each_way_to_free_a_file_gives_its_memory_back);
	TAP_TEST(the_largest_truncation_gives_everything_back_each_time);
	TAP_TEST(a_file_with_every_other_chunk_gone_is_freed_in_one_request);
	TAP_TEST(small_files_that_are_removed_leave_nothing);
	return tap_done();
}
