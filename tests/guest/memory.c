// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * memory.c - address spaces as a program sees them: faults with their exact signal information,
 * copy-on-write across processes and threads, the calls that change mappings, limits and
 * exhaustion.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "tap.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

static char *map(size_t pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* ---- faults with their exact information -------------------------------------------- */

static sigjmp_buf fault_return;
static siginfo_t fault_info;
static int fault_signal;

static void fault_handler(int sig, siginfo_t *info, void *context)
{
	fault_signal = sig;
	fault_info = *info;
	siglongjmp(fault_return, 1);
}

static void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
}

/* The statement faults with this signal, code and address. */
#define CHECK_FAULT(statement, sig, code, addr)						\
	do {										\
		fault_signal = 0;							\
		if (!sigsetjmp(fault_return, 1)) {					\
			statement;							\
			CHECK_FAIL("no fault: %s", #statement);				\
		}									\
		CHECK_EQ(fault_signal, sig);						\
		CHECK_EQ(fault_info.si_code, code);					\
		CHECK_EQ((uintptr_t)fault_info.si_addr, (uintptr_t)(addr));		\
	} while (0)

static void unmapped_addresses_give_segv_maperr_at_the_address(void)
{
	volatile char *p = map(3, RW);
	volatile uintptr_t low = 8;

	catch_faults();
	CHECK_EQ(munmap((char *)p + PAGE, PAGE), 0);
	p[0] = p[2 * PAGE] = 1;
	CHECK_FAULT((void)p[PAGE + 123], SIGSEGV, SEGV_MAPERR, p + PAGE + 123);
	CHECK_FAULT(p[2 * PAGE - 1] = 1, SIGSEGV, SEGV_MAPERR, p + 2 * PAGE - 1);
	CHECK_FAULT(*(volatile int *)low = 1, SIGSEGV, SEGV_MAPERR, low);
	/* An access across the border faults at the first byte that is missing. */
	CHECK_FAULT(*(volatile uint64_t *)(p + PAGE - 4) = 1, SIGSEGV, SEGV_MAPERR, p + PAGE);
}

static void forbidden_accesses_give_segv_accerr(void)
{
	volatile char *p = map(2, RW);

	catch_faults();
	p[0] = 42;
	CHECK_EQ(mprotect((char *)p, PAGE, PROT_READ), 0);
	CHECK_EQ(p[0], 42);
	CHECK_FAULT(p[5] = 1, SIGSEGV, SEGV_ACCERR, p + 5);
	CHECK_EQ(mprotect((char *)p, PAGE, PROT_NONE), 0);
	CHECK_FAULT((void)p[6], SIGSEGV, SEGV_ACCERR, p + 6);
	CHECK_EQ(mprotect((char *)p, PAGE, RW), 0);
	CHECK_EQ(p[0], 42);
	p[0] = 43;
	/* Never touched, so there is no page yet: the same rules. */
	CHECK_EQ(mprotect((char *)p + PAGE, PAGE, PROT_NONE), 0);
	CHECK_FAULT(p[PAGE] = 1, SIGSEGV, SEGV_ACCERR, p + PAGE);
	CHECK_EQ(p[0], 43);
}

static void data_is_not_executable(void)
{
	unsigned char *p = (unsigned char *)map(1, RW);
	int (*code)(void) = (int (*)(void))p;

	catch_faults();
	memcpy(p, "\xb8\x2a\x00\x00\x00\xc3", 6);	/* mov $42, %eax; ret */
	CHECK_FAULT(code(), SIGSEGV, SEGV_ACCERR, p);
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0);
	CHECK_EQ(code(), 42);
	CHECK_FAULT(p[0] = 0, SIGSEGV, SEGV_ACCERR, p);
}

static void kernel_addresses_fault_like_any_other(void)
{
	static const unsigned long addresses[] = {
		0xffffffff80200000UL, 0xffff888000000000UL, 0xffffc90000000000UL, 0x00007ffffffff000UL,
	};

	catch_faults();
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		fault_signal = 0;
		if (!sigsetjmp(fault_return, 1)) {
			(void)*(volatile char *)addresses[i];
			CHECK_FAIL("read kernel memory at %lx", addresses[i]);
		}
		CHECK_EQ(fault_signal, SIGSEGV);
	}
}

/* ---- files -------------------------------------------------------------------------- */

static int make_file(const char *text, size_t size)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/tmp/memory-test.%d", (int)getpid());
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, size), (ssize_t)size);
	unlink(name);
	return fd;
}

