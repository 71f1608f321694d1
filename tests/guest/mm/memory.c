/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.c - the calls that change mappings, mapped files, and pointers that programs pass to calls.
 * Faults: memory_faults.c; copy-on-write: memory_sharing.c; exhausted memory: memory_full.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include "mapping.h"
#include "tap.h"

/* ---- files ------------------------------------------------------------------------------- */

static void private_file_mappings_show_the_file_and_keep_their_own_writes(void)
{
	char text[5000], back[5000];
	volatile char *p;
	int fd;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	fd = file_to_map(text, sizeof(text));
	p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp((char *)p, text, sizeof(text)));
	/* The rest of the last page is zero; the next page lies behind the end of the file. */
	for (size_t i = sizeof(text); i < 2 * PAGE; i++)
		CHECK_EQ(p[i], 0);
	p[10] = 'x';
	p[PAGE] = 'y';
	CHECK_EQ(pread(fd, back, sizeof(back), 0), (ssize_t)sizeof(back));
	CHECK(!memcmp(text, back, sizeof(text)));
	catch_faults();
	CHECK_FAULT((void)p[2 * PAGE], SIGBUS, BUS_ADRERR, p + 2 * PAGE);
	/* A second mapping starts from the file again, at any page. */
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, PAGE);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp((char *)p, text + PAGE, sizeof(text) - PAGE));
	CHECK_FAULT(p[0] = 1, SIGSEGV, SEGV_ACCERR, p);
}

static void a_mapping_after_a_write_shows_what_was_written(void)
{
	int fd = file_to_map("first", 5);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED && !memcmp(p, "first", 5));
	CHECK_EQ(pwrite(fd, "other", 5, 0), 5);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !memcmp(p, "other", 5));
}

