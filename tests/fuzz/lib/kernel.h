/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.h - the rest of the kernel for the files that a target tests: kernel.c. */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <neurath/types.h>
#include "fuzz.h"

struct task;
extern struct task *kernel_current;
/* What the last message of the log was; "" after kernel_begin(). */
extern char kernel_log[512];
/* All read-only data and all data that the kernel has, as handed_look() sees it. */
extern char kernel_constants[128], kernel_variables[128];
/* The symbols of the kernel. */
struct kernel_name {
	const char *name;
	const void *address;
	unsigned size;
	char letter;
};
void kernel_symbols(const struct kernel_name *names, unsigned n);
/* Before each input; and after it: everything that was allocated is free again. */
void kernel_begin(void);
void kernel_end(void);

/* In lib/host.c. */
void *host_alloc(size_t size);
void host_free(void *p);
/* @size bytes at @at, between pages without access, or NULL; readable or not afterwards. */
void *host_map(unsigned long at, size_t size);
void host_unmap(void *p, size_t size);
/* A message of the log: shown if FUZZ_LOG is in the environment. */
void host_show(const char *message);

#endif