static void private_file_mappings_show_the_file_and_keep_writes_to_themselves(void)
{
	char text[5000], back[5000];
	volatile char *p;
	int fd;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	fd = make_file(text, sizeof(text));
	p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK(!memcmp((char *)p, text, sizeof(text)));
	/* The rest of the last page is zero, the next page has no contents. */
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
	int fd = make_file("first", 5);
	char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED && !memcmp(p, "first", 5));
	CHECK_EQ(pwrite(fd, "other", 5, 0), 5);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !memcmp(p, "other", 5));
}

static void bad_arguments_of_mmap_have_their_errno(void)
{
	const int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = make_file("x", 1), pipes[2], writer;
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
	/* Straight to the kernel: the C library looks at these first. */
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

/* ---- copy on write ------------------------------------------------------------------ */

static void expect_child(pid_t child)
{
	int status;

	CHECK(child > 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void parent_and_child_do_not_see_each_others_writes(void)
{
	enum { PAGES = 600 };
	char *p = map(PAGES, RW);
	int to_child[2], to_parent[2];
	pid_t child;
	char byte;

	for (size_t i = 0; i < PAGES; i++)
		p[i * PAGE] = (char)i;
	CHECK_EQ(pipe(to_child), 0);
	CHECK_EQ(pipe(to_parent), 0);
	child = fork();
	if (!child) {
		for (size_t i = 0; i < PAGES; i += 2)
			p[i * PAGE] = 'c';
		CHECK_EQ(write(to_parent[1], "x", 1), 1);
		CHECK_EQ(read(to_child[0], &byte, 1), 1);
		for (size_t i = 0; i < PAGES; i++)
			CHECK_EQ(p[i * PAGE], i % 2 ? (char)i : 'c');
		_exit(0);
	}
	CHECK_EQ(read(to_parent[0], &byte, 1), 1);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(p[i * PAGE], (char)i);
		p[i * PAGE] = 'p';
	}
	CHECK_EQ(write(to_child[1], "x", 1), 1);
	expect_child(child);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(p[i * PAGE], 'p');
}

static void generations_of_forks_keep_their_own_values(void)
{
	volatile int *p = (int *)map(1, RW);

	for (int depth = 0; depth < 8; depth++) {
		pid_t child;

		*p = depth;
		child = fork();
		if (child) {
			*p = 1000 + depth;
			expect_child(child);
			CHECK_EQ(*p, 1000 + depth);
			_exit(0);
		}
		CHECK_EQ(*p, depth);
	}
}

static _Atomic int stop_writing;

static void *write_counters(void *arg)
{
	volatile uint64_t *words = arg;

	for (uint64_t n = 1; !stop_writing; n++)
		for (size_t i = 0; i < 8; i++)
			words[i * PAGE / 8] = n;
	return NULL;
}

/*
 * Threads go on writing while the process forks: nothing that they write later may reach
 * the child.
 */
static void threads_that_write_during_fork_do_not_reach_the_child(void)
{
	volatile uint64_t *words = (uint64_t *)map(16, RW);
	pthread_t threads[2];

	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, write_counters, (char *)words + i * 8 * PAGE), 0);
	for (int round = 0; round < 60; round++) {
		pid_t child = fork();

		if (!child) {
			uint64_t seen[16];

			for (size_t i = 0; i < 16; i++)
				seen[i] = words[i * PAGE / 8];
			for (int again = 0; again < 200; again++)
				for (size_t i = 0; i < 16; i++)
					CHECK_EQ(words[i * PAGE / 8], seen[i]);
			_exit(0);
		}
		expect_child(child);
	}
	stop_writing = 1;
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void shared_memory_is_shared_with_children(void)
{
	volatile int *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;

	CHECK(p != MAP_FAILED);
	p[0] = 1;
	child = fork();
	if (!child) {
		CHECK_EQ(p[0], 1);
		p[0] = 2;
		p[2 * PAGE / 4] = 3;	/* a page that nobody has touched yet */
		_exit(0);
	}
	expect_child(child);
	CHECK_EQ(p[0], 2);
	CHECK_EQ(p[2 * PAGE / 4], 3);
	CHECK_EQ(p[3 * PAGE / 4], 0);
}

/* ---- what other threads must notice at once ----------------------------------------- */

static volatile uint64_t *race_page;
static _Atomic int race_faults;

static void race_handler(int sig, siginfo_t *info, void *context)
{
	race_faults++;
	while (!stop_writing)
		;
	pthread_exit(NULL);
}

static void *race_writer(void *arg)
{
	for (;;)
		++*race_page;
	return NULL;
}

/* After the call has returned no thread can write any more, whatever its CPU remembers. */
static void race_with_writers(void (*take_away)(void), uint64_t *(*look)(void))
{
	struct sigaction action = { .sa_sigaction = race_handler, .sa_flags = SA_SIGINFO };
	pthread_t threads[2];
	uint64_t before, *view;

	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, race_writer, NULL), 0);
	while (*race_page < 10000)
		;
	take_away();
	view = look();
	before = *(volatile uint64_t *)view;
	for (int i = 0; i < 300000; i++)
		CHECK_EQ(*(volatile uint64_t *)view, before);
	while (race_faults < 2)
		usleep(1000);
	stop_writing = 1;
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void protect_race_page(void)
{
	CHECK_EQ(mprotect((void *)race_page, PAGE, PROT_READ), 0);
}

