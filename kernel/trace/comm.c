/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of tasks: a record contains only the pid.  The name of a living task is looked up.  A
 * task that dies or changes its name stores the old name in a table, where it replaces another
 * one with the same last bits of the pid.
 */
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "internal.h"

#define TRACE_COMMS	4096

/* trace_mutex protects the pointer; the tasks themselves write the entries. */
struct trace_comm {
	pid_t pid;
	char comm[TASK_COMM_LEN];
};
static struct trace_comm *trace_comms;

int trace_comms_need(void)
{
	struct trace_comm *comms;

	if (trace_comms)
		return 0;
	comms = vzalloc(TRACE_COMMS * sizeof(*comms));
	if (!comms)
		return -ENOMEM;
	smp_store_release(&trace_comms, comms);
	return 0;
}

void trace_note_comm(void)
{
	struct trace_comm *comms = smp_load_acquire(&trace_comms), *c;

	if (!comms)
		return;
	c = &comms[current->pid % TRACE_COMMS];
	WRITE_ONCE(c->pid, 0);
	memcpy(c->comm, current->comm, TASK_COMM_LEN);
	smp_store_release(&c->pid, current->pid);
}

void trace_comm_of(pid_t pid, char comm[TASK_COMM_LEN])
{
	struct task *task = pid ? task_find_get(pid) : NULL;
	const struct trace_comm *c;

	strscpy(comm, pid ? "<...>" : "<idle>", TASK_COMM_LEN);
	if (task) {
		strscpy(comm, task->comm, TASK_COMM_LEN);
		task_put(task);
		return;
	}
	if (!pid || !trace_comms)
		return;
	c = &trace_comms[pid % TRACE_COMMS];
	if (smp_load_acquire(&c->pid) == pid)
		memcpy(comm, c->comm, TASK_COMM_LEN);
}

bool trace_comm_saved(unsigned index, pid_t *pid, char comm[TASK_COMM_LEN])
{
	if (!trace_comms || index >= TRACE_COMMS)
		return false;
	*pid = smp_load_acquire(&trace_comms[index].pid);
	memcpy(comm, trace_comms[index].comm, TASK_COMM_LEN);
	return true;
}
