/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports: synchronous calls of tasks to user-space servers.  kernel/ipc owns it;
 * docs/ipc.md is the specification.
 *
 * A call is embedded in its task (one object, allocated with it), so making one
 * allocates nothing and cannot fail for memory.  The kernel completes each call
 * exactly once.  State table of a call (all changes under port->lock):
 *
 *	IDLE   -> ACTIVE	the client, in call_server(), if a server thread waits for it
 *	IDLE   -> QUEUED	else
 *	QUEUED -> ACTIVE	a server thread receives it
 *	QUEUED -> DONE		signal or kick (-ERESTART...), port death (-EIO)
 *	ACTIVE -> DONE		the reply; port death (-EIO); fatal signal (the tag dies)
 *	ACTIVE -> QUEUED	the server died, its port waits for the next one
 *	DONE   -> IDLE		the client picks up the result
 *
 * While call->pins is not 0 a server thread is copying to or from the client: a call
 * that has to end then is marked CALL_ABORTED and ends when the copy does.
 */
#ifndef NEURATH_PORT_H
#define NEURATH_PORT_H

#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <neurath/workqueue.h>
#include <uapi/port.h>

struct file;

enum call_state { CALL_IDLE, CALL_QUEUED, CALL_ACTIVE, CALL_DONE };

#define PORT_HASH	16
/* Answers up to this length go by the call object instead of the client's pages. */
#define CALL_SMALL	sizeof(struct port_attr)

/* Legend: (p) port->lock, (@) the calling task, (!) constant, (l) port_list_mutex. */
struct port {
	spinlock_t lock;
	atomic_t refs;
	u64 id;				/* (!) never reused, not 0 */
	/*
	 * (p) Compared only, never followed.  NULL = vacant: the server died, but the port
	 * has PORT_REATTACH and is mounted, so everything waits for the next one.  Between the
	 * two, while its interrupts are released, it is nobody's.
	 */
	struct process *owner;
	struct file *owner_file;	/* (p) compared only: the owner's descriptor */
	unsigned mounts;		/* (p) places in the mount table that lead here */
	char owner_comm[TASK_COMM_LEN];	/* (!) for /proc/mounts and reports */
	unsigned flags;			/* (!) PORT_CANCEL_OK, PORT_TTY ... */
	unsigned level;			/* (!) a server may only call ports of lower level */
	bool dead;			/* (p) for ever once set */
	struct list_head all_node;	/* (l) */
	struct list_head notes;		/* (p) struct port_note_node; served before calls */
	struct list_head calls;		/* (p) QUEUED, FIFO */
	struct list_head active[PORT_HASH];	/* (p) ACTIVE, by tag */
	struct list_head receivers;	/* (p) struct port_receiver: idle threads of the server */
	struct list_head files;		/* (p) struct port_file: open files with readiness */
	struct port_irq *irqs[8];	/* (p) lines and messages it owns: note.c */
	u64 irq_bits;			/* (p) */
	struct port_note_node *irq_note;	/* (!) allocated with the first line */
	struct vmobject *memory;	/* (p) set once: what the server keeps here, or NULL */
	struct work_struct free_work;	/* frees it, after the last reference */
};

struct port_note_node {
	struct list_head node;		/* (p) */
	struct port_note note;		/* (p) */
	bool queued;			/* (p) */
	/*
	 * The object it is part of has no other owner any more: it is freed when the
	 * server has the note or never will.
	 */
	bool owns;			/* (p) */
	void (*free)(struct port_note_node *n);	/* (!) without locks (task) */
};

/* An open file of a server: what the port needs to know of it. */
struct port_file {
	struct port *port;		/* (!) with a reference */
	u64 handle;			/* (!) */
	struct list_head node;		/* (p) port->files */
	u32 ready;			/* (p) POLL bits; read racily by poll */
	struct file *file;		/* (!) while attached: to wake pollers */
	struct port_note_node close;	/* (p) preallocated: closing cannot fail */
	struct port_attr attr;		/* (!) as opened: node and type are used */
	u64 tty;			/* (!) id of the terminal, or 0 */
};

