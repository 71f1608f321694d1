/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of signals, kicks, and calls to servers. */
#include <neurath/task.h>
#include "internal.h"

/* ---- signals ---------------------------------------------------------------------------- */

#define GENERATE(F, A, T) \
	F(T, int, sig) F(T, int, errno) F(T, int, code) A(T, char, comm, 16) F(T, pid_t, pid) \
	F(T, int, group) F(T, int, result)
TRACE_RECORD(signal_generate, GENERATE);
TRACE_EVENT(signal, signal_generate, signal_generate, GENERATE,
	    "\"sig=%d errno=%d code=%d comm=%s pid=%d grp=%d res=%d\", REC->sig, REC->errno, "
	    "REC->code, REC->comm, REC->pid, REC->group, REC->result");

notrace void trace_signal_generate(int sig, int code, const struct task *task, bool group)
{
	struct trace_data_signal_generate e = {
		.sig = sig, .code = code, .pid = task->pid, .group = group };

	trace_copy(e.comm, task->comm, sizeof(e.comm));
	trace_write(&TRACE_POINT(signal_generate), &e, sizeof(e));
}

#define DELIVER(F, A, T) \
	F(T, int, sig) F(T, int, errno) F(T, int, code) F(T, unsigned long, sa_handler) \
	F(T, unsigned long, sa_flags)
TRACE_RECORD(signal_deliver, DELIVER);
TRACE_EVENT(signal, signal_deliver, signal_deliver, DELIVER,
	    "\"sig=%d errno=%d code=%d sa_handler=%lx sa_flags=%lx\", REC->sig, REC->errno, "
	    "REC->code, REC->sa_handler, REC->sa_flags");

notrace void trace_signal_deliver(int sig, int code, unsigned long handler, unsigned long flags)
{
	struct trace_data_signal_deliver e = {
		.sig = sig, .code = code, .sa_handler = handler, .sa_flags = flags };

	trace_write(&TRACE_POINT(signal_deliver), &e, sizeof(e));
}

#define KICK(F, A, T)	A(T, char, comm, 16) F(T, pid_t, pid)
TRACE_RECORD(task_kick, KICK);
TRACE_EVENT(signal, task_kick, task_kick, KICK, "\"comm=%s pid=%d\", REC->comm, REC->pid");

notrace void trace_task_kick(const struct task *task)
{
	struct trace_data_task_kick e = { .pid = task->pid };

	trace_copy(e.comm, task->comm, sizeof(e.comm));
	trace_write(&TRACE_POINT(task_kick), &e, sizeof(e));
}

/* ---- calls to servers ------------------------------------------------------------------- */

#define CALL(F, A, T) \
	F(T, unsigned long, port) F(T, unsigned long, tag) A(T, char, server, 16) \
	A(T, char, op, 12)
TRACE_RECORD(call_begin, CALL);
TRACE_EVENT(ipc, call_begin, call_begin, CALL,
	    "\"server=%s port=%lu op=%s tag=%lu\", REC->server, REC->port, REC->op, REC->tag");

notrace void trace_call_begin(const char *server, u64 port, const char *op, u64 tag)
{
	struct trace_data_call_begin e = { .port = port, .tag = tag };

	trace_copy(e.server, server, sizeof(e.server));
	trace_copy(e.op, op, sizeof(e.op));
	trace_write(&TRACE_POINT(call_begin), &e, sizeof(e));
}

#define RETURN(F, A, T) \
	F(T, unsigned long, port) F(T, unsigned long, tag) A(T, char, server, 16) \
	A(T, char, op, 12) F(T, int, status) F(T, unsigned long, duration)
TRACE_RECORD(call_end, RETURN);
TRACE_EVENT(ipc, call_end, call_end, RETURN,
	    "\"server=%s port=%lu op=%s tag=%lu status=%d duration=%lu ns\", REC->server, "
	    "REC->port, REC->op, REC->tag, REC->status, REC->duration");

notrace void trace_call_end(const char *server, u64 port, const char *op, u64 tag, u64 begun_ns,
			    long status)
{
	struct trace_data_call_end e = {
		.port = port, .tag = tag, .status = (int)status,
		.duration = begun_ns ? clock_ns() - begun_ns : 0 };

	trace_copy(e.server, server, sizeof(e.server));
	trace_copy(e.op, op, sizeof(e.op));
	trace_write(&TRACE_POINT(call_end), &e, sizeof(e));
}
