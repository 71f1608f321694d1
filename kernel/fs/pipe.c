/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes: a ring of bytes (pipe_size.c) between two open file descriptions.  Writes of at most
 * PIPE_BUF bytes are all or nothing.  Without readers a write gets SIGPIPE and -EPIPE.  Without
 * writers a read gets end of file.
 *
 * pipe->lock is a mutex: user memory is copied under it.  The counts of readers and writers also
 * change under it.  Sleepers test their condition again under it.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <uapi/ioctl.h>
#include "fs_internal.h"
#include "pipe.h"

static atomic_long_t pipe_next_ino;

static u32 pipe_used(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static u32 pipe_room(const struct pipe *p)
{
	return READ_ONCE(p->size) - pipe_used(p);
}

/* ---- reading -------------------------------------------------------------------- */

/* Moves the available bytes, in at most two pieces.  Caller holds the lock. */
static ssize_t pipe_drain(struct pipe *p, struct iobuf *to)
{
	ssize_t done = 0;

	assert_mutex_held(&p->lock);
	while (to->len && pipe_used(p)) {
		u32 at = p->tail & (p->size - 1);
		ssize_t n = iobuf_put(to, p->data + at, min(pipe_used(p), p->size - at));

		if (n <= 0)
			return done ? done : n;
		p->tail += n;
		done += n;
	}
	return done;
}

static bool pipe_readable(const struct pipe *p)
{
	return pipe_used(p) || !READ_ONCE(p->writers);
}

static ssize_t pipe_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct pipe *p = f->private;
	ssize_t ret = 0;

	if (!to->len)
		return 0;
	for (;;) {
		ret = mutex_lock_interruptible(&p->lock);
		if (ret)
			return ret;
		if (pipe_readable(p))
			break;
		mutex_unlock(&p->lock);
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(p->wait, pipe_readable(p));
		if (ret)
			return ret;
	}
	ret = pipe_drain(p, to);
	mutex_unlock(&p->lock);
	if (ret > 0)
		wake_up_all(&p->wait);
	return ret;
}

/* ---- writing -------------------------------------------------------------------- */

static ssize_t pipe_fill(struct pipe *p, struct iobuf *from)
{
	ssize_t done = 0;

	assert_mutex_held(&p->lock);
	while (from->len && pipe_room(p)) {
		u32 at = p->head & (p->size - 1);
		ssize_t n = iobuf_get(from, p->data + at, min(pipe_room(p), p->size - at));

		if (n <= 0)
			return done ? done : n;
		p->head += n;
		done += n;
	}
	return done;
}

/* True if there is room for @need bytes in one piece, or if there are no readers. */
static bool pipe_writable(const struct pipe *p, u32 need)
{
	return pipe_room(p) >= need || !READ_ONCE(p->readers);
}

ssize_t pipe_wait_room(struct file *f, bool wait)
{
	struct pipe *p = f->private;
	ssize_t error = 0;

	while (!error && !pipe_writable(p, 1)) {
		error = -EAGAIN;
		if (wait && !(f->flags & O_NONBLOCK))
			error = wait_event_interruptible(p->wait, pipe_writable(p, 1));
	}
	return error ? error : max(pipe_room(p), 1U);
}

/* One round: waits for @need bytes of room, then writes as much as fits. */
static ssize_t pipe_write_some(struct file *f, struct iobuf *from, u32 need)
{
	struct pipe *p = f->private;
	ssize_t ret;

	for (;;) {
		ret = mutex_lock_interruptible(&p->lock);
		if (ret)
			return ret;
		if (pipe_writable(p, need))
			break;
		mutex_unlock(&p->lock);
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(p->wait, pipe_writable(p, need));
		if (ret)
			return ret;
	}
	ret = p->readers ? pipe_fill(p, from) : -EPIPE;
	mutex_unlock(&p->lock);
	if (ret > 0)
		wake_up_all(&p->wait);
	return ret;
}

static ssize_t pipe_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	ssize_t done = 0, ret = 0;

	while (from->len) {
		u32 need = done == 0 && from->len <= PIPE_BUF ? from->len : 1;

		ret = pipe_write_some(f, from, need);
		if (ret <= 0)
			break;
		done += ret;
	}
	if (ret == -EPIPE)
		send_signal_task(SIGPIPE, NULL, current);
	return done && !is_restart_code(ret) ? done : ret;
}

/* ---- the rest --------------------------------------------------------------------- */

static unsigned pipe_poll(struct file *f)
{
	const struct pipe *p = f->private;
	unsigned mask = 0;

	if (file_may_read(f))
		mask |= (pipe_used(p) ? POLLIN | POLLRDNORM : 0) |
			(READ_ONCE(p->writers) ? 0 : POLLHUP);
	if (file_may_write(f))
		mask |= (pipe_room(p) >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0) |
			(READ_ONCE(p->readers) ? 0 : POLLERR);
	return mask;
}