static void bad_arguments_of_mmap_have_their_errno(void)
{
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = file_to_map("x", 1), pipes[2], writer;
	char *p = map(4, RW);

#define CHECK_MMAP(error, ...)							\
	do {									\
		errno = 0;							\
		CHECK(mmap(__VA_ARGS__) == MAP_FAILED);				\
		CHECK_EQ(errno, error);						\
	} while (0)
	CHECK_MMAP(EINVAL, NULL, 0, RW, anonymous, -1, 0);
	CHECK_MMAP(EINVAL, NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0);
	CHECK_MMAP(EINVAL, p + 1, PAGE, RW, anonymous | MAP_FIXED, -1, 0);
	CHECK_MMAP(EBADF, NULL, PAGE, RW, MAP_PRIVATE, 999, 0);
	CHECK_MMAP(EEXIST, p, PAGE, RW, anonymous | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK_MMAP(ENOMEM, NULL, 1UL << 47, PROT_NONE, anonymous | MAP_NORESERVE, -1, 0);
	/* These are direct system calls, because the C library checks the arguments first. */
	CHECK_ERR(syscall(SYS_mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 100), EINVAL);
	CHECK_ERR(syscall(SYS_mmap, NULL, ~0UL - 100, RW, anonymous, -1, 0), ENOMEM);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_MMAP(ENODEV, NULL, PAGE, PROT_READ, MAP_PRIVATE, pipes[0], 0);
	writer = open("/tmp", O_RDONLY | O_DIRECTORY);
	CHECK(writer >= 0);
	CHECK_MMAP(ENODEV, NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0);
	CHECK_ERR(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERR(syscall(SYS_munmap, p, 0), EINVAL);
	CHECK_ERR(syscall(SYS_mprotect, p + 1, PAGE, RW), EINVAL);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_ERR(mprotect(p, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(munmap(p, 4 * PAGE), 0);
}

/* ---- changing mappings ------------------------------------------------------------------- */

static void fixed_mappings_replace_what_was_there(void)
{
	char *p = map(5, RW);

	memset(p, 'a', 5 * PAGE);
	CHECK_EQ(mmap(p + PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), p + PAGE);
	CHECK_EQ(p[PAGE - 1], 'a');
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[3 * PAGE - 1], 0);
	CHECK_EQ(p[3 * PAGE], 'a');
}

static void mprotect_splits_and_joins_without_losing_contents(void)
{
	enum { PAGES = 64 };
	volatile char *p = map(PAGES, RW);

	catch_faults();
	for (size_t i = 0; i < PAGES; i++)
		p[i * PAGE] = (char)i;
	for (size_t i = 1; i < PAGES; i += 2)
		CHECK_EQ(mprotect((char *)p + i * PAGE, PAGE, PROT_READ), 0);
	for (size_t i = 0; i < PAGES; i += 2) {
		p[i * PAGE] += 1;
		CHECK_FAULT(p[(i + 1) * PAGE] = 0, SIGSEGV, SEGV_ACCERR, p + (i + 1) * PAGE);
	}
	CHECK_EQ(mprotect((char *)p, PAGES * PAGE, RW), 0);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(p[i * PAGE], (char)(i + !(i & 1)));
		p[i * PAGE] = 0;
	}
}

static void mremap_grows_moves_and_shrinks_with_the_contents(void)
{
	char *area = map(20, RW), *p = area, *q;

	catch_faults();
	CHECK_EQ(munmap(p + 4 * PAGE, 16 * PAGE), 0);
	memset(p, 'm', 4 * PAGE);
	q = mremap(p, 4 * PAGE, 8 * PAGE, 0);
	CHECK_EQ(q, p);
	CHECK_EQ(p[4 * PAGE - 1], 'm');
	CHECK_EQ(p[4 * PAGE], 0);
	/* Another mapping is in the way: mremap() fails or moves, as its flags say. */
	CHECK_EQ(mmap(p + 8 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), p + 8 * PAGE);
	CHECK_EQ(mprotect(p + 8 * PAGE, PAGE, PROT_READ), 0);
	errno = 0;
	CHECK(mremap(p, 8 * PAGE, 600 * PAGE, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	q = mremap(p, 8 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	for (size_t i = 0; i < 4 * PAGE; i += 512)
		CHECK_EQ(q[i], 'm');
	CHECK_EQ(q[599 * PAGE], 0);
	CHECK_FAULT((void)*(volatile char *)p, SIGSEGV, SEGV_MAPERR, p);
	CHECK_EQ(mremap(q, 600 * PAGE, PAGE, 0), q);
	CHECK_EQ(q[0], 'm');
	CHECK_FAULT((void)*(volatile char *)(q + PAGE), SIGSEGV, SEGV_MAPERR, q + PAGE);
	CHECK_ERR((long)mremap(q + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERR((long)mremap(q, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE), EFAULT);
}

static void madvise_dontneed_gives_zeroes_or_the_file_again(void)
{
	int fd = file_to_map("file", 4);
	char *p = map(4, RW), *q;

	memset(p, 'd', 4 * PAGE);
	CHECK_EQ(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[PAGE - 1], 'd');
	CHECK_EQ(p[PAGE], 0);
	CHECK_EQ(p[3 * PAGE - 1], 0);
	CHECK_EQ(p[3 * PAGE], 'd');
	q = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(q != MAP_FAILED);
	q[0] = 'F';
	CHECK_EQ(madvise(q, PAGE, MADV_DONTNEED), 0);
	CHECK(!memcmp(q, "file", 4));
	CHECK_ERR(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERR(madvise(p, PAGE, 12345), EINVAL);
}

static void brk_moves_the_end_and_new_memory_is_zero(void)
{
	char *start = (char *)syscall(SYS_brk, 0), *end;

	/* The test uses whole pages, so that memory of the C library does not get in the way. */
	start = (char *)(((uintptr_t)start + PAGE - 1) & ~(PAGE - 1));
	CHECK_EQ((char *)syscall(SYS_brk, start), start);
	end = start + 10 * PAGE;
	CHECK_EQ((char *)syscall(SYS_brk, end), end);
	memset(start, 'b', 10 * PAGE);
	CHECK_EQ((char *)syscall(SYS_brk, start + 5 * PAGE), start + 5 * PAGE);
	catch_faults();
	CHECK_FAULT((void)*(volatile char *)(start + 5 * PAGE), SIGSEGV, SEGV_MAPERR, start + 5 * PAGE);
	CHECK_EQ((char *)syscall(SYS_brk, end), end);
	CHECK_EQ(start[5 * PAGE - 1], 'b');
	for (size_t i = 5 * PAGE; i < 10 * PAGE; i += 64)
		CHECK_EQ(start[i], 0);
	/* An impossible end changes nothing; the answer is the present end. */
	CHECK_EQ((char *)syscall(SYS_brk, 0x7ffffffff000UL), end);
	CHECK_EQ((char *)syscall(SYS_brk, 1), end);
}

/* ---- user pointers in calls -------------------------------------------------------------- */

static void bad_pointers_give_efault_and_partial_transfers_their_count(void)
{
	char text[200];
	int fd, pipes[2];
	char *p = map(2, RW);
	ssize_t n;

	memset(text, 't', sizeof(text));
	fd = file_to_map(text, sizeof(text));
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	CHECK_ERR(pread(fd, (void *)8, 10, 0), EFAULT);
	CHECK_ERR(pread(fd, p + PAGE, 10, 0), EFAULT);
	CHECK_ERR(pread(fd, (void *)0xffffffff80000000UL, 10, 0), EFAULT);
	CHECK_ERR(pwrite(fd, p + PAGE, 10, 0), EFAULT);
	CHECK_EQ(pipe(pipes), 0);
	CHECK_ERR(write(pipes[1], p + PAGE, 10), EFAULT);
	CHECK_ERR(syscall(SYS_pipe2, p + PAGE, 0), EFAULT);
	CHECK_ERR(syscall(SYS_pipe2, 0xffff888000000000UL, 0), EFAULT);
	CHECK_ERR(open(p + PAGE, O_RDONLY), EFAULT);
	/* The buffer crosses the border of the mapping: the call moves what fits, or fails; no signal comes. */
	n = pread(fd, p + PAGE - 10, 20, 0);
	CHECK(n == 10 || (n == -1 && errno == EFAULT));
	if (n == 10)
		CHECK(!memcmp(p + PAGE - 10, text, 10));
	memset(p + PAGE - 10, 'w', 10);
	n = pwrite(fd, p + PAGE - 10, 20, 0);
	CHECK(n == 10 || (n == -1 && errno == EFAULT));
	CHECK_EQ(pread(fd, text, 20, 0), 20);
	CHECK(!memcmp(text, n == 10 ? "wwwwwwwwwwtttttttttt" : "tttttttttttttttttttt", 20));
	/* A read cannot write its bytes to a read-only page. */
	CHECK_EQ(mprotect(p, PAGE, PROT_READ), 0);
	CHECK_ERR(pread(fd, p, 10, 0), EFAULT);
}

static void calls_fault_pages_in_like_the_program_itself(void)
{
	char *p = map(3, RW), *q = map(3, RW);
	char text[3 * PAGE];
	pid_t child;
	int fd;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 13 + (i >> 8));
	fd = file_to_map(text, sizeof(text));
	/* The page was not touched before: the page fault comes in the middle of a read. */
	CHECK_EQ(pread(fd, p, sizeof(text), 0), (ssize_t)sizeof(text));
	CHECK(!memcmp(p, text, sizeof(text)));
	/* The page is shared with a child: copy-on-write happens in the middle of a read. */
	memset(q, 'q', 3 * PAGE);
	child = fork();
	if (!child) {
		CHECK_EQ(pread(fd, q + 100, 2 * PAGE, 0), (ssize_t)(2 * PAGE));
		CHECK(!memcmp(q + 100, text, 2 * PAGE));
		CHECK_EQ(q[99], 'q');
		_exit(0);
	}
	expect_child(child);
	for (size_t i = 0; i < 3 * PAGE; i++)
		CHECK_EQ(q[i], 'q');
}

int main(void)
{
	TAP_TEST(private_file_mappings_show_the_file_and_keep_their_own_writes);
	TAP_TEST(a_mapping_after_a_write_shows_what_was_written);
	TAP_TEST(bad_arguments_of_mmap_have_their_errno);
	TAP_TEST(fixed_mappings_replace_what_was_there);
	TAP_TEST(mprotect_splits_and_joins_without_losing_contents);
	TAP_TEST(mremap_grows_moves_and_shrinks_with_the_contents);
	TAP_TEST(madvise_dontneed_gives_zeroes_or_the_file_again);
	TAP_TEST(brk_moves_the_end_and_new_memory_is_zero);
	TAP_TEST(bad_pointers_give_efault_and_partial_transfers_their_count);
	TAP_TEST(calls_fault_pages_in_like_the_program_itself);
	return tap_done();
}
