/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open files of servers: each file operation becomes a call with the handle that the answer to
 * OPEN contained (port_path.c).
 *
 * The offset is in struct file; servers do not store it.  Long transfers are split into requests
 * of at most PORT_IO_MAX bytes.  After bytes have moved, their count takes precedence over an
 * error or a signal.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <uapi/ioctl.h>
#include "file_port.h"
#include "fs_internal.h"

/* A call on an open file. */
static __always_inline int port_file_call(struct file *f, struct call_request *req,
					  struct call_result *res)
{
	struct port_file *pf = port_file_of(f);
	int error;

	req->handle = pf->handle;
	req->file = pf;
	if (port_op_changes(req->op, req->arg[0]))
		req->flags |= PORT_REQ_CHANGES;
	error = call_server(pf->port, req, res);
	if (!error && unlikely(res->status == PORT_REDIRECT))
		error = -EIO;
	return error;
}

/* The same for an answer that is 0 or an error. */
static int port_file_do(struct file *f, struct call_request *req)
{
	struct call_result res;
	int error = port_file_call(f, req, &res);

	return error ? error : res.status < 0 ? (int)res.status : 0;
}

/* The same for an answer of exactly @size bytes at @data. */
static int port_file_ask(struct file *f, struct call_request *req, void *data, size_t size)
{
	struct iobuf out = iobuf_kernel(data, size);
	struct call_result res;
	int error;

	req->out = &out;
	error = port_file_call(f, req, &res);
	if (error || res.status < 0)
		return error ? error : (int)res.status;
	return res.moved < size ? -EIO : 0;
}

/* ---- transfers ---------------------------------------------------------------- */

/* Makes one request for the front of @io and advances @io. */
static __always_inline ssize_t port_transfer_piece(struct file *f, enum port_op op,
						   struct iobuf *io, loff_t *pos)
{
	struct iobuf piece = { .base = io->base, .len = min_t(size_t, io->len, PORT_IO_MAX),
			       .user = io->user };
	struct call_request req;
	struct call_result res;
	int error;

	/* Field by field: for an initialiser the compiler would clear the whole struct first. */
	req.op = op;
	req.flags = 0;
	req.arg[0] = *pos;
	req.arg[1] = f->flags;
	req.arg[2] = req.arg[3] = 0;
	req.in = op == PORT_WRITE ? &piece : NULL;
	req.out = op == PORT_READ ? &piece : NULL;
	error = port_file_call(f, &req, &res);
	if (error || res.status <= 0)
		return error ? error : res.status;
	io->base = (char *)io->base + res.status;
	io->len -= res.status;
	if (f->seekable)
		*pos = op == PORT_WRITE && (f->flags & O_APPEND) ? (loff_t)res.aux :
								   *pos + res.status;
	return res.status;
}

/*
 * Decides after a piece of @want bytes, of which @ret have moved, if the transfer is over.  If
 * so, *@ret is set to its result: a restart code if it was only interrupted.  The iobuf knows how
 * many bytes have moved.
 */
static __always_inline bool port_transfer_ends(struct file *f, enum port_op op, size_t want,
					       ssize_t *ret)
{
	if (likely(*ret == (ssize_t)want))
		/* A read from a terminal is over after one piece. */
		return op == PORT_READ && !f->seekable;
	/*
	 * A short answer ends the transfer, unless a kick caused it: then the rest is still to be
	 * transferred. (A read from a terminal never expects more than is there.)
	 */
	if (*ret > 0 && (op == PORT_WRITE || f->seekable) &&
	    test_task_flag(current, TIF_NOTIFY_SIGNAL))
		*ret = -ERESTARTNOINTR;
	return true;
}

/* Transfers the pieces after the first, which had @first bytes.  Signals are held back. */
static noinline ssize_t port_transfer_rest(struct file *f, enum port_op op, struct iobuf *io,
					   loff_t *pos, ssize_t first)
{
	unsigned held = transfer_hold_signals();
	size_t all = io->len + first, want;
	ssize_t ret;

	do {
		want = min_t(size_t, io->len, PORT_IO_MAX);
		ret = port_transfer_piece(f, op, io, pos);
	} while (!port_transfer_ends(f, op, want, &ret) && io->len > 0);
	transfer_release_signals(held);
	return is_restart_code(ret) ? ret : (ssize_t)(all - io->len);
}