struct call {
	struct task *task;		/* (!) */
	struct port *port;		/* (p) valid unless IDLE; the caller holds a reference */
	enum call_state state;		/* (p) read racily by its own task */
	unsigned flags;			/* (p) CALL_ */
	/*
	 * (p) read racily by its own task: the state to sleep in.  After a cancel, and on
	 * ports without it, only death wakes it.
	 */
	unsigned wait_state;
	unsigned pins;			/* (p) copies in progress by the server */
	struct list_head node;		/* (p) port->calls or port->active */
	struct port_request req;	/* (@) until QUEUED, then constant until DONE */
	struct iobuf in, out;		/* leases, as req */
	struct mm *mm;			/* as req: address space of user leases */
	struct port_file *file;		/* as req: whose readiness the reply carries; may be NULL */
	s64 status;			/* (p) */
	u64 aux;			/* (p) */
	u32 moved;			/* (p) bytes known to be in the out lease, or in small */
	u32 small_len;			/* (p) bytes that the client itself takes from: */
	u64 small[CALL_SMALL / sizeof(u64)];	/* (p) the data of a short answer */
	/* (p) when to report a server that does not react; 0 = never */
	u64 report_ns;
	struct port_note_node cancel;	/* (p) preallocated: cancelling cannot fail */
	u64 cancelled_ns;		/* (p) since when, if CALL_CANCEL_SENT */
	struct port *cancel_port;	/* (@) reference while a GONE note may be queued */
};
#define CALL_CANCEL_SENT	1
#define CALL_ABORTED		2	/* ends with status as soon as pins is 0 */
#define CALL_ORPHANED		4	/* a server died while it had this call: once is forgiven */
#define CALL_LET_GO		8	/* nobody else touches it after DONE: call_finish() */

struct call_result {
	s64 status;
	u64 aux;
	u32 moved;
};

/* Internal flag of a request: check with the caller's real ids (access(2)). */
#define PORT_REQ_REAL_IDS	0x8000

/* What a call is about; what is not said is 0 or none. */
struct call_request {
	u16 op;				/* PORT_ */
	u16 flags;			/* PORT_REQ_ */
	u64 handle;
	u64 arg[4];
	const struct iobuf *in, *out;	/* leases of at most PORT_IO_MAX bytes */
	struct port_file *file;		/* whose readiness the answer carries */
};

/*
 * The one way to call a server.  0 with *res filled (res->status is the server's answer,
 * never -EINTR); -EIO (port died), -EDEADLK (level rule), -EFAULT, or an -ERESTART code
 * (signal or kick; nothing happened).  The caller holds a reference on @port. (task)
 */
int call_server(struct port *port, const struct call_request *req, struct call_result *res);

/* Called by task allocation and freeing. */
int call_init_task(struct task *task);		/* 0, -ENOMEM */
void call_free_task(struct task *task);		/* (any but NMI) */
/* The process dies: its ports die, all their calls end with -EIO, or they wait. (task) */
void ports_of_process_died(struct process *p);

/* A port without owner. NULL = no memory. */
struct port *port_create(unsigned flags, unsigned level);
/*
 * @p, by its descriptor @f, is the server from now on.  -EBUSY: somebody else is;
 * -EIO: the port is dead.
 */
int port_set_owner(struct port *port, struct process *p, struct file *f);
/*
 * The server behind descriptor @f is gone (NULL: its process is): the port dies or
 * becomes vacant.  Nothing if the port is somebody else's by now. (task)
 */
void port_owner_gone(struct port *port, const struct process *p, const struct file *f);
/*
 * A place in the mount table leads to @port; does so no longer: a vacant port dies with the
 * last.
 */
void port_mounted(struct port *port);
void port_unmounted(struct port *port);
void port_get(struct port *port);
void port_put(struct port *port);	/* (any but NMI) */
/* Everything that waits for the port ends with -EIO; nothing new begins. (task) */
void port_die(struct port *port);

/* uid 0: requests for @path and below come to @port.  -EBUSY, -ENOMEM. (kernel/fs/mount.c) */
int mount_add_port(char *path, struct port *port, u64 root);
/* The port mounted at exactly @path, with a reference; or NULL. */
struct port *mount_port_at(char *path);
/* The name of terminal @node of @port in the session code (signal.h); never 0. */
u64 tty_id(const struct port *port, u64 node);

/* An open file comes into being with OPEN's answer, and ends with its note. (task) */
/* NULL = no memory */
struct port_file *port_file_alloc(struct port *port, struct file *file);
bool port_file_is_open(struct port_file *pf);	/* the server has said yes: must be closed */
void port_file_close(struct port_file *pf);	/* cannot fail or block; frees it sooner or later */
void port_file_free(struct port_file *pf);	/* one that was never attached */

#endif
