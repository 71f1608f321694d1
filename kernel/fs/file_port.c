/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of servers: path requests become calls to the port of the mount, and file
 * operations become calls on the handle that OPEN gave.
 *
 * The offset lives in struct file; servers are stateless about it.  Long transfers
 * are split into requests of at most PORT_IO_MAX bytes; once bytes have moved,
 * their count wins over an error or a signal.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <uapi/ioctl.h>
#include "fs_internal.h"
#include "pipe.h"

static const struct file_ops port_file_ops;

static struct port_file *port_file_of(const struct file *f)
{
	return f->private;
}

/* A call on an open file. */
static __always_inline int port_file_call(struct file *f, struct call_request *req,
					  struct call_result *res)
{
	struct port_file *pf = port_file_of(f);
	int ret;

	req->handle = pf->handle;
	req->file = pf;
	ret = call_server(pf->port, req, res);
	if (!ret && unlikely(res->status == PORT_REDIRECT))
		ret = -EIO;
	return ret;
}

/* The same where the answer is 0 or an error. */
static int port_file_do(struct file *f, struct call_request *req)
{
	struct call_result res;
	int ret = port_file_call(f, req, &res);

	return ret ? ret : res.status < 0 ? (int)res.status : 0;
}

/* The same where the answer is @size bytes at @data, in full. */
static int port_file_ask(struct file *f, struct call_request *req, void *data, size_t size)
{
	struct iobuf out = iobuf_kernel(data, size);
	struct call_result res;
	int ret;

	req->out = &out;
	ret = port_file_call(f, req, &res);
	if (ret || res.status < 0)
		return ret ? ret : (int)res.status;
	return res.moved < size ? -EIO : 0;
}

/* ---- transfers ---------------------------------------------------------------- */

/* One request for the front of @io, which it advances. */
static __always_inline ssize_t port_transfer_piece(struct file *f, enum port_op op,
						   struct iobuf *io, loff_t *pos)
{
	struct iobuf piece = { .base = io->base, .len = min_t(size_t, io->len, PORT_IO_MAX),
			       .user = io->user };
	struct call_request req;
	struct call_result res;
	int ret;

	/* Each by itself: a compiler would clear the whole first. */
	req.op = op;
	req.flags = 0;
	req.arg[0] = *pos;
	req.arg[1] = f->flags;
	req.arg[2] = req.arg[3] = 0;
	req.in = op == PORT_WRITE ? &piece : NULL;
	req.out = op == PORT_READ ? &piece : NULL;
	ret = port_file_call(f, &req, &res);
	if (ret || res.status <= 0)
		return ret ? ret : res.status;
	io->base = (char *)io->base + res.status;
	io->len -= res.status;
	if (f->seekable)
		*pos = op == PORT_WRITE && (f->flags & O_APPEND) ? (loff_t)res.aux :
								   *pos + res.status;
	return res.status;
}

static __always_inline ssize_t port_transfer(struct file *f, enum port_op op, struct iobuf *io,
					     loff_t *pos)
{
	ssize_t done = 0, ret;

	do {
		size_t want = min_t(size_t, io->len, PORT_IO_MAX);

		ret = port_transfer_piece(f, op, io, pos);
		if (ret > 0)
			done += ret;
		/* A terminal's read is over after one piece, a short one is always the last. */
		if (ret < (ssize_t)want || (op == PORT_READ && !f->seekable))
			break;
	} while (io->len > 0);
	return done ? done : ret;
}

static ssize_t port_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct port_file *pf = port_file_of(f);
	int ret = pf->tty ? tty_check_read(pf->tty) : 0;

	return ret ? ret : port_transfer(f, PORT_READ, to, pos);
}

static ssize_t port_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	struct port_file *pf = port_file_of(f);
	int ret = pf->tty ? tty_check_write(pf->tty) : 0;

	return ret ? ret : port_transfer(f, PORT_WRITE, from, pos);
}

/* ---- attributes ------------------------------------------------------------------ */

static struct timespec64 port_time(s64 ns)
{
	return (struct timespec64){ .tv_sec = ns / (s64)NSEC_PER_SEC,
				    .tv_nsec = ns % (s64)NSEC_PER_SEC };
}

void attr_to_stat(const struct port_attr *attr, u64 dev, struct stat *st)
{
	*st = (struct stat){
		.st_dev = dev, .st_ino = attr->node, .st_nlink = attr->nlink,
		.st_mode = attr->mode, .st_uid = attr->uid, .st_gid = attr->gid,
		.st_rdev = attr->rdev, .st_size = attr->size, .st_blksize = PAGE_SIZE,
		.st_blocks = (attr->size + 511) / 512,
		.st_atim = port_time(attr->atime_ns), .st_mtim = port_time(attr->mtime_ns),
		.st_ctim = port_time(attr->ctime_ns),
	};
}

u64 port_dev(u64 port_id)
{
	return MKDEV(0, 128 + port_id);
}

