/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports: synchronous calls of tasks to user-space servers; kernel/ipc implements them.
 * docs/ipc.md is the specification.
 *
 * A call is embedded in its task (one object, allocated with it), so making a call allocates
 * nothing and cannot fail for lack of memory.  The kernel completes each call exactly once.
 * State table of a call (all changes under port->lock):
 *
 *	IDLE   -> ACTIVE	the client, in call_server(), if a server thread waits for it
 *	IDLE   -> QUEUED	else
 *	QUEUED -> ACTIVE	a server thread receives it
 *	QUEUED -> DONE		kick, death, signal while vacant (-ERESTART...); port death (-EIO)
 *	ACTIVE -> DONE		the reply; port death (-EIO); fatal signal (the tag dies)
 *	ACTIVE -> QUEUED	the server died, its port waits for the next server
 *	DONE   -> IDLE		the client picks up the result
 *
 * While call->pins is not 0 a server thread copies to or from the client: if the call has to end
 * then, it is marked CALL_ABORTED and ends with the copy.
 */
#ifndef NEURATH_PORT_H
#define NEURATH_PORT_H

#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <neurath/workqueue.h>
#include <neurath/write_claim.h>
#include <uapi/fcntl.h>
#include <uapi/port.h>

struct file;

enum call_state { CALL_IDLE, CALL_QUEUED, CALL_ACTIVE, CALL_DONE };

#define PORT_HASH	16
#define PORT_LOST_TAGS	4	/* at least the calls that a stable server works on at once */
/* Answers up to this length pass through the call object instead of the client's pages. */
#define CALL_SMALL	sizeof(struct port_attr)

/* Legend: (p) port->lock, (@) the calling task, (!) constant, (l) port_list_mutex. */
struct port {
	spinlock_t lock;
	atomic_t refs;
	u64 id;				/* (!) never reused, not 0 */
	/*
	 * (p) Only compared.  NULL = vacant: the server died, but the port has PORT_REATTACH and
	 * is mounted, so clients wait for the next server.  In between, while its interrupts are
	 * released, the value is PORT_LEAVING.
	 */
	struct process *owner;
	struct file *owner_file;	/* (p) only compared: the owner's descriptor */
	unsigned mounts;		/* (p) entries of the mount table that lead here */
	char owner_comm[TASK_COMM_LEN];	/* (!) for /proc/mounts and reports */
	unsigned flags;			/* (!) PORT_CANCEL_OK, PORT_TTY ... */
	unsigned active_state;		/* (!) sleeping state of its clients: port_active_state() */
	unsigned level;			/* (!) a server may only call ports of lower level */
	bool dead;			/* (p) set once */
	bool traced;			/* (p) its calls are recorded: kernel/ipc/trace.c */
	struct list_head all_node;	/* (l) */
	struct list_head notes;		/* (p) struct port_note_node; served before calls */
	struct list_head calls;		/* (p) QUEUED, FIFO */
	struct list_head active[PORT_HASH];	/* (p) ACTIVE, by tag */
	struct list_head receivers;	/* (p) struct port_receiver: idle threads of the server */
	struct list_head files;		/* (p) struct port_file: open files with readiness */
	struct port_irq *irqs[8];	/* (p) lines and messages it owns: note.c */
	u64 irq_bits;			/* (p) */
	struct port_note_node *irq_note;	/* (!) allocated with the first line */
	u64 changes;			/* (p) requests for a change so far; read racily */
	unsigned changing;		/* (p) of them, those that the server may still carry out */
	unsigned lost;			/* (p) the same of clients that were killed: changes.c */
	u64 lost_tags[PORT_LOST_TAGS];	/* (p) theirs; 0 = none */
	/* (p) set once: memory that the server keeps here, or NULL */
	struct vmobject *memory;
	struct work_struct free_work;	/* frees it, after the last reference */
};

struct port_note_node {
	struct list_head node;		/* (p) */
	struct port_note note;		/* (p) */
	bool queued;			/* (p) */
	/*
	 * The object that contains it has no other owner any more: it is freed when the server
	 * has received the note, or when no server will.
	 */
	bool owns;			/* (p) */
	void (*free)(struct port_note_node *n);	/* (!) without locks (task) */
};

/* An open file of a server: the data that the port needs. */
struct port_file {
	struct port *port;		/* (!) with a reference */
	u64 handle;			/* (!) */
	struct list_head node;		/* (p) port->files */
	u32 ready;			/* (p) POLL bits; read racily by poll */
	struct file *file;		/* (!) while attached: to wake pollers */
	struct port_note_node close;	/* (p) preallocated: closing cannot fail */
	struct port_attr attr;		/* (!) at open: node and type are used */
	u64 tty;			/* (!) id of the terminal, or 0 */
	struct kept *kept;		/* set once: answers that are kept (kernel/fs/kept.c) */
	struct write_claim claim;	/* held from open to close */
};