static uint64_t *same_race_page(void)
{
	return (uint64_t *)race_page;
}

static void mprotect_stops_writers_on_all_cpus(void)
{
	race_page = (uint64_t *)map(1, RW);
	race_with_writers(protect_race_page, same_race_page);
}

static uint64_t *moved_race_page;

static void move_race_page(void)
{
	void *to = map(1, PROT_NONE);

	moved_race_page = mremap((void *)race_page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	CHECK(moved_race_page != MAP_FAILED);
}

static uint64_t *other_race_page(void)
{
	return moved_race_page;
}

static void mremap_stops_writers_at_the_old_address(void)
{
	race_page = (uint64_t *)map(1, RW);
	race_with_writers(move_race_page, other_race_page);
}

/* ---- changing mappings -------------------------------------------------------------- */

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
	/* Somebody in the way: stay or move, as allowed. */
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
	int fd = make_file("file", 4);
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

	/* Page-wise, so that nothing of the C library is in the way. */
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
	/* What cannot be is answered with what is. */
	CHECK_EQ((char *)syscall(SYS_brk, 0x7ffffffff000UL), end);
	CHECK_EQ((char *)syscall(SYS_brk, 1), end);
}

/* ---- the stack ---------------------------------------------------------------------- */

static __attribute__((noinline)) int eat_stack(int kilobytes)
{
	volatile char block[1024];

	block[0] = (char)kilobytes;
	if (!kilobytes)
		return block[0];
	return eat_stack(kilobytes - 1) + (block[0] != (char)kilobytes);
}

static void the_stack_grows_to_megabytes(void)
{
	CHECK_EQ(eat_stack(5 * 1024), 0);
}

static void the_stack_stops_at_its_limit(void)
{
	static char handler_stack[65536];
	stack_t alternate = { .ss_sp = handler_stack, .ss_size = sizeof(handler_stack) };
	struct rlimit limit = { 1 << 20, RLIM_INFINITY };
	uintptr_t here = (uintptr_t)&limit;

	CHECK_EQ(getrlimit(RLIMIT_STACK, &limit), 0);
	limit.rlim_cur = 1 << 20;
	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	CHECK_EQ(eat_stack(500), 0);
	CHECK_EQ(sigaltstack(&alternate, NULL), 0);
	catch_faults();
	if (!sigsetjmp(fault_return, 1)) {
		eat_stack(4096);
		CHECK_FAIL("no fault in 4 MiB of stack with a limit of 1 MiB");
	}
	CHECK_EQ(fault_signal, SIGSEGV);
	CHECK_EQ(fault_info.si_code, SEGV_MAPERR);
	CHECK((uintptr_t)fault_info.si_addr < here);
	CHECK(here - (uintptr_t)fault_info.si_addr < 2 << 20);
}

