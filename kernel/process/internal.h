/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/process share; not for others. */
#ifndef KERNEL_PROCESS_INTERNAL_H
#define KERNEL_PROCESS_INTERNAL_H

#include <neurath/process.h>

void process_init(void);
/* All ids of @its are the real ones of @mine: one may do to the other what it does to itself. */
bool cred_same_ids(const struct credentials *mine, const struct credentials *its);
/*
 * A zombie that its tracer has seen, or that has none: to its parent, which may not want to
 * see it.
 */
void exit_show_zombie(struct process *p);
/* Removes a zombie for good; tasklist_lock held. */
void process_reap(struct process *p);
/* The status word of wait(2) for a dead process. */
int process_wait_status(struct process *p);
/* The code and status of siginfo for a status word of the dead. */
void wait_fill_exit(siginfo_t *info, int status);
/* siginfo of SIGCHLD and waitid(2) for a dead process. */
void process_exit_info(struct process *p, siginfo_t *info);
/* New limits as the first process has them. */
void process_default_rlimits(struct process *p);

#endif
