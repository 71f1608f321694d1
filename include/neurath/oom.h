/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Out of memory in a page fault: kernel/process/oom.c. */
#ifndef NEURATH_OOM_H
#define NEURATH_OOM_H

#include <neurath/types.h>

struct mm;
struct process;

#define OOM_SCORE_ADJ_MIN	(-1000)
#define OOM_SCORE_ADJ_MAX	1000

/*
 * Current's page fault found no page.  Kills the chosen process, if no process is dying already,
 * and waits until its memory is freed.  True: try the fault again.  False: current must die.
 * With @in_kernel, where current may hold locks for which the dying process waits at its end, it
 * waits only for the address space. (task)
 */
bool oom_make_room(bool in_kernel);
/* The value of /proc/PID/oom_score: 0 if it is never chosen, up to 2000. (task, no lock) */
unsigned oom_score(struct process *p);

/* No task of @p has a stack any more.  Caller holds tasklist_lock, and a reference. */
void oom_process_gone(struct process *p);

#endif