static __always_inline ssize_t port_transfer(struct file *f, enum port_op op, struct iobuf *io,
					     loff_t *pos)
{
	size_t want = min_t(size_t, io->len, PORT_IO_MAX);
	ssize_t ret = port_transfer_piece(f, op, io, pos);

	if (port_transfer_ends(f, op, want, &ret) || likely(!io->len))
		return ret;
	return port_transfer_rest(f, op, io, pos, ret);
}

static ssize_t port_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct port_file *pf = port_file_of(f);
	ssize_t ret = pf->tty ? tty_check_read(pf->tty) : kept_read(f, to, pos);

	if (ret != (pf->tty ? 0 : -EAGAIN))
		return ret;
	return port_transfer(f, PORT_READ, to, pos);
}

ssize_t port_read_kernel(struct file *f, void *data, size_t size, loff_t pos)
{
	struct iobuf out = iobuf_kernel(data, size);

	return port_transfer_piece(f, PORT_READ, &out, &pos);
}

static ssize_t port_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	struct port_file *pf = port_file_of(f);
	int error = pf->tty ? tty_check_write(pf->tty) : 0;

	return error ? error : port_transfer(f, PORT_WRITE, from, pos);
}

/* ---- attributes ------------------------------------------------------------------ */

static struct timespec64 port_time(s64 ns)
{
	return (struct timespec64){ .tv_sec = ns / (s64)NSEC_PER_SEC,
				    .tv_nsec = ns % (s64)NSEC_PER_SEC };
}

void attr_to_stat(const struct port_attr *attr, u64 dev, struct stat *st)
{
	bool device = S_ISCHR(attr->mode) || S_ISBLK(attr->mode);

	*st = (struct stat){
		.st_dev = dev, .st_ino = attr->node, .st_nlink = attr->nlink,
		.st_mode = attr->mode, .st_uid = attr->uid, .st_gid = attr->gid,
		.st_rdev = device ? attr->rdev : 0, .st_size = attr->size,
		.st_blksize = PAGE_SIZE, .st_blocks = device ? 0 : attr->blocks,
		.st_atim = port_time(attr->atime_ns), .st_mtim = port_time(attr->mtime_ns),
		.st_ctim = port_time(attr->ctime_ns),
	};
}

u64 port_dev(u64 port_id)
{
	return MKDEV(0, 128 + port_id);
}

void port_note_version(struct file *f, const struct port_attr *attr)
{
	bool cacheable = S_ISREG(attr->mode) && attr->version;

	spin_lock(&f->lock);
	f->cache_key[0] = cacheable ? port_file_of(f)->port->id : 0;
	f->cache_key[1] = attr->node;
	f->cache_key[2] = attr->version;
	spin_unlock(&f->lock);
}

static int port_stat(struct file *f, struct stat *st)
{
	struct port_file *pf = port_file_of(f);
	struct call_request req = { .op = PORT_STAT };
	struct port_attr attr;
	u64 since;
	int error;

	if (!kept_attr(f, &attr)) {
		since = port_stable_since(pf->port);
		error = port_file_ask(f, &req, &attr, sizeof(attr));
		if (error)
			return error;
		port_note_version(f, &attr);
		kept_attr_set(f, &attr, since);
	}
	attr_to_stat(&attr, port_dev(pf->port->id), st);
	return 0;
}

int port_truncate(struct file *f, loff_t size)
{
	struct call_request req = { .op = PORT_TRUNC, .arg = { size } };

	return port_file_do(f, &req);
}

static s64 port_ns(const struct timespec64 *t)
{
	return t->tv_sec * (s64)NSEC_PER_SEC + t->tv_nsec;
}

void setattr_to_port(const struct setattr *attr, struct port_setattr *set)
{
	*set = (struct port_setattr){
		.valid = attr->valid, .mode = attr->mode & 07777, .uid = attr->uid,
		.gid = attr->gid, .atime_ns = port_ns(&attr->atime),
		.mtime_ns = port_ns(&attr->mtime) };
}

static int port_setattr(struct file *f, const struct setattr *attr)
{
	struct port_setattr set;
	struct iobuf in = iobuf_kernel(&set, sizeof(set));
	struct call_request req = { .op = PORT_SETATTR, .in = &in };

	setattr_to_port(attr, &set);
	return port_file_do(f, &req);
}

static int port_sync(struct file *f)
{
	struct call_request req = { .op = PORT_SYNC };
	int error = port_file_do(f, &req);

	return error == -ENOSYS ? 0 : error;
}

const struct statfs port_statfs_default = {
	.f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE, .f_namelen = 255 };

