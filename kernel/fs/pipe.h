/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring of pipes (pipe.c) and FIFOs (fifo.c). */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <neurath/file.h>
#include <neurath/list.h>

#define PIPE_BUF	4096u

/*
 * Legend: (l) lock, (f) fifo_mutex, (!) constant.  A read of (l) without the lock may be out of
 * date and is repeated under it.
 */
struct pipe {
	struct mutex lock;
	atomic_t refs;			/* open ends, and opens in progress */
	u32 size;	/* (l) size of the ring in bytes: a power of two, whole pages */
	u32 head, tail;			/* (l) bytes ever written, read (modulo 2^32) */
	unsigned readers, writers;	/* (l) open descriptions */
	unsigned reads, writes;		/* (l) how often it was opened for reading, for writing */
	struct wait_queue_head wait;	/* readers, writers, openers and pollers */
	u64 ino;			/* (!) */
	u8 *data;			/* (l) the ring */
	struct user *user;	/* (!) its creator, who is charged for the ring; with a reference */
	/* FIFOs only: the node that names the pipe. */
	struct list_head fifo_node;	/* (f) empty = a plain pipe */
	u64 fifo_port;			/* (!) */
	umode_t fifo_mode;		/* (!) */
};

/* *@out gets one reference: 0, -ENOMEM, -ENFILE (hard limit of current's user). (task) */
int pipe_alloc(struct pipe **out);
void pipe_free(struct pipe *p);
/* Makes @f, not open yet, an end of @p by its access mode; consumes a reference on @p. */
void pipe_attach(struct pipe *p, struct file *f);
/*
 * The bytes that the pipe of @f takes at once, > 0: 1 if it has no reader, so that a write finds
 * that out.  Waits for room if @wait and @f may: else -EAGAIN; -ERESTARTSYS.  Racy. (task; none)
 */
ssize_t pipe_wait_room(struct file *f, bool wait);

/* pipe_size.c: sets ring and user of a new, zeroed pipe: 0, -ENOMEM, -ENFILE. (task) */
int pipe_init_ring(struct pipe *p);
void pipe_free_ring(struct pipe *p);

/* fifo.c: drops the reference; the last one frees @p. */
void pipe_put(struct pipe *p);
/*
 * Makes @f, not open yet, an end of the FIFO (@port_id, @node).  Waits for the other side
 * according to O_NONBLOCK and the access mode. 0, -ENXIO, -ENOMEM, -ERESTARTSYS.
 */
int fifo_open(u64 port_id, u64 node, umode_t mode, struct file *f);

#endif
