/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of servers: a path request becomes a call to the port of the mount, and the answer to an
 * OPEN becomes a file (file_port.c).
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/signal.h>
#include "file_port.h"
#include "fs_internal.h"
#include "pipe.h"

/* Room for the small answers to path requests, or for the new path of a redirection. */
union remote_answer {
	struct port_attr attr;
	struct statfs statfs;
	char text[256];
};

/* The input for the server: the path alone, or the path with data of the operation. */
static char *remote_input(const struct path_request *rq, size_t *len, u64 *arg0)
{
	size_t n = strlen(rq->rest), before = 0, after = rq->rest2 ? strlen(rq->rest2) : 0;
	const void *front = NULL;
	char *in;

	if (rq->op == PORT_SYMLINK) {
		front = rq->target;
		before = strlen(rq->target);
		*arg0 = before;
	} else if (rq->op == PORT_SETATTR) {
		front = rq->set;
		before = sizeof(*rq->set);
	} else if (rq->rest2) {
		*arg0 = n;
	}
	*len = before + n + after;
	in = kmalloc(*len + 1, GFP_KERNEL);
	if (!in)
		return NULL;
	memcpy(in, front, before);
	memcpy(in + before, rq->rest, n);
	memcpy(in + before + n, rq->rest2, after);
	return in;
}

/* Makes the call for @rq; if the input is only a path, it is used in place. */
static int remote_call(struct mount *mnt, const struct path_request *rq, struct port_file *pf,
		       struct iobuf out, struct call_result *res)
{
	bool composed = rq->rest2 || rq->op == PORT_SYMLINK || rq->op == PORT_SETATTR;
	struct iobuf input;
	struct call_request req = {
		.op = rq->op, .handle = mnt->root, .file = pf, .in = &input, .out = &out,
		.flags = PORT_REQ_PATH | (rq->real_ids ? PORT_REQ_REAL_IDS : 0) |
			 (rq->want_directory ? PORT_REQ_DIRECTORY : 0) |
			 (rq->want_search ? PORT_REQ_SEARCH : 0),
		.arg = { rq->arg0, rq->arg1 } };
	char *in = NULL;
	size_t len = strlen(rq->rest);
	int error;

	if (composed) {
		in = remote_input(rq, &len, &req.arg[0]);
		if (!in)
			return -ENOMEM;
	}
	if (port_op_changes(rq->op, rq->arg0))
		req.flags |= PORT_REQ_CHANGES;
	if (rq->op == PORT_STAT || rq->op == PORT_SETATTR)
		req.arg[0] = !rq->follow;
	else if (rq->op == PORT_LINK)
		req.arg[1] = rq->follow;
	input = iobuf_kernel(in ? in : (char *)rq->rest, len);
	error = call_server(mnt->port, &req, res);
	kfree(in);
	return error;
}

/* Redirects @rq to the path @text[0..len). */
static int port_take_redirect(struct mount *mnt, struct path_request *rq, const char *text,
			      size_t len)
{
	char *copy = kstrndup(text, len, GFP_KERNEL);
	int error;

	if (!copy)
		return -ENOMEM;
	error = path_redirect(rq, mnt->prefix, copy);
	kfree(copy);
	return error;
}

/* The mode in which @f is opened may exclude other uses of the file: 0, -ETXTBSY. */
static int port_claim(struct file *f, unsigned flags)
{
	struct port_file *pf = port_file_of(f);

	if (!S_ISREG(f->mode) || flags & O_PATH)
		return 0;
	if (flags & PORT_OPEN_EXEC)
		return file_deny_write(f, &pf->claim);
	return file_may_write(f) ? write_claim_get(&pf->claim, pf->port->id, pf->attr.node, true) :
				   0;
}

/*
 * The server has opened @f and has checked that the caller may truncate it (O_TRUNC).  Only the
 * kernel knows whether the file is being executed.
 */
static int port_empty(struct file *f)
{
	struct write_claim writing = { 0 };
	int error = 0;

	if (!file_may_write(f))
		error = write_claim_get(&writing, port_file_of(f)->port->id,
					port_file_of(f)->attr.node, true);
	if (!error)
		error = port_truncate(f, 0);
	write_claim_drop(&writing);
	return error;
}

/* @status is the server's answer.  Consumes @f on an error. */
static int remote_finish_open(struct mount *mnt, struct path_request *rq, struct port_file *pf,
			      struct file *f, s64 status)
{
	unsigned flags = rq->arg0;
	int error;

	f->mode = pf->attr.mode & S_IFMT;
	f->seekable = S_ISREG(f->mode) || S_ISDIR(f->mode) || S_ISBLK(f->mode);
	f->whole = !S_ISCHR(f->mode) && port_holds_signals(mnt->port);
	if (S_ISCHR(f->mode) && (mnt->port->flags & PORT_TTY))
		pf->tty = tty_id(mnt->port, pf->attr.node);
	f->private = pf;
	error = port_claim(f, flags);
	if (!error && flags & O_TRUNC && !(flags & O_PATH) && S_ISREG(f->mode) &&
	    status != PORT_CREATED)
		error = port_empty(f);
	if (error) {
		file_put(f);
		return error;
	}
	port_note_version(f, &pf->attr);
	if (pf->tty && !(flags & (O_NOCTTY | O_PATH)))
		ctty_open(f, pf->tty);
	rq->file = f;
	return 0;
}