/* What identifies the contents, for the page cache. */
static void port_note_version(struct file *f, const struct port_attr *attr)
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
	struct call_request req = { .op = PORT_STAT };
	struct port_attr attr;
	int ret = port_file_ask(f, &req, &attr, sizeof(attr));

	if (ret)
		return ret;
	port_note_version(f, &attr);
	attr_to_stat(&attr, port_dev(port_file_of(f)->port->id), st);
	return 0;
}

static int port_truncate(struct file *f, loff_t size)
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
	int ret = port_file_do(f, &req);

	return ret == -ENOSYS ? 0 : ret;
}

static int port_statfs(struct file *f, struct statfs *st)
{
	struct call_request req = { .op = PORT_STATFS };

	return port_file_ask(f, &req, st, sizeof(*st));
}

/* ---- directories --------------------------------------------------------------------- */

/* Gives the entries in @buf[0..n) to @sink.  1 = it is full, 0, or -EIO for nonsense. */
static int port_emit_entries(const u8 *buf, size_t n, struct dir_sink *sink, loff_t *pos)
{
	const size_t head = __builtin_offsetof(struct port_dirent, name);

	while (n >= head) {
		const struct port_dirent *d = (const void *)buf;
		size_t len;

		if (d->reclen <= head || d->reclen > n || d->reclen % 8)
			return -EIO;
		len = strnlen(d->name, d->reclen - head);
		if (len == d->reclen - head || len > 255 || !len)
			return -EIO;
		if (!sink->emit(sink, d->name, len, d->node, d->type, d->next))
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

/* How many bytes the argument of @cmd points to, each way; false = no structure known. */
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
	/* A copy, so that what the kernel looks at is what the server gets. */
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

static void port_release(struct file *f)
{
	port_file_close(port_file_of(f));
}

static const struct file_ops port_file_ops = {
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

/* ---- path requests ----------------------------------------------------------------------- */

/* Room for the small answers of path requests, or the new path of a redirection. */
union port_answer {
	struct port_attr attr;
	struct statfs statfs;
	char text[256];
};

/* The server's input: path alone, or what the operation puts around it. */
static char *port_path_input(const struct path_request *rq, const char *rest, const char *rest2,
			     size_t *len, u64 *arg0)
{
	size_t n = strlen(rest), before = 0, after = rest2 ? strlen(rest2) : 0;
	const void *front = NULL;
	char *in;

	if (rq->op == PORT_SYMLINK) {
		front = rq->target;
		before = strlen(rq->target);
		*arg0 = before;
	} else if (rq->op == PORT_SETATTR) {
		front = rq->set;
		before = sizeof(*rq->set);
	} else if (rest2) {
		*arg0 = n;
	}
	*len = before + n + after;
	in = kmalloc(*len + 1, GFP_KERNEL);
	if (!in)
		return NULL;
	memcpy(in, front, before);
	memcpy(in + before, rest, n);
	memcpy(in + before + n, rest2, after);
	return in;
}

/* The request of @rq; where a path is all the input, @rest is used in place. */
static int port_path_call(struct mount *mnt, const char *rest, const char *rest2,
			  struct path_request *rq, struct port_file *pf, struct iobuf out,
			  struct call_result *res)
{
	bool composed = rest2 || rq->op == PORT_SYMLINK || rq->op == PORT_SETATTR;
	struct iobuf input;
	struct call_request req = {
		.op = rq->op, .handle = mnt->root, .file = pf, .in = &input, .out = &out,
		.flags = PORT_REQ_PATH | (rq->real_ids ? PORT_REQ_REAL_IDS : 0),
		.arg = { rq->arg0, rq->arg1 } };
	char *in = NULL;
	size_t len = strlen(rest);
	int ret;

	if (composed) {
		in = port_path_input(rq, rest, rest2, &len, &req.arg[0]);
		if (!in)
			return -ENOMEM;
	}
	if (rq->op == PORT_STAT || rq->op == PORT_SETATTR)
		req.arg[0] = !rq->follow;
	else if (rq->op == PORT_LINK)
		req.arg[1] = rq->follow;
	input = iobuf_kernel(in ? in : (char *)rest, len);
	ret = call_server(mnt->port, &req, res);
	kfree(in);
	return ret;
}

/* @text[0..len) is where to look instead. */
static int port_take_redirect(struct mount *mnt, struct path_request *rq, const char *text,
			      size_t len)
{
	char *copy = kstrndup(text, len, GFP_KERNEL);
	int ret;

	if (!copy)
		return -ENOMEM;
	ret = path_redirect(rq, mnt->prefix, copy);
	kfree(copy);
	return ret;
}

static void port_finish_open(struct mount *mnt, struct path_request *rq, struct port_file *pf,
			    struct file *f)
{
	f->mode = pf->attr.mode & S_IFMT;
	f->seekable = S_ISREG(f->mode) || S_ISDIR(f->mode) || S_ISBLK(f->mode);
	if (S_ISCHR(f->mode) && (mnt->port->flags & PORT_TTY))
		pf->tty = tty_id(mnt->port, pf->attr.node);
	f->private = pf;
	port_note_version(f, &pf->attr);
	if (pf->tty && !(rq->arg0 & (O_NOCTTY | O_PATH)))
		ctty_open(f, pf->tty);
	rq->file = f;
}

/* The name is the server's, the ring is ours: fifo.c. */
static int port_finish_fifo(struct mount *mnt, struct path_request *rq, struct file *f,
			    const struct port_attr *attr)
{
	int ret = fifo_open(mnt->port->id, attr->node, attr->mode, f);

	if (!ret) {
		file_get(f);		/* the caller puts its own */
		rq->file = f;
	}
	return ret;
}

/* What a successful answer of @rq means to the caller. */
static int port_take_answer(struct mount *mnt, struct path_request *rq,
			    const union port_answer *answer, const struct call_result *res)
{
	switch (rq->op) {
	case PORT_STAT:
		if (res->moved < sizeof(answer->attr))
			return -EIO;
		rq->attr = answer->attr;
		rq->dev = port_dev(mnt->port->id);
		return 0;
	case PORT_STATFS:
		if (res->moved < sizeof(answer->statfs))
			return -EIO;
		rq->statfs = answer->statfs;
		return 0;
	case PORT_READLINK:
		rq->link = kstrndup(answer->text, min_t(size_t, res->status, res->moved),
				    GFP_KERNEL);
		return rq->link ? 0 : -ENOMEM;
	default:
		return 0;
	}
}

/*
 * Makes the call with @size bytes of room at @answer.  -E2BIG: more is needed (only
 * if @size is less than a path).
 */
static int port_perform_in(struct mount *mnt, const char *rest, const char *rest2,
			   struct path_request *rq, union port_answer *answer, size_t size)
{
	bool open = rq->op == PORT_OPEN;
	struct file *f = open ? file_alloc(&port_file_ops, rq->arg0, 0, rq->path) : NULL;
	struct port_file *pf = f ? port_file_alloc(mnt->port, f) : NULL;
	struct call_result res;
	int ret = -ENOMEM;

	if (open && !pf)
		goto out;
	ret = port_path_call(mnt, rest, rest2, rq, pf, iobuf_kernel(answer, size), &res);
	if (ret)
		goto out;
	if (res.status == PORT_REDIRECT) {
		size_t len = (u32)res.aux;

		rq->redirect_which = res.aux >> 32 & 1;
		ret = len > size ? -E2BIG : len > res.moved ? -EIO :
		      port_take_redirect(mnt, rq, answer->text, len);
	} else if (rq->op == PORT_STATFS && res.status == -EOPNOTSUPP) {
		rq->statfs = (struct statfs){ .f_bsize = PAGE_SIZE, .f_namelen = 255 };
	} else if (res.status < 0) {
		ret = res.status;
	} else if (open && res.moved >= sizeof(answer->attr)) {
		pf->attr = answer->attr;
		if (S_ISFIFO(pf->attr.mode) && !(rq->arg0 & O_PATH)) {
			ret = port_finish_fifo(mnt, rq, f, &pf->attr);
			goto out;	/* the server's part is over */
		}
		port_finish_open(mnt, rq, pf, f);
		return 0;
	} else if (open) {
		ret = -EIO;		/* a file without attributes is none */
	} else {
		ret = port_take_answer(mnt, rq, answer, &res);
	}
out:
	if (pf && port_file_is_open(pf))
		port_file_close(pf);
	else if (pf)
		port_file_free(pf);
	if (f)
		file_put(f);
	return ret;
}

/* /dev/tty is the caller's own terminal: without one there is nothing to open. */
static int port_check_ctty(const struct mount *mnt, const struct path_request *rq)
{
	struct file *ctty;

	if (rq->op != PORT_OPEN || !(mnt->port->flags & PORT_TTY) ||
	    strcmp(mnt->prefix, "/dev/tty") || rq->arg0 & O_PATH)
		return 0;
	ctty = ctty_get_file(NULL);
	if (!ctty)
		return -ENXIO;
	file_put(ctty);
	return 0;
}

static int port_perform(struct mount *mnt, const char *rest, const char *rest2,
			struct path_request *rq)
{
	union port_answer small;
	char *large;
	int ret = port_check_ctty(mnt, rq);

	if (ret)
		return ret;
	ret = -E2BIG;
	if (rq->op != PORT_READLINK)
		ret = port_perform_in(mnt, rest, rest2, rq, &small, sizeof(small));
	if (ret != -E2BIG)
		return ret;
	large = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!large)
		return -ENOMEM;
	ret = port_perform_in(mnt, rest, rest2, rq, (union port_answer *)large, PATH_MAX);
	kfree(large);
	return ret == -E2BIG ? -ENAMETOOLONG : ret;
}

const struct mount_ops port_mount_ops = {
	.fstype = "port",
	.perform = port_perform,
};
