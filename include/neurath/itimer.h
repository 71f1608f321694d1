/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interval timers of processes: the interface for the rest of the kernel. */
#ifndef NEURATH_ITIMER_H
#define NEURATH_ITIMER_H

#include <neurath/task.h>

/* The last thread of @p exits: stops and frees process->itimer_real. (task) */
void itimer_process_exit(struct process *p);

#endif