/* The server has the name of a FIFO, the kernel has its ring: fifo.c. */
static int remote_finish_fifo(struct mount *mnt, struct path_request *rq, struct file *f,
			      const struct port_attr *attr)
{
	int error = fifo_open(mnt->port->id, attr->node, attr->mode, f);

	if (!error) {
		file_get(f);		/* the caller drops its own reference */
		rq->file = f;
	}
	return error;
}

/* Converts a successful answer to @rq into the results for the caller. */
static int port_take_answer(struct mount *mnt, struct path_request *rq,
			    const union remote_answer *answer, const struct call_result *res)
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
 * Makes the call with @size bytes of room at @answer. -E2BIG: the answer is larger (only if @size
 * is smaller than a path).
 */
static int remote_perform_in(struct mount *mnt, struct path_request *rq,
			     union remote_answer *answer, size_t size)
{
	bool open = rq->op == PORT_OPEN;
	struct file *f = open ? file_alloc(&port_file_ops, rq->arg0, 0, rq->path) : NULL;
	struct port_file *pf = f ? port_file_alloc(mnt->port, f) : NULL;
	struct call_result res;
	int error = -ENOMEM;

	if (open && !pf)
		goto out;
	error = remote_call(mnt, rq, pf, iobuf_kernel(answer, size), &res);
	if (error)
		goto out;
	if (res.status == PORT_REDIRECT) {
		size_t len = (u32)res.aux;

		rq->redirect_which = res.aux >> 32 & 1;
		error = len > size ? -E2BIG : len > res.moved ? -EIO :
		      port_take_redirect(mnt, rq, answer->text, len);
	} else if (res.status < 0) {
		error = res.status;
	} else if (open && res.moved >= sizeof(answer->attr)) {
		pf->attr = answer->attr;
		if (rq->unless_regular && !S_ISREG(pf->attr.mode)) {
			error = rq->unless_regular;
			goto out;
		}
		if (S_ISFIFO(pf->attr.mode) && !(rq->arg0 & O_PATH)) {
			error = remote_finish_fifo(mnt, rq, f, &pf->attr);
			goto out;	/* the server's part is done */
		}
		return remote_finish_open(mnt, rq, pf, f, res.status);
	} else if (open) {
		error = -EIO;		/* an OPEN must return attributes */
	} else {
		error = port_take_answer(mnt, rq, answer, &res);
	}
out:
	if (pf && port_file_is_open(pf))
		port_file_close(pf);
	else if (pf)
		port_file_free(pf);
	if (f)
		file_put(f);
	return error;
}

/* /dev/tty is the caller's controlling terminal: without one, open fails. */
static int port_check_ctty(const struct mount *mnt, const struct path_request *rq)
{
	struct file *ctty;

	if (rq->op != PORT_OPEN || !(mnt->port->flags & PORT_TTY) ||
	    strcmp(mnt->prefix, "/dev/tty") || rq->arg0 & (O_PATH | PORT_OPEN_EXEC))
		return 0;
	ctty = ctty_get_file(NULL);
	if (!ctty)
		return -ENXIO;
	file_put(ctty);
	return 0;
}

/* The server has no STATFS: the path must still exist. */
static int remote_perform_statfs(struct mount *mnt, struct path_request *rq)
{
	int error;

	rq->op = PORT_STAT;
	error = mnt->ops->perform(mnt, rq);
	rq->op = PORT_STATFS;
	rq->statfs = port_statfs_default;
	return error;
}

/* truncate(2) counts as a writer, so it is refused while the file is executed. */
static int remote_perform_truncate(struct mount *mnt, struct path_request *rq)
{
	loff_t size = rq->arg0;
	int error;

	rq->op = PORT_OPEN;
	rq->arg0 = O_WRONLY;
	rq->unless_regular = -EINVAL;
	error = mnt->ops->perform(mnt, rq);
	rq->op = PORT_TRUNC;
	rq->arg0 = size;
	if (error)
		return error;
	error = port_truncate(rq->file, size);
	file_put(rq->file);
	rq->file = NULL;
	return error;
}

static int remote_perform(struct mount *mnt, struct path_request *rq)
{
	union remote_answer small;
	char *large;
	int error = port_check_ctty(mnt, rq);

	if (error)
		return error;
	if (rq->op == PORT_TRUNC)
		return remote_perform_truncate(mnt, rq);
	error = -E2BIG;
	if (rq->op != PORT_READLINK)
		error = remote_perform_in(mnt, rq, &small, sizeof(small));
	if (error == -EOPNOTSUPP && rq->op == PORT_STATFS)
		return remote_perform_statfs(mnt, rq);
	if (error != -E2BIG)
		return error;
	large = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!large)
		return -ENOMEM;
	error = remote_perform_in(mnt, rq, (union remote_answer *)large, PATH_MAX);
	kfree(large);
	return error == -E2BIG ? -ENAMETOOLONG : error;
}

static const char *port_mount_source(const struct mount *mnt)
{
	return mnt->port->owner_comm;
}

static void port_mount_hold(const struct mount *mnt)
{
	port_get(mnt->port);
}

static void port_mount_release(const struct mount *mnt)
{
	port_put(mnt->port);
}

static const struct mount_ops port_mount_ops = {
	.fstype = "port",
	.source = port_mount_source,
	.hold = port_mount_hold,
	.release = port_mount_release,
	.perform = remote_perform,
};

int mount_add_port(char *path, struct port *port, u64 root)
{
	struct mount what = { .ops = &port_mount_ops, .port = port, .root = root };
	int error;

	path_take_ending(path);
	port_get(port);
	error = mount_add(path, &what);
	return error == -EALREADY ? 0 : error;
}
