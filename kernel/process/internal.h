/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the files of kernel/process share; private to this folder. */
#ifndef KERNEL_PROCESS_INTERNAL_H
#define KERNEL_PROCESS_INTERNAL_H

#include <neurath/process.h>

/* True if all ids of @its equal the real ids of @mine: each may then affect the other. */
bool cred_same_ids(const struct credentials *mine, const struct credentials *its);
/*
 * Shows a zombie to its parent, if it has no tracer or the tracer has seen it; the parent may
 * ignore its children.
 */
void exit_show_zombie(struct process *p);
/* Removes a zombie for good; tasklist_lock held. */
void process_reap(struct process *p);
/* The status word of wait(2) for a dead process. */
int process_wait_status(struct process *p);
/* Fills the code and status of siginfo from a status word of a dead process. */
void wait_fill_exit(siginfo_t *info, int status);
/* siginfo of SIGCHLD and waitid(2) for a dead process. */
void process_exit_info(struct process *p, siginfo_t *info);
/* True if @more threads would exceed @p's RLIMIT_NPROC for its user; always false for root. */
bool process_over_nproc(struct process *p, unsigned more);
/* Sets the limits that the first process has. */
void process_default_rlimits(struct process *p);

#endif
