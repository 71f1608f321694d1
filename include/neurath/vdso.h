/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vDSO: a shared library that the kernel maps into every program.  Its functions read the
 * clocks, and the number of the CPU, without a system call.
 */
#ifndef NEURATH_VDSO_H
#define NEURATH_VDSO_H

#include <neurath/types.h>

struct mm;
struct vmobject;

/*
 * Maps it into @mm, at the top of user memory, where its page-table entries share a page with
 * those of the stack.  Returns its lowest address, with the address of its ELF header in *@header
 * (AT_SYSINFO_EHDR), or -errno. (task)
 */
long vdso_map(struct mm *mm, unsigned long *header);
/* The real-time clock is the boot clock plus @offset from now on. (any) */
void vdso_set_realtime(u64 offset);
/* True if @object is its object: /proc/PID/maps says [vdso]. (any) */
bool vdso_is(const struct vmobject *object);

#endif