static int pipe_stat(struct file *f, struct stat *st)
{
	const struct pipe *p = f->private;

	st->st_mode = S_IFIFO | (p->fifo_port ? p->fifo_mode & 07777 : 0600);
	st->st_ino = p->ino;
	st->st_dev = p->fifo_port ? port_dev(p->fifo_port) : MKDEV(0, 12);
	st->st_uid = current->process->cred.euid;
	st->st_gid = current->process->cred.egid;
	return 0;
}

static long pipe_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	if (cmd != FIONREAD)
		return -ENOTTY;
	return put_user((int)pipe_used(f->private), (int __user *)arg);
}

/* A description was closed: the other side must be notified. */
static void pipe_release(struct file *f)
{
	struct pipe *p = f->private;

	mutex_lock(&p->lock);
	p->readers -= file_may_read(f);
	p->writers -= file_may_write(f);
	mutex_unlock(&p->lock);
	wake_up_all(&p->wait);
	pipe_put(p);
}

static size_t pipe_memory(const struct file *f)
{
	const struct pipe *p = f->private;

	return (sizeof(*p) + READ_ONCE(p->size)) / max(atomic_read(&p->refs), 1);
}

/* One table for all ends: file_read() and file_write() check the access mode. */
static const struct file_ops pipe_ops = {
	.read = pipe_read,
	.write = pipe_write,
	.stat = pipe_stat,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
	.release = pipe_release,
	.memory = pipe_memory,
};

bool file_is_pipe(const struct file *f)
{
	return f->ops == &pipe_ops;
}

/* ---- creation --------------------------------------------------------------------- */

int pipe_alloc(struct pipe **out)
{
	struct pipe *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int error = p ? pipe_init_ring(p) : -ENOMEM;

	if (error) {
		kfree(p);
		return error;
	}
	mutex_init_rank(&p->lock, "pipe", RANK_PIPE);
	init_waitqueue_head(&p->wait);
	INIT_LIST_HEAD(&p->fifo_node);
	p->ino = atomic_long_inc_return(&pipe_next_ino);
	atomic_set(&p->refs, 1);
	*out = p;
	return 0;
}

void pipe_free(struct pipe *p)
{
	assert(!p->readers && !p->writers);
	pipe_free_ring(p);
	kfree(p);
}

void pipe_attach(struct pipe *p, struct file *f)
{
	mutex_lock(&p->lock);
	p->readers += file_may_read(f);
	p->reads += file_may_read(f);
	p->writers += file_may_write(f);
	p->writes += file_may_write(f);
	mutex_unlock(&p->lock);
	f->ops = &pipe_ops;
	f->mode = S_IFIFO;
	f->private = p;
	f->poll_wq = &p->wait;
	wake_up_all(&p->wait);
}

static struct file *pipe_open_end(struct pipe *p, unsigned flags)
{
	char name[32];
	struct file *f;

	snprintf(name, sizeof(name), "pipe:[%lu]", (unsigned long)p->ino);
	f = file_alloc(&pipe_ops, flags, S_IFIFO, name);
	if (!f)
		return NULL;
	atomic_inc(&p->refs);
	pipe_attach(p, f);
	return f;
}

static int pipe_create(unsigned flags, struct file **rd, struct file **wr)
{
	struct pipe *p;
	int error = pipe_alloc(&p);

	if (error)
		return error;
	*rd = pipe_open_end(p, O_RDONLY | flags);
	*wr = *rd ? pipe_open_end(p, O_WRONLY | flags) : NULL;
	if (!*wr) {
		if (*rd)
			file_put(*rd);
		error = -ENOMEM;
	}
	pipe_put(p);
	return error;
}

static long pipe_install(int __user *ufds, unsigned flags)
{
	struct file *rd, *wr;
	int fd[2], error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	error = pipe_create(flags & O_NONBLOCK, &rd, &wr);
	if (error)
		return error;
	fd[0] = fd_install(rd, 0, flags & O_CLOEXEC);
	if (fd[0] < 0) {
		file_put(rd);
		file_put(wr);
		return fd[0];
	}
	fd[1] = fd_install(wr, 0, flags & O_CLOEXEC);
	if (fd[1] < 0) {
		fd_close(fd[0]);
		file_put(wr);
		return fd[1];
	}
	if (copy_to_user(ufds, fd, sizeof(fd))) {
		fd_close(fd[0]);
		fd_close(fd[1]);
		return -EFAULT;
	}
	return 0;
}

SYSCALL_DEFINE2(pipe2, int __user *, fds, int, flags)
{
	return pipe_install(fds, flags);
}

SYSCALL_DEFINE1(pipe, int __user *, fds)
{
	return pipe_install(fds, 0);
}
