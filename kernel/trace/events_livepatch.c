/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of live patching.  They are always written to TRACE_KLP: /sys/kernel/livepatch/timeline
 * shows the most recent transitions.
 *
 * Each flag of a task (klp_flag) ends with one klp_switch.  So in a complete transition both have
 * the same number for each task.  In addition there is a klp_switch for each child that is born
 * in the target state (how=inherited), and for each task that dies after it has changed over
 * (how=death).
 */
#include "internal.h"

#define KLP_STACK_DEPTH		24

/* ---- the transition --------------------------------------------------------------------- */

#define TRANSITION(F, A, T)	F(T, int, step) F(T, int, target) A(T, char, patch, 56)
TRACE_RECORD(klp_transition, TRANSITION);
TRACE_EVENT(livepatch, klp_transition, klp_transition, TRANSITION,
	    "\"patch=%s step=%s target=%d\", REC->patch, __print_symbolic(REC->step, "
	    "{ 0, \"init\" }, { 1, \"start\" }, { 2, \"reverse\" }, { 3, \"completing\" }, "
	    "{ 4, \"complete\" }, { 5, \"signal\" }, { 6, \"force\" }), REC->target");

void trace_klp_transition(const char *patch, enum trace_klp_step step, int target)
{
	struct trace_data_klp_transition e = { .step = (int)step, .target = target };

	trace_copy(e.patch, patch, sizeof(e.patch));
	trace_write(&TRACE_POINT(klp_transition), &e, sizeof(e));
}

/* ---- one task --------------------------------------------------------------------------- */

#define FLAG(F, A, T)	A(T, char, comm, 16) F(T, pid_t, pid) F(T, int, cpu) F(T, int, state)
TRACE_RECORD(klp_flag, FLAG);
TRACE_EVENT(livepatch, klp_flag, klp_flag, FLAG,
	    "\"comm=%s pid=%d cpu=%d state=%d\", REC->comm, REC->pid, REC->cpu, REC->state");

notrace void trace_klp_flag(const struct task *task)
{
	struct trace_data_klp_flag e = {
		.pid = task->pid, .cpu = (int)READ_ONCE(task->cpu), .state = task->patch_state };

	trace_copy(e.comm, task->comm, sizeof(e.comm));
	trace_write(&TRACE_POINT(klp_flag), &e, sizeof(e));
}

#define SWITCHED(F, A, T) \
	A(T, char, comm, 16) F(T, pid_t, pid) F(T, int, cpu) F(T, int, how) F(T, int, state)
TRACE_RECORD(klp_switch, SWITCHED);
TRACE_EVENT(livepatch, klp_switch, klp_switch, SWITCHED,
	    "\"comm=%s pid=%d cpu=%d how=%s state=%d\", REC->comm, REC->pid, REC->cpu, "
	    "__print_symbolic(REC->how, { 0, \"exit\" }, { 1, \"own-stack\" }, { 2, \"asleep\" }, "
	    "{ 3, \"idle\" }, { 4, \"inherited\" }, { 5, \"death\" }, { 6, \"force\" }, "
	    "{ 7, \"taken-back\" }, { 8, \"interrupted\" }), REC->state");

notrace void trace_klp_switch(const struct task *task, enum trace_klp_how how, int state)
{
	struct trace_data_klp_switch e = {
		.pid = task->pid, .cpu = (int)READ_ONCE(task->cpu), .how = (int)how,
		.state = state };

	trace_copy(e.comm, task->comm, sizeof(e.comm));
	trace_write(&TRACE_POINT(klp_switch), &e, sizeof(e));
}

#define LOOK(F, A, T) \
	A(T, char, comm, 16) F(T, pid_t, pid) F(T, int, cpu) F(T, int, verdict) F(T, int, reason) \
	F(T, unsigned long, addr) F(T, unsigned long, depth) \
	A(T, unsigned long, stack, KLP_STACK_DEPTH)
