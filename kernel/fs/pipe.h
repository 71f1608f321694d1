/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring behind pipes (pipe.c) and FIFOs (fifo.c). */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <neurath/file.h>
#include <neurath/list.h>

#define PIPE_SIZE	65536u		/* a power of two */
#define PIPE_BUF	4096u

/*
 * Legend: (l) lock, (f) fifo_mutex, (!) constant; reads of (l) without it are racy and
 * repeated under it.
 */
struct pipe {
	struct mutex lock;
	atomic_t refs;			/* open ends, and opens in progress */
	u32 head, tail;			/* (l) bytes ever written, read (modulo 2^32) */
	unsigned readers, writers;	/* (l) open descriptions */
	unsigned reads, writes;		/* (l) times that it was opened for reading, for writing */
	struct wait_queue_head wait;	/* readers, writers, openers and pollers */
	u64 ino;			/* (!) */
	u8 *data;			/* (l) PIPE_SIZE bytes */
	/* FIFOs only: the node that names it. */
	struct list_head fifo_node;	/* (f) empty = a plain pipe */
	u64 fifo_port;			/* (!) */
	umode_t fifo_mode;		/* (!) */
};

struct pipe *pipe_alloc(void);		/* one reference; NULL = no memory */
void pipe_free(struct pipe *p);
/* Makes @f, not open yet, an end of @p by its access mode; takes over a reference on @p. */
void pipe_attach(struct pipe *p, struct file *f);

/* fifo.c: the reference is gone; frees @p with the last one. */
void pipe_put(struct pipe *p);
/*
 * Makes @f, not open yet, an end of the FIFO (@port_id, @node); waits for the other
 * side as O_NONBLOCK and its access mode say.  0, -ENXIO, -ENOMEM, -ERESTARTSYS.
 */
int fifo_open(u64 port_id, u64 node, umode_t mode, struct file *f);

#endif
