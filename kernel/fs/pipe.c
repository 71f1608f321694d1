/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes: a ring of PIPE_SIZE bytes between two descriptions.  Writes of at most
 * PIPE_BUF bytes are all or nothing; nobody left to read means SIGPIPE and -EPIPE;
 * nobody left to write means end of file.
 *
 * pipe->lock is a mutex: user memory is copied under it.  The reader and writer
 * counts are changed under it, too.  Sleepers test their condition again under it.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <uapi/ioctl.h>
#include "fs_internal.h"

#define PIPE_SIZE	65536u		/* a power of two */
#define PIPE_BUF	4096u

/* Legend: (l) lock; reads without it are racy and repeated under it. */
struct pipe {
	struct mutex lock;
	u32 head, tail;			/* (l) bytes ever written, read (modulo 2^32) */
	unsigned readers, writers;	/* (l) open descriptions */
	struct wait_queue_head wait;	/* readers, writers and pollers */
	u64 ino;			/* (!) */
	u8 *data;			/* (l) PIPE_SIZE bytes */
};

static atomic_long_t pipe_next_ino;

static u32 pipe_used(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static u32 pipe_room(const struct pipe *p)
{
	return PIPE_SIZE - pipe_used(p);
}

/* ---- reading -------------------------------------------------------------------- */

/* Moves what there is, in at most two pieces.  Caller holds the lock. */
static ssize_t pipe_take(struct pipe *p, struct iobuf *to)
{
	ssize_t done = 0;

	assert_mutex_held(&p->lock);
	while (to->len && pipe_used(p)) {
		u32 at = p->tail % PIPE_SIZE;
		ssize_t n = iobuf_put(to, p->data + at, min(pipe_used(p), PIPE_SIZE - at));

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
	ret = pipe_take(p, to);
	mutex_unlock(&p->lock);
	if (ret > 0)
		wake_up_all(&p->wait);
	return ret;
}

/* ---- writing -------------------------------------------------------------------- */

static ssize_t pipe_put(struct pipe *p, struct iobuf *from)
{
	ssize_t done = 0;

	assert_mutex_held(&p->lock);
	while (from->len && pipe_room(p)) {
		u32 at = p->head % PIPE_SIZE;
		ssize_t n = iobuf_get(from, p->data + at, min(pipe_room(p), PIPE_SIZE - at));

		if (n <= 0)
			return done ? done : n;
		p->head += n;
		done += n;
	}
	return done;
}

/* Room for what must be written in one go, or nobody to read it. */
static bool pipe_writable(const struct pipe *p, u32 need)
{
	return pipe_room(p) >= need || !READ_ONCE(p->readers);
}

/* One round: waits for @need bytes of room and fills what there is. */
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
	ret = p->readers ? pipe_put(p, from) : -EPIPE;
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
	return done ? done : ret;
}

/* ---- the rest --------------------------------------------------------------------- */

static unsigned pipe_poll_read(struct file *f)
{
	struct pipe *p = f->private;

	return (pipe_used(p) ? POLLIN | POLLRDNORM : 0) | (READ_ONCE(p->writers) ? 0 : POLLHUP);
}

static unsigned pipe_poll_write(struct file *f)
{
	struct pipe *p = f->private;

	return (pipe_room(p) >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0) |
	       (READ_ONCE(p->readers) ? 0 : POLLERR);
}

static int pipe_stat(struct file *f, struct stat *st)
{
	const struct pipe *p = f->private;

	st->st_mode = S_IFIFO | 0600;
	st->st_ino = p->ino;
	st->st_dev = MKDEV(0, 12);
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

/* One description is gone: the other side must learn it. */
static void pipe_drop(struct pipe *p, unsigned *count)
{
	bool last;

	mutex_lock(&p->lock);
	--*count;
	last = !p->readers && !p->writers;
	mutex_unlock(&p->lock);
	if (last) {
		kfree(p->data);
		kfree(p);
	} else {
		wake_up_all(&p->wait);
	}
}

static void pipe_release_read(struct file *f)
{
	struct pipe *p = f->private;

	pipe_drop(p, &p->readers);
}

static void pipe_release_write(struct file *f)
{
	struct pipe *p = f->private;

	pipe_drop(p, &p->writers);
}

static const struct file_ops pipe_read_ops = {
	.read = pipe_read,
	.stat = pipe_stat,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll_read,
	.release = pipe_release_read,
};

static const struct file_ops pipe_write_ops = {
	.write = pipe_write,
	.stat = pipe_stat,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll_write,
	.release = pipe_release_write,
};

bool file_is_pipe(const struct file *f)
{
	return f->ops == &pipe_read_ops || f->ops == &pipe_write_ops;
}

/* ---- creation --------------------------------------------------------------------- */

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->data = kmalloc(PIPE_SIZE, GFP_KERNEL);
	if (!p->data) {
		kfree(p);
		return NULL;
	}
	mutex_init_rank(&p->lock, "pipe", RANK_PIPE);
	init_waitqueue_head(&p->wait);
	p->ino = atomic_long_inc_return(&pipe_next_ino);
	p->readers = 1;
	p->writers = 1;
	return p;
}

static struct file *pipe_open_end(struct pipe *p, const struct file_ops *ops, unsigned flags)
{
	char name[32];
	struct file *f;

	snprintf(name, sizeof(name), "pipe:[%lu]", (unsigned long)p->ino);
	f = file_alloc(ops, flags, S_IFIFO, name);
	if (!f)
		return NULL;
	f->private = p;
	f->poll_wq = &p->wait;
	return f;
}

static int pipe_create(unsigned flags, struct file **rd, struct file **wr)
{
	struct pipe *p = pipe_alloc();

	if (!p)
		return -ENOMEM;
	*rd = pipe_open_end(p, &pipe_read_ops, O_RDONLY | flags);
	*wr = pipe_open_end(p, &pipe_write_ops, O_WRONLY | flags);
	if (*rd && *wr)
		return 0;
	if (*rd)
		file_put(*rd);
	else
		pipe_drop(p, &p->readers);
	if (*wr)
		file_put(*wr);
	else
		pipe_drop(p, &p->writers);
	return -ENOMEM;
}

static long pipe_install(int __user *ufds, unsigned flags)
{
	struct file *rd, *wr;
	int fd[2], ret;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	ret = pipe_create(flags & O_NONBLOCK, &rd, &wr);
	if (ret)
		return ret;
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
