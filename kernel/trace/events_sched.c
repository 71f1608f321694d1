/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of the scheduler and of processes, with Linux's names, fields and texts. */
#include <neurath/process.h>
#include "internal.h"

/* Linux's priority of a task with nice 0; the value here also adds nice. */
#define TRACE_PRIO_BASE		120

static notrace int trace_prio(const struct task *task)
{
	return TRACE_PRIO_BASE + task->se.nice;
}

/* ---- switch ----------------------------------------------------------------------------- */

#define SWITCH(F, A, T) \
	A(T, char, prev_comm, 16) F(T, pid_t, prev_pid) F(T, int, prev_prio) \
	F(T, long, prev_state) \
	A(T, char, next_comm, 16) F(T, pid_t, next_pid) F(T, int, next_prio)
TRACE_RECORD(sched_switch, SWITCH);
TRACE_EVENT(sched, sched_switch, sched_switch, SWITCH,
	    "\"prev_comm=%s prev_pid=%d prev_prio=%d prev_state=%s ==> next_comm=%s next_pid=%d "
	    "next_prio=%d\", REC->prev_comm, REC->prev_pid, REC->prev_prio, "
	    "__print_symbolic(REC->prev_state, { 0, \"R\" }, { 1, \"S\" }, { 2, \"D\" }, "
	    "{ 4, \"T\" }, { 8, \"t\" }, { 16, \"X\" }, { 32, \"Z\" }, { 128, \"I\" }, "
	    "{ 256, \"R+\" }), REC->next_comm, REC->next_pid, REC->next_prio");

/* Linux's bits, which tools know. */
static notrace long trace_state(const struct task *task, bool preempted)
{
	unsigned state = READ_ONCE(task->state);

	if (preempted)
		return 256;
	if (state == TASK_RUNNING)
		return 0;
	if (state == TASK_DEAD)
		return 16;
	if (state & TASK_STOPPED_BIT)
		return 4;
	if (state & TASK_TRACED_BIT)
		return 8;
	if (state & TASK_INTERRUPTIBLE)
		return 1;
	return state & TASK_NOLOAD ? 128 : 2;
}

notrace void trace_sched_switch(const struct task *prev, const struct task *next, bool preempted)
{
	struct trace_data_sched_switch e;

	trace_copy(e.prev_comm, prev->comm, sizeof(e.prev_comm));
	e.prev_pid = prev->pid;
	e.prev_prio = trace_prio(prev);
	e.prev_state = trace_state(prev, preempted);
	trace_copy(e.next_comm, next->comm, sizeof(e.next_comm));
	e.next_pid = next->pid;
	e.next_prio = trace_prio(next);
	trace_write(&TRACE_POINT(sched_switch), &e, sizeof(e));
}

/* ---- wake-ups --------------------------------------------------------------------------- */

#define WAKEUP(F, A, T) \
	A(T, char, comm, 16) F(T, pid_t, pid) F(T, int, prio) F(T, int, target_cpu)
#define WAKEUP_TEXT \
	"\"comm=%s pid=%d prio=%d target_cpu=%03d\", REC->comm, REC->pid, REC->prio, " \
	"REC->target_cpu"
TRACE_RECORD(sched_wakeup, WAKEUP);
TRACE_EVENT(sched, sched_wakeup, sched_wakeup, WAKEUP, WAKEUP_TEXT);
TRACE_EVENT(sched, sched_wakeup_new, sched_wakeup, WAKEUP, WAKEUP_TEXT);

static notrace void trace_wakeup(const struct trace_point *point, const struct task *task,
				 unsigned cpu)
{
	struct trace_data_sched_wakeup e = {
		.pid = task->pid, .prio = trace_prio(task), .target_cpu = (int)cpu };

	trace_copy(e.comm, task->comm, sizeof(e.comm));
	trace_write(point, &e, sizeof(e));
}

notrace void trace_sched_wakeup(const struct task *task, unsigned cpu)
{
	trace_wakeup(&TRACE_POINT(sched_wakeup), task, cpu);
}

notrace void trace_sched_wakeup_new(const struct task *task, unsigned cpu)
{
	trace_wakeup(&TRACE_POINT(sched_wakeup_new), task, cpu);
}

/* ---- processes -------------------------------------------------------------------------- */

#define FORK(F, A, T) \
	A(T, char, parent_comm, 16) F(T, pid_t, parent_pid) A(T, char, child_comm, 16) \
	F(T, pid_t, child_pid)
TRACE_RECORD(sched_process_fork, FORK);
TRACE_EVENT(sched, sched_process_fork, sched_process_fork, FORK,
	    "\"comm=%s pid=%d child_comm=%s child_pid=%d\", REC->parent_comm, REC->parent_pid, "
	    "REC->child_comm, REC->child_pid");

notrace void trace_sched_process_fork(const struct task *child)
{
	struct trace_data_sched_process_fork e = {
		.parent_pid = current->pid, .child_pid = child->pid };

	trace_copy(e.parent_comm, current->comm, sizeof(e.parent_comm));
	trace_copy(e.child_comm, child->comm, sizeof(e.child_comm));
	trace_write(&TRACE_POINT(sched_process_fork), &e, sizeof(e));
}

#define EXEC(F, A, T) \
	F(T, pid_t, pid) F(T, pid_t, old_pid) A(T, char, filename, 48)
TRACE_RECORD(sched_process_exec, EXEC);
TRACE_EVENT(sched, sched_process_exec, sched_process_exec, EXEC,
	    "\"filename=%s pid=%d old_pid=%d\", REC->filename, REC->pid, REC->old_pid");

notrace void trace_sched_process_exec(const char *file, pid_t old_pid)
{
	struct trace_data_sched_process_exec e = { .pid = current->pid, .old_pid = old_pid };

	for (unsigned i = 0; i < sizeof(e.filename) - 1 && file[i]; i++)
		((volatile char *)e.filename)[i] = file[i];
	trace_write(&TRACE_POINT(sched_process_exec), &e, sizeof(e));
}

#define EXIT(F, A, T)	A(T, char, comm, 16) F(T, pid_t, pid) F(T, int, prio)
TRACE_RECORD(sched_process_exit, EXIT);
TRACE_EVENT(sched, sched_process_exit, sched_process_exit, EXIT,
	    "\"comm=%s pid=%d prio=%d\", REC->comm, REC->pid, REC->prio");

notrace void trace_sched_process_exit(void)
{
	struct trace_data_sched_process_exit e = {
		.pid = current->pid, .prio = trace_prio(current) };

	trace_copy(e.comm, current->comm, sizeof(e.comm));
	trace_write(&TRACE_POINT(sched_process_exit), &e, sizeof(e));
}
