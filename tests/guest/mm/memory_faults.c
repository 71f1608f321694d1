/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_faults.c - accesses that fault, with their exact signal information; and the stack, which
 * grows by page faults.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include "mapping.h"
#include "tap.h"

/* ---- faults with their exact information ------------------------------------------------- */

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
	/* An access across the border faults at the first byte that is not mapped. */
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
	/* The second page was not touched, so it has no page frame yet: the same rules hold. */
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

/* ---- the stack --------------------------------------------------------------------------- */

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
	 * The page lies in the way of the stack, 3 MiB below. The stack may grow towards the page, but must keep
	 * the distance of the gap.
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

int main(void)
{
	TAP_TEST(unmapped_addresses_give_segv_maperr_at_the_address);
	TAP_TEST(forbidden_accesses_give_segv_accerr);
	TAP_TEST(data_is_not_executable);
	TAP_TEST(kernel_addresses_fault_like_any_other);
	TAP_TEST(the_stack_grows_to_megabytes);
	TAP_TEST(the_stack_stops_at_its_limit);
	TAP_TEST(mappings_keep_their_distance_from_the_stack);
	return tap_done();
}
