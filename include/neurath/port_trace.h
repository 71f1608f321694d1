/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records for srvtrace(1): finished calls of the ports that are traced. */
#ifndef NEURATH_PORT_TRACE_H
#define NEURATH_PORT_TRACE_H

#include <neurath/port.h>
#include <neurath/wait.h>

#define PORT_TRACE_INPUT	64

struct port_trace_record {
	u64 number;			/* from 0, for all ports */
	u64 port, since_ns, duration_ns;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	unsigned op, flags;
	u64 handle, arg[2];
	u32 in_len, out_len, moved;
	int error;			/* 0, or the error instead of a status */
	s64 status;
	u64 aux;
	u8 input[PORT_TRACE_INPUT];	/* the beginning, if it was in the request */
};

extern struct wait_queue_head port_trace_wait;	/* woken for each record */

/* For call_server(): current's call @c has ended. (task) */
void port_trace_note(u64 port, const struct call *c, u64 since_ns, int error,
		     const struct call_result *res);
/* Reads the first record from *@number on, and sets *@number behind it; false: none yet. */
bool port_trace_read(u64 *number, struct port_trace_record *out);
u64 port_trace_end(void);		/* number of the next record */
/* Turns tracing of port @id on or off. -ENOENT. (task) */
int port_trace_set(u64 id, bool on);

#endif