static int port_statfs(struct file *f, struct statfs *st)
{
	struct call_request req = { .op = PORT_STATFS };
	int error = port_file_ask(f, &req, st, sizeof(*st));

	if (error != -EOPNOTSUPP)
		return error;
	*st = port_statfs_default;
	return 0;
}

/* ---- directories --------------------------------------------------------------------- */

/* Passes the entries in @buf[0..n) to @sink. 1 = @sink is full, 0, or -EIO for bad entries. */
static int port_emit_entries(const u8 *buf, size_t n, struct dir_sink *sink, loff_t *pos)
{
	const size_t head = __builtin_offsetof(struct port_dirent, name);

	while (n >= head) {
		const struct port_dirent *d = (const void *)buf;
		size_t len;

		if (d->reclen <= head || d->reclen > n || d->reclen % 8)
			return -EIO;
		len = strnlen(d->name, d->reclen - head);
		/* A name with '/' would lead out of the directory. */
		if (len == d->reclen - head || len > 255 || !len || memchr(d->name, '/', len))
			return -EIO;
		if (!sink->emit(sink, &(struct dir_entry){ d->name, len, d->node, d->type,
							   d->next }))
			return 1;
		*pos = d->next;
		buf += d->reclen;
		n -= d->reclen;
	}
	return 0;
}

static int port_readdir(struct file *f, struct dir_sink *sink, loff_t *pos)
{
	u8 *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	int ret = 0;

	if (!buf)
		return -ENOMEM;
	while (!ret) {
		struct iobuf out = iobuf_kernel(buf, PAGE_SIZE);
		struct call_request req = { .op = PORT_READDIR, .arg = { *pos }, .out = &out };
		struct call_result res;

		ret = port_file_call(f, &req, &res);
		if (!ret && res.status <= 0) {
			ret = res.status;
			break;
		}
		if (!ret)
			ret = port_emit_entries(buf, min_t(size_t, res.status, res.moved),
						sink, pos);
	}
	kfree(buf);
	return ret > 0 ? 0 : ret;
}

/* ---- ioctl, poll, close ------------------------------------------------------------------ */

/* The sizes of the argument of @cmd in each direction; false = the command is unknown. */
static bool port_ioctl_sizes(unsigned cmd, size_t *in, size_t *out)
{
	if (tty_ioctl_sizes(cmd, in, out))
		return true;
	*in = cmd & IOC_WRITE ? IOC_SIZE(cmd) : 0;
	*out = cmd & IOC_READ ? IOC_SIZE(cmd) : 0;
	return *in || *out;
}

static long port_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	struct port_file *pf = port_file_of(f);
	struct iobuf input, output;
	struct call_request req = { .op = PORT_IOCTL, .arg = { cmd, arg },
				    .in = &input, .out = &output };
	struct call_result res;
	u8 copy[64] = { 0 };
	size_t in = 0, out = 0;
	long ret;

	if (pf->tty && tty_job_ioctl(f, pf->tty, cmd, arg, &ret))
		return ret;
	if (!S_ISCHR(f->mode) && !S_ISBLK(f->mode))
		return -ENOTTY;
	port_ioctl_sizes(cmd, &in, &out);
	input = iobuf_user((void __user *)arg, in);
	output = iobuf_user((void __user *)arg, out);
	/* A copy: the server gets exactly the bytes that the kernel has checked. */
	if (in && in <= sizeof(copy)) {
		if (copy_from_user(copy, (void __user *)arg, in))
			return -EFAULT;
		input = iobuf_kernel(copy, in);
	}
	ret = port_file_call(f, &req, &res);
	if (!ret && pf->tty && res.status >= 0)
		tty_note_ioctl(pf->tty, cmd, copy);
	return ret ? ret : res.status;
}

static unsigned port_poll(struct file *f)
{
	return READ_ONCE(port_file_of(f)->ready);
}

int file_deny_write(struct file *f, struct write_claim *c)
{
	const struct port_file *pf = port_file_of(f);

	return f->ops == &port_file_ops ?
	       write_claim_get(c, pf->port->id, pf->attr.node, false) : 0;
}

static void port_release(struct file *f)
{
	struct port_file *pf = port_file_of(f);

	write_claim_drop(&pf->claim);
	kept_free(pf);
	port_file_close(pf);
}

const struct file_ops port_file_ops = {
	.read = port_read,
	.write = port_write,
	.stat = port_stat,
	.readdir = port_readdir,
	.ioctl = port_ioctl,
	.poll = port_poll,
	.truncate = port_truncate,
	.setattr = port_setattr,
	.sync = port_sync,
	.statfs = port_statfs,
	.release = port_release,
};
