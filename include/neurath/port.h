/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports: synchronous calls of tasks to user-space servers.  kernel/ipc owns it;
 * docs/ipc.md is the specification.
 *
 * A call is embedded in its task, so making one allocates nothing and cannot
 * fail for memory.  The kernel completes each call exactly once.  State table
 * of a call (all changes under port->lock):
 *
 *	IDLE   -> QUEUED	the client, in call_server()
 *	QUEUED -> ACTIVE	a server thread receives it
 *	QUEUED -> DONE		signal or kick (-ERESTART...), port death (-EIO)
 *	ACTIVE -> DONE		the reply; port death (-EIO); fatal signal (the tag dies)
 *	DONE   -> IDLE		the client picks up the result; seq grows: the old tag is dead
 */
#ifndef NEURATH_PORT_H
#define NEURATH_PORT_H

#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <uapi/port.h>

enum call_state { CALL_IDLE, CALL_QUEUED, CALL_ACTIVE, CALL_DONE };

/* Legend: (p) port->lock, (@) the calling task, (!) constant. */
struct port {
	spinlock_t lock;
	atomic_t refs;
	u64 id;				/* (!) never reused */
	struct process *owner;		/* (!) */
	unsigned flags;			/* (!) PORT_CANCEL_OK, PORT_REATTACH */
	unsigned level;			/* (!) a server may only call ports of lower level */
	bool dead;			/* (p) */
	struct list_head notes;		/* (p) served before calls */
	struct list_head calls;		/* (p) QUEUED, FIFO */
	struct list_head active;	/* (p) ACTIVE */
	struct wait_queue_head receivers;
	struct list_head files;		/* (p) open files with readiness */
	unsigned long irq_bits;		/* (p) */
	struct port_note_node *irq_note;	/* (p) preallocated */
};

struct port_note_node {
	struct list_head node;		/* (p) */
	struct port_note note;
	bool queued;			/* (p) */
	void *owner;			/* what to release when delivered */
	void (*delivered)(struct port_note_node *n);
};

struct call {
	struct task *task;		/* (!) */
	struct port *port;		/* (p) valid unless IDLE */
	enum call_state state;		/* (p) */
	unsigned flags;			/* (p) CALL_ */
	u64 seq;			/* (p) grows at completion */
	unsigned pins;			/* (p) copies in progress by the server */
	struct list_head node;		/* (p) */
	struct port_request req;	/* (@) until QUEUED, then constant */
	struct iobuf in, out;		/* leases; (@) until QUEUED */
	struct mm *mm;			/* (!) while not IDLE: address space of the leases */
	s64 status;			/* (p) */
	u64 aux;			/* (p) */
	u32 ready;			/* (p) */
	u32 moved;			/* (p) bytes written to the out lease */
	u64 active_since_ns;		/* (p) */
	struct port_note_node cancel;	/* (p) preallocated: cancelling cannot fail */
};
#define CALL_CANCEL_SENT	1
#define CALL_KILLED		2

struct call_result {
	s64 status;
	u64 aux;
	u32 ready;
	u32 moved;
};

/*
 * The one way to call a server.  @op, @handle, @arg in @req; leases in/out.  0 with
 * *res filled (res->status is the server's answer), -EIO (port died), -EDEADLK
 * (level rule), -ERESTARTSYS (signal or kick; nothing happened). (task)
 */
int call_server(struct port *port, struct port_request *req, struct iobuf in, struct iobuf out,
		struct call_result *res);

/* Called by task allocation and freeing. */
int call_init_task(struct task *task);
void call_free_task(struct task *task);
/* The process dies: its ports die, all their calls end with -EIO. (task) */
void ports_of_process_died(struct process *p);
/* An open file was closed: cannot fail or block. */
void port_post_close(struct port *port, struct port_note_node *note, u64 handle);
void port_get(struct port *port);
void port_put(struct port *port);

#endif
