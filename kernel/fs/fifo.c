/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FIFOs: pipes with a name in the file system of a server.  The server keeps the name and the
 * permissions; the kernel keeps the ring.  The ring is found by (port, node) while the FIFO is
 * open or being opened.
 *
 * fifo_mutex protects the list and the last step of a pipe's life.  It is taken before
 * pipe->lock, and not held during the wait for the other side.
 */
#include <neurath/bug.h>
#include <neurath/sched.h>
#include "fs_internal.h"
#include "pipe.h"

static DEFINE_MUTEX_RANK(fifo_mutex, RANK_FIFO);
static LIST_HEAD(fifo_list);

void pipe_put(struct pipe *p)
{
	bool last;

	mutex_lock(&fifo_mutex);
	last = atomic_dec_and_test(&p->refs);
	if (last)
		list_del_init(&p->fifo_node);
	mutex_unlock(&fifo_mutex);
	if (last)
		pipe_free(p);
}

/* The pipe with a reference, or NULL.  Caller holds fifo_mutex. */
static struct pipe *fifo_find(u64 port_id, u64 node)
{
	struct pipe *p;

	assert_mutex_held(&fifo_mutex);
	list_for_each_entry(p, &fifo_list, fifo_node) {
		if (p->fifo_port == port_id && p->ino == node) {
			atomic_inc(&p->refs);
			return p;
		}
	}
	return NULL;
}

/* The pipe with a reference; NULL = no memory, or over the limit of pipes, as on Linux. */
static struct pipe *fifo_get(u64 port_id, u64 node, umode_t mode)
{
	struct pipe *p;

	mutex_lock(&fifo_mutex);
	p = fifo_find(port_id, node);
	if (!p) {
		if (!pipe_alloc(&p)) {
			p->fifo_port = port_id;
			p->fifo_mode = mode;
			p->ino = node;
			list_add(&p->fifo_node, &fifo_list);
		}
	}
	mutex_unlock(&fifo_mutex);
	return p;
}

/*
 * Waits until the other side has been opened since @seen, the count of its opens.  An open that
 * was closed again in the meantime counts, too.
 */
static int fifo_wait_other_side(struct pipe *p, const unsigned *ends, const unsigned *opens,
				unsigned seen)
{
	if (READ_ONCE(*ends))
		return 0;
	return wait_event_interruptible(p->wait, READ_ONCE(*ends) || READ_ONCE(*opens) != seen);
}

static int fifo_wait(struct pipe *p, const struct file *f, unsigned reads, unsigned writes)
{
	if (file_may_read(f) && file_may_write(f))
		return 0;
	if (file_may_read(f))
		return f->flags & O_NONBLOCK ? 0 :
		       fifo_wait_other_side(p, &p->writers, &p->writes, writes);
	if (f->flags & O_NONBLOCK)
		return READ_ONCE(p->readers) ? 0 : -ENXIO;
	return fifo_wait_other_side(p, &p->readers, &p->reads, reads);
}

int fifo_open(u64 port_id, u64 node, umode_t mode, struct file *f)
{
	struct pipe *p = fifo_get(port_id, node, mode);
	unsigned reads, writes;

	if (!p)
		return -ENOMEM;
	reads = READ_ONCE(p->reads);
	writes = READ_ONCE(p->writes);
	pipe_attach(p, f);
	/* On failure the caller closes @f, which is a complete end of the pipe here. */
	return fifo_wait(p, f, reads, writes);
}
