/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapping.h - helpers for suites about address spaces: mappings, files to map, and faults with their
 * exact signal information.
 */
#ifndef TESTS_MAPPING_H
#define TESTS_MAPPING_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include "tap.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)

static inline char *map(size_t pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static sigjmp_buf fault_return;
static siginfo_t fault_info;
static int fault_signal;

static inline void fault_handler(int sig, siginfo_t *info, void *context)
{
	fault_signal = sig;
	fault_info = *info;
	siglongjmp(fault_return, 1);
}

static inline void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };

	CHECK_EQ(sigaction(SIGSEGV, &action, NULL), 0);
	CHECK_EQ(sigaction(SIGBUS, &action, NULL), 0);
}

/* Checks that the statement faults with this signal, code and address. */
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

/* A file without a name. */
static inline int file_to_map(const char *text, size_t size)
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

/* Checks that the child ends with status 0. */
static inline void expect_child(pid_t child)
{
	int status;

	CHECK(child > 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

#endif
