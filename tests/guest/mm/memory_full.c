/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_full.c - the limit of an address space, exhausted memory, and the check that no memory is lost. */
#define _GNU_SOURCE
#include <sys/resource.h>
#include "mapping.h"
#include "meminfo.h"
#include "tap.h"

static void the_address_space_limit_fails_the_call(void)
{
	struct rlimit limit = { 64 << 20, RLIM_INFINITY };

	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	errno = 0;
	CHECK(mmap(NULL, 128 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOMEM);
	CHECK(mmap(NULL, 8 << 20, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
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

/* Two rounds: the second round needs the memory that the first one gave back. */
static void a_process_that_eats_all_memory_dies_alone(void)
{
	for (int round = 0; round < 2; round++) {
		pid_t child;
		int status;

		if (meminfo("MemFree:") > 1 << 20)
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
			_exit(file_to_map("alive", 5) < 0);
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
	before = meminfo("MemFree:");
	for (int i = 0; i < 200; i++)
		one_round_of_use();
	after = meminfo("MemFree:");
	/* The 200 rounds used 100 pages each, which are 80 MB; at most 4 MB may be missing. */
	CHECK(before - after < 4000);
}

int main(void)
{
	TAP_TEST(the_address_space_limit_fails_the_call);
	TAP_TEST(a_process_that_eats_all_memory_dies_alone);
	TAP_TEST(processes_leave_no_memory_behind);
	return tap_done();
}