TRACE_RECORD(klp_look, LOOK);
TRACE_EVENT(livepatch, klp_look, klp_look, LOOK,
	    "\"comm=%s pid=%d cpu=%d verdict=%s in=%pS reason=%s stack=%s\", REC->comm, REC->pid, "
	    "REC->cpu, __print_symbolic(REC->verdict, { 0, \"arrived\" }, { 1, \"clear\" }, "
	    "{ 2, \"running\" }, { 3, \"unreliable\" }, { 4, \"blocked\" }), (void *)REC->addr, "
	    "__print_symbolic(REC->reason, { 0, \"reliable\" }, { 1, \"is-running\" }, "
	    "{ 2, \"interrupted-in-the-kernel\" }, { 3, \"return-address-outside-text\" }, "
	    "{ 4, \"broken-frame-pointer\" }, { 5, \"no-known-end\" }, { 6, \"too-deep\" }), "
	    "__print_array(REC->stack, REC->depth, 8)");

notrace void trace_klp_look(const struct task *task, int verdict, int reason, unsigned long addr,
			    const unsigned long *stack, unsigned n)
{
	struct trace_data_klp_look e;

	trace_copy(e.comm, task->comm, sizeof(e.comm));
	e.pid = task->pid;
	e.cpu = (int)READ_ONCE(task->cpu);
	e.verdict = verdict;
	e.reason = reason;
	e.addr = addr;
	e.depth = n < KLP_STACK_DEPTH ? n : KLP_STACK_DEPTH;
	for (unsigned i = 0; i < KLP_STACK_DEPTH; i++)
		((volatile unsigned long *)e.stack)[i] = i < n ? stack[i] : 0;
	trace_write(&TRACE_POINT(klp_look), &e, sizeof(e));
}

/* ---- changes of text -------------------------------------------------------------------- */

#define ROUND(F, A, T)	F(T, unsigned long, callsite) F(T, int, end)
TRACE_RECORD(klp_round, ROUND);
TRACE_EVENT(livepatch, klp_round, klp_round, ROUND,
	    "\"%s by=%pS\", __print_symbolic(REC->end, { 0, \"begin\" }, { 1, \"end\" }), "
	    "(void *)REC->callsite");

notrace void trace_klp_round(unsigned long callsite, bool end)
{
	struct trace_data_klp_round e = { callsite, end };

	trace_write(&TRACE_POINT(klp_round), &e, sizeof(e));
}

#define SLOTS(F, A, T)	F(T, unsigned int, slots) F(T, int, end)
TRACE_RECORD(klp_slots, SLOTS);
TRACE_EVENT(livepatch, klp_slots, klp_slots, SLOTS,
	    "\"%s slots=%u\", __print_symbolic(REC->end, { 0, \"begin\" }, { 1, \"end\" }), "
	    "REC->slots");

notrace void trace_klp_slots(unsigned n, bool end)
{
	struct trace_data_klp_slots e = { n, end };

	trace_write(&TRACE_POINT(klp_slots), &e, sizeof(e));
}

#define BARRIER(F, A, T)	F(T, char, letter)
TRACE_RECORD(klp_barrier, BARRIER);
TRACE_EVENT(livepatch, klp_barrier, klp_barrier, BARRIER, "\"barrier=%c\", REC->letter");

notrace void trace_klp_barrier(char letter)
{
	struct trace_data_klp_barrier e = { letter };

	trace_write(&TRACE_POINT(klp_barrier), &e, sizeof(e));
}

#define CALLBACK(F, A, T) \
	A(T, char, which, 16) F(T, int, end) F(T, int, result) A(T, char, object, 56)
TRACE_RECORD(klp_callback, CALLBACK);
TRACE_EVENT(livepatch, klp_callback, klp_callback, CALLBACK,
	    "\"%s callback=%s object=%s result=%d\", __print_symbolic(REC->end, { 0, \"begin\" }, "
	    "{ 1, \"end\" }), REC->which, REC->object, REC->result");

void trace_klp_callback(const char *object, const char *which, bool end, int result)
{
	struct trace_data_klp_callback e = { .end = end, .result = result };

	trace_copy(e.which, which, sizeof(e.which));
	trace_copy(e.object, object, sizeof(e.object));
	trace_write(&TRACE_POINT(klp_callback), &e, sizeof(e));
}
