/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server library: one event loop, a table of handlers, parked requests.
 *
 * A server fills a struct srv, calls srv_start() and srv_run().  For each request the loop calls
 * the handler of its op.  The handler's result is the answer, which is sent together with the
 * next receive.  A handler that cannot answer yet parks the request in a queue of the server
 * (srv_park) and returns SRV_PARKED; srv_answer() completes it later.  Each request gets exactly
 * one answer; the library ensures this also for cancelled requests.  A handler must not wait.
 *
 * One thread: nothing is locked here. docs/servers.md is the tutorial.
 */
#ifndef LIB_SRV_H
#define LIB_SRV_H

#include <stdbool.h>
#include <neurath.h>

#define SRV_PARKED	INT64_MIN
#define SRV_NEVER	INT64_MAX
#define SRV_OPS		32
#define SRV_PATH_MAX	4096

struct srv;

/* Returns the status of the answer, or SRV_PARKED.  *@reply (initially zero) gets data and aux. */
typedef int64_t srv_handler(struct srv *srv, const struct port_request *req,
			    struct port_reply *reply);

/* A request that waits in a queue, in order of arrival. */
struct srv_parked {
	struct srv_parked *next;
	struct srv_queue *queue;
	struct port_request req;
	uint64_t done;			/* bytes already moved: a cancel must report them */
};

struct srv_queue {
	struct srv_parked *first;
	struct srv_queue *next_queue;	/* all queues of the server, for cancels */
	bool known;
};

struct srv {
	const char *name;		/* for messages */
	bool single_file;		/* the mount point is a file, with nothing below it */
	long port;
	srv_handler *op[SRV_OPS];	/* by PORT_OPEN, ...; NULL: -EOPNOTSUPP */
	void (*close)(struct srv *srv, uint64_t handle);
	void (*irq)(struct srv *srv, uint64_t bits);
	/* POLL bits of @handle now; without this function every handle is always ready. */
	unsigned (*ready)(struct srv *srv, uint64_t handle);
	/* Called once srv_clock() has reached @deadline; tick() must set a new deadline. */
	void (*tick)(struct srv *srv);
	int64_t deadline;		/* SRV_NEVER: no tick */
	/*
	 * The caller of a request that the server keeps outside of queues must return: true if
	 * the server knows @tag and will answer it (PORT_CANCEL_GONE: without an answer).
	 */
	bool (*cancel)(struct srv *srv, uint64_t tag, unsigned reason);
	/* Called after each message, before its answer goes out. */
	void (*after)(struct srv *srv);
	struct srv_queue *queues;
	void *data;			/* owned by the server */
};

/* Creates the port. 0 or -errno. @flags as port_create(). */
int srv_start(struct srv *srv, unsigned flags, unsigned level);
/*
 * The same for a server with PORT_REATTACH that mounts at @path.  If an earlier server died
 * there, this one takes its port over, with mounts, open files, memory and waiting calls. 1 in
 * that case, 0 if the port is new, or -errno.
 */
int srv_take_over(struct srv *srv, const char *path, unsigned flags, unsigned level);
/*
 * Maps the memory of the port at @addr: its contents outlive the process.  Zero in a new port. 0
 * or -errno.
 */
int srv_memory(struct srv *srv, void *addr, size_t size);
/* Serves @path from now on: path requests carry @root as their handle. 0 or -errno. */
int srv_mount(struct srv *srv, const char *path, uint64_t root);
/* Tells init that clients may start.  Once, after the mounts. */
void srv_started(void);
/* The event loop; returns -errno only when the port is unusable. */
int srv_run(struct srv *srv);
/* One round of the loop, with the answer to the previous message: for tests. */
int srv_round(struct srv *srv, struct port_reply *pending);

int64_t srv_park(struct srv *srv, struct srv_queue *queue, const struct port_request *req,
		 uint64_t done);
/* Answers and drops a parked request.  @data may be NULL. */
void srv_answer(struct srv *srv, struct srv_parked *parked, int64_t status, const void *data,
		uint32_t len);
/* Reports the present result of ops->ready() to poll(2). */
void srv_push_ready(struct srv *srv, uint64_t handle);

/* Copies all input of the caller into @buf: bytes, -EMSGSIZE if more than @size, or -errno. */
int64_t srv_input(struct srv *srv, const struct port_request *req, void *buf, size_t size);
/* The input, which is a path, as a string; returns its length, or -ENAMETOOLONG, -errno. */
int64_t srv_path(struct srv *srv, const struct port_request *req, char path[SRV_PATH_MAX]);
/* Copies bytes [off, off + len) of the input into @buf; all of them: 0, or -errno. */
int srv_fetch(struct srv *srv, const struct port_request *req, uint64_t off, void *buf, size_t len);

static inline bool srv_by_path(const struct port_request *req)
{
	return req->flags & PORT_REQ_PATH;
}

/* The mode and the owners of a file. */
struct srv_rights {
	uint32_t mode, uid, gid;
};

/* True if the caller is in group @gid; for supplementary groups it asks the kernel. */
bool srv_in_group(const struct srv *srv, const struct port_request *req, uint32_t gid);
/* Checks @want (4 read, 2 write, 1 execute or search) for @file. 0 or -EACCES. */
int srv_access(const struct srv *srv, const struct port_request *req,
	       const struct srv_rights *file, unsigned want);
/* The rights that an open with these O_ flags needs. */
unsigned srv_open_wants(unsigned flags);

/* Data of the answer: valid until the next message is received. Returns @status. */
static inline int64_t srv_data(struct port_reply *reply, int64_t status, const void *data,
			       size_t len)
{
	reply->data = (uintptr_t)data;
	reply->len = len;
	return status;
}

/* printf to the kernel log, with the server's name. */
void srv_log(const struct srv *srv, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* CLOCK_REALTIME and CLOCK_MONOTONIC in ns. */
int64_t srv_now(void);
int64_t srv_clock(void);

#endif