struct call {
	struct task *task;		/* (!) */
	struct port *port;		/* (p) valid unless IDLE; the caller holds a reference */
	enum call_state state;		/* (p) read racily by its own task */
	unsigned flags;			/* (p) CALL_ */
	/*
	 * (p) read without the lock by its own task: the sleeping state.  After a cancel, and on
	 * ports without cancel, only a fatal signal wakes it.
	 */
	unsigned wait_state;
	unsigned pins;			/* (p) copies in progress by the server */
	struct list_head node;		/* (p) port->calls or port->active */
	struct port_request req;	/* (@) until QUEUED, then constant until DONE */
	struct iobuf in, out;		/* leases, as req */
	struct mm *mm;			/* as req: address space of user leases */
	struct port_file *file;		/* as req: the reply sets its readiness; may be NULL */
	s64 status;			/* (p) */
	u64 aux;			/* (p) */
	u32 moved;			/* (p) bytes known to be in the out lease, or in small */
	u32 small_len;			/* (p) bytes that the client itself copies from: */
	u64 small[CALL_SMALL / sizeof(u64)];	/* (p) the data of a short answer */
	/* (p) when to report a server that does not respond; 0 = never */
	u64 report_ns;
	struct port_note_node cancel;	/* (p) preallocated: cancelling cannot fail */
	u64 cancelled_ns;		/* (p) time of the cancel, if CALL_CANCEL_SENT */
	struct port *cancel_port;	/* (@) reference while a GONE note may be queued */
};
#define CALL_CANCEL_SENT	1
#define CALL_ABORTED		2	/* ends with status as soon as pins is 0 */
#define CALL_ORPHANED		4	/* a server died while it had this call: allowed once */
#define CALL_LET_GO		8	/* no other thread accesses it after DONE: call_finish() */
#define CALL_CHANGES		16	/* counted in port->changing */
#define CALL_SIGNALLED		32	/* QUEUED: a signal waits until a server receives it */

/* True if @t waits for a server's answer, with its call on a port. (racy) */
static inline bool call_in_progress(const struct task *t)
{
	return t->call && READ_ONCE(t->call->state) != CALL_IDLE;
}

struct call_result {
	s64 status;
	u64 aux;
	u32 moved;
};

/* Internal flag of a request: check with the caller's real ids (access(2)). */
#define PORT_REQ_REAL_IDS	0x8000
/* Internal flag: it may change what others are told; with PORT_STABLE each such request has it. */
#define PORT_REQ_CHANGES	0x4000

/* The contents of a call; omitted fields are 0 or none. */
struct call_request {
	u16 op;				/* PORT_ */
	u16 flags;			/* PORT_REQ_ */
	u64 handle;
	u64 arg[4];
	const struct iobuf *in, *out;	/* leases of at most PORT_IO_MAX bytes */
	struct port_file *file;		/* the answer sets its readiness */
};

/*
 * The only way to call a server. 0 with *res filled (res->status is the server's answer, but not
 * -EINTR); -EIO (port died), -EDEADLK (level rule), -EFAULT, or an -ERESTART code (signal or
 * kick; nothing happened).  The caller holds a reference on @port. (task)
 */
int call_server(struct port *port, const struct call_request *req, struct call_result *res);


/* Whether a request may change what others are told; @arg0 as in PORT_OPS. */
static __always_inline bool port_op_changes(u16 op, u64 arg0)
{
	const unsigned never = 1U << PORT_READ | 1U << PORT_STAT | 1U << PORT_READDIR |
			       1U << PORT_READLINK | 1U << PORT_SYNC | 1U << PORT_STATFS;

	return op == PORT_OPEN ? arg0 & O_CREAT : !(never >> op & 1);
}

/*
 * kernel/ipc/changes.c: answers that are kept.  port_stable_since(), before a request that changes
 * nothing: a number, or 0.  As long as port_unchanged_since() that number, its answer is what the
 * server would say now.  A number that is not 0 (task; any)
 */
u64 port_stable_since(struct port *port);
static inline bool port_unchanged_since(const struct port *port, u64 since)
{
	/* Acquire: pairs with the release in port_change_begins(). */
	return smp_load_acquire(&port->changes) == since;
}

/* A port without owner. NULL = no memory. */
struct port *port_create(unsigned flags, unsigned level);
/*
 * Makes @p the server, by its descriptor @f. -EBUSY: the port has another server; -EIO: the port
 * is dead.
 */
int port_set_owner(struct port *port, struct process *p, struct file *f);
/*
 * The server of descriptor @f is gone (NULL: its process is): the port dies or becomes vacant.
 * No effect if the port has another server by now. (task)
 */
void port_owner_gone(struct port *port, const struct process *p, const struct file *f);
/*
 * port_mounted(): one more entry of the mount table leads to @port.  port_unmounted(): one
 * fewer.  A vacant port dies with its last entry.
 */
void port_mounted(struct port *port);
void port_unmounted(struct port *port);
void port_get(struct port *port);
void port_put(struct port *port);	/* (any but NMI) */
/* Ends every wait for the port with -EIO; no new one begins. (task) */
void port_die(struct port *port);

/* uid 0: directs requests for @path and below to @port. -EBUSY, -ENOMEM. (kernel/fs/mount.c) */
int mount_add_port(char *path, struct port *port, u64 root);
/* The port mounted at exactly @path, with a reference; or NULL. */
struct port *mount_port_at(char *path);
/* The name of terminal @node of @port in the session code (signal.h); never 0. */
u64 tty_id(const struct port *port, u64 node);

/* An open file begins with OPEN's answer, and ends with its note. (task) */
/* NULL = no memory */
struct port_file *port_file_alloc(struct port *port, struct file *file);
/*
 * Signals do not interrupt requests that the server has received, so they do not interrupt a
 * transfer of many requests either.
 */
static inline bool port_holds_signals(const struct port *port)
{
	return port->active_state != TASK_INTERRUPTIBLE;
}
/* the server has accepted the OPEN: the file must be closed */
bool port_file_is_open(struct port_file *pf);
void port_file_close(struct port_file *pf);	/* cannot fail or block; frees it now or later */
void port_file_free(struct port_file *pf);	/* for a file that was not attached */

#endif