static void mappings_keep_their_distance_from_the_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(PAGE - 1);
	size_t room = 3 << 20;

	/*
	 * In the way of growth, 2 MiB below: the stack may come near, but not as near as
	 * the gap.
	 */
	char *wall = mmap((void *)(here - room), PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	pid_t child;
	int status;

	CHECK(wall != MAP_FAILED);
	CHECK_EQ(eat_stack(1024), 0);
	child = fork();
	if (!child) {
		eat_stack((room - (room >> 4)) / 1024);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- user pointers in calls --------------------------------------------------------- */

static void bad_pointers_give_efault_and_partial_transfers_their_count(void)
{
	char text[200];
	int fd, pipes[2];
	char *p = map(2, RW);
	ssize_t n;

	memset(text, 't', sizeof(text));
	fd = make_file(text, sizeof(text));
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
	/* Over the border: what fits, or nothing; never more, and never a signal. */
	n = pread(fd, p + PAGE - 10, 20, 0);
	CHECK(n == 10 || (n == -1 && errno == EFAULT));
	if (n == 10)
		CHECK(!memcmp(p + PAGE - 10, text, 10));
	memset(p + PAGE - 10, 'w', 10);
	n = pwrite(fd, p + PAGE - 10, 20, 0);
	CHECK(n == 10 || (n == -1 && errno == EFAULT));
	CHECK_EQ(pread(fd, text, 20, 0), 20);
	CHECK(!memcmp(text, n == 10 ? "wwwwwwwwwwtttttttttt" : "tttttttttttttttttttt", 20));
	/* A read-only page is no place to read into. */
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
	fd = make_file(text, sizeof(text));
	/* Never touched before: demand-zero in the middle of a read. */
	CHECK_EQ(pread(fd, p, sizeof(text), 0), (ssize_t)sizeof(text));
	CHECK(!memcmp(p, text, sizeof(text)));
	/* Shared with a child: copy-on-write in the middle of a read. */
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

/* ---- limits and exhaustion ---------------------------------------------------------- */

static void the_address_space_limit_fails_the_call(void)
{
	struct rlimit limit = { 64 << 20, RLIM_INFINITY };

	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	errno = 0;
	CHECK(mmap(NULL, 128 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK(mmap(NULL, 8 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static long free_kilobytes(void)
{
	char text[512] = "", *line;
	int fd = open("/proc/meminfo", O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	line = strstr(text, "MemFree:");
	CHECK(line);
	return strtol(line + 8, NULL, 10);
}

static void eat_everything(void)
{
	for (;;) {
		char *p = mmap(NULL, 1 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			_exit(0);
		for (size_t i = 0; i < 1 << 20; i += PAGE)
			p[i] = 1;
	}
}

/* Twice: the first must have given everything back. */
static void a_process_that_eats_all_memory_dies_alone(void)
{
	for (int round = 0; round < 2; round++) {
		pid_t child;
		int status;

		if (free_kilobytes() > 1 << 20)
			tap_skip("too much memory in this machine");
		child = fork();
		if (!child)
			eat_everything();
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(status == 0 || (WIFSIGNALED(status) &&
				      (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGBUS)));
		/* The rest of the system works. */
		child = fork();
		if (!child)
			_exit(make_file("alive", 5) < 0);
		expect_child(child);
	}
}

static void one_round_of_use(void)
{
	pid_t child = fork();

	if (!child) {
		char *p = map(100, RW);

		memset(p, 1, 100 * PAGE);
		mprotect(p + 10 * PAGE, 10 * PAGE, PROT_READ);
		mremap(p + 50 * PAGE, 50 * PAGE, 70 * PAGE, MREMAP_MAYMOVE);
		if (!fork())
			_exit(p[0] != 1);
		_exit(wait(NULL) < 0);
	}
	expect_child(child);
}

static void processes_leave_no_memory_behind(void)
{
	long before, after;

	for (int i = 0; i < 20; i++)
		one_round_of_use();
	before = free_kilobytes();
	for (int i = 0; i < 200; i++)
		one_round_of_use();
	after = free_kilobytes();
	/* 200 rounds of 100 pages are 80 MB. */
	CHECK(before - after < 4000);
}

int main(void)
{
	TAP_TEST(unmapped_addresses_give_segv_maperr_at_the_address);
	TAP_TEST(forbidden_accesses_give_segv_accerr);
	TAP_TEST(data_is_not_executable);
	TAP_TEST(kernel_addresses_fault_like_any_other);
	TAP_TEST(private_file_mappings_show_the_file_and_keep_writes_to_themselves);
	TAP_TEST(a_mapping_after_a_write_shows_what_was_written);
	TAP_TEST(bad_arguments_of_mmap_have_their_errno);
	TAP_TEST(parent_and_child_do_not_see_each_others_writes);
	TAP_TEST(generations_of_forks_keep_their_own_values);
	TAP_TEST(threads_that_write_during_fork_do_not_reach_the_child);
	TAP_TEST(shared_memory_is_shared_with_children);
	TAP_TEST(mprotect_stops_writers_on_all_cpus);
	TAP_TEST(mremap_stops_writers_at_the_old_address);
	TAP_TEST(fixed_mappings_replace_what_was_there);
	TAP_TEST(mprotect_splits_and_joins_without_losing_contents);
	TAP_TEST(mremap_grows_moves_and_shrinks_with_the_contents);
	TAP_TEST(madvise_dontneed_gives_zeroes_or_the_file_again);
	TAP_TEST(brk_moves_the_end_and_new_memory_is_zero);
	TAP_TEST(the_stack_grows_to_megabytes);
	TAP_TEST(the_stack_stops_at_its_limit);
	TAP_TEST(mappings_keep_their_distance_from_the_stack);
	TAP_TEST(bad_pointers_give_efault_and_partial_transfers_their_count);
	TAP_TEST(calls_fault_pages_in_like_the_program_itself);
	TAP_TEST(the_address_space_limit_fails_the_call);
	TAP_TEST(a_process_that_eats_all_memory_dies_alone);
	TAP_TEST(processes_leave_no_memory_behind);
	return tap_done();
}
