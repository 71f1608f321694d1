/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop of servers; srv.h is the contract. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <srv.h>

int srv_start(struct srv *srv, unsigned flags, unsigned level)
{
	srv->port = port_create(flags, level);
	srv->deadline = SRV_NEVER;
	return srv->port < 0 ? (int)srv->port : 0;
}

int srv_take_over(struct srv *srv, const char *path, unsigned flags, unsigned level)
{
	long port = port_adopt(path, flags, level);

	/*
	 * A dead port, a port of another kind, or none: a new port is mounted over it or beside
	 * it.
	 */
	if (port < 0)
		return srv_start(srv, flags, level);
	srv->port = port;
	srv->deadline = SRV_NEVER;
	return 1;
}

int srv_memory(struct srv *srv, void *addr, size_t size)
{
	return (int)port_memory(srv->port, addr, size);
}

int srv_mount(struct srv *srv, const char *path, uint64_t root)
{
	return (int)port_mount(srv->port, path, root);
}

/* The word in a reply: 0 means "unchanged". */
static uint32_t ready_word(struct srv *srv, uint64_t handle)
{
	return srv->ready ? PORT_READY_SET | srv->ready(srv, handle) : 0;
}

static void unlink_parked(struct srv_parked *parked)
{
	struct srv_parked **link = &parked->queue->first;

	while (*link != parked)
		link = &(*link)->next;
	*link = parked->next;
}

int64_t srv_park(struct srv *srv, struct srv_queue *queue, const struct port_request *req,
		 uint64_t done)
{
	struct srv_parked *parked = malloc(sizeof(*parked));
	struct srv_parked **link = &queue->first;

	if (!parked)
		return done ? (int64_t)done : -ENOMEM;
	if (!queue->known) {
		queue->known = true;
		queue->next_queue = srv->queues;
		srv->queues = queue;
	}
	parked->next = NULL;
	parked->queue = queue;
	parked->req = *req;
	parked->done = done;
	while (*link)
		link = &(*link)->next;
	*link = parked;
	return SRV_PARKED;
}

void srv_answer(struct srv *srv, struct srv_parked *parked, int64_t status, const void *data,
		uint32_t len)
{
	struct port_reply reply = {
		.tag = parked->req.tag,
		.status = status,
		.data = (uintptr_t)data,
		.len = len,
	};

	unlink_parked(parked);
	reply.ready = ready_word(srv, parked->req.handle);
	/* A caller that has died meanwhile is no error: its tag is dead. */
	port_reply_recv(srv->port, &reply, NULL, 0);
	free(parked);
}

void srv_push_ready(struct srv *srv, uint64_t handle)
{
	port_ready(srv->port, handle, srv->ready(srv, handle));
}

/*
 * The caller of a parked request must return.  Moved bytes must be reported, and only a request
 * that has changed nothing may be "interrupted".  A tag that is not parked has been answered.
 */
static void cancel(struct srv *srv, uint64_t tag, unsigned reason)
{
	struct srv_queue *queue;
	struct srv_parked *parked;

	if (srv->cancel && srv->cancel(srv, tag, reason))
		return;
	for (queue = srv->queues; queue; queue = queue->next_queue)
		for (parked = queue->first; parked; parked = parked->next) {
			if (parked->req.tag != tag)
				continue;
			if (reason == PORT_CANCEL_GONE) {
				unlink_parked(parked);
				free(parked);
			} else {
				srv_answer(srv, parked,
					   parked->done ? (int64_t)parked->done : -EINTR, NULL, 0);
			}
			return;
		}
}

static void take_note(struct srv *srv, const struct port_note *note)
{
	switch (note->kind) {
	case PORT_NOTE_CANCEL:
		cancel(srv, note->value, note->reason);
		break;
	case PORT_NOTE_CLOSE:
		if (srv->close)
			srv->close(srv, note->value);
		break;
	case PORT_NOTE_IRQ:
		if (srv->irq)
			srv->irq(srv, note->value);
		break;
	}
}

/* True if the path leads into a single file, or requires a directory. */
static bool is_beyond_file(const struct srv *srv, const struct port_request *req)
{
	uint64_t before = req->op == PORT_SETATTR ? sizeof(struct port_setattr) :
			  req->op == PORT_SYMLINK ? req->arg[0] : 0;

	return srv->single_file && srv_by_path(req) &&
	       (req->in_len > before || req->flags & PORT_REQ_DIRECTORY);
}

static void answer_request(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	srv_handler *handler = req->op < SRV_OPS ? srv->op[req->op] : NULL;
	int64_t status;

	if (is_beyond_file(srv, req))
		status = -ENOTDIR;
	else if (handler)
		status = handler(srv, req, reply);
	else
		status = req->op == PORT_IOCTL ? -ENOTTY : -EOPNOTSUPP;
	if (status == SRV_PARKED) {
		memset(reply, 0, sizeof(*reply));
		return;
	}
	reply->tag = req->tag;
	reply->status = status;
}

static void set_ready(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	if (req->op == PORT_OPEN && reply->status >= 0)
		reply->ready = ready_word(srv, reply->aux);
	else if (!srv_by_path(req))
		reply->ready = ready_word(srv, req->handle);
}

/* For port_reply_recv(): how long until the next tick. */
static int64_t time_left(const struct srv *srv)
{
	int64_t left;

	if (srv->deadline == SRV_NEVER)
		return -1;
	left = srv->deadline - srv_clock();
	return left > 0 ? left : 0;
}

static void take_message(struct srv *srv, const union port_message *message,
			 struct port_reply *reply)
{
	if (message->request.tag == 0)
		take_note(srv, &message->note);
	else
		answer_request(srv, &message->request, reply);
	if (srv->after)
		srv->after(srv);
}

int srv_round(struct srv *srv, struct port_reply *pending)
{
	union port_message message;
	long ret = port_reply_recv(srv->port, pending->tag ? pending : NULL, &message,
				  time_left(srv));

	/* Whatever the receive half returns, the answer has been consumed. */
	memset(pending, 0, sizeof(*pending));
	switch (ret) {
	case -EAGAIN:		/* time for the tick */
	case -EINTR:
	case -ESRCH:		/* the answered caller was gone */
	case -EFAULT:		/* the answered caller's buffer was bad: the caller gets an error */
		break;
	default:
		if (ret < 0)
			return (int)ret;
		take_message(srv, &message, pending);
	}
	if (srv->deadline != SRV_NEVER && srv_clock() >= srv->deadline)
		srv->tick(srv);
	/* Last, so that read and poll agree: the answer must not undo what the tick has told. */
	if (pending->tag)
		set_ready(srv, &message.request, pending);
	return 0;
}

int srv_run(struct srv *srv)
{
	struct port_reply pending = { 0 };
	int error;

	do
		error = srv_round(srv, &pending);
	while (error == 0);
	srv_log(srv, "cannot receive: error %d", -error);
	return error;
}

int srv_fetch(struct srv *srv, const struct port_request *req, uint64_t off, void *buf, size_t len)
{
	long n;

	if (off > req->in_len || len > req->in_len - off)
		return -EINVAL;
	if (req->in_len <= PORT_INLINE) {
		memcpy(buf, req->data + off, len);
		return 0;
	}
	n = lease_read(srv->port, req->tag, off, buf, len);
	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EFAULT;
}

int64_t srv_input(struct srv *srv, const struct port_request *req, void *buf, size_t size)
{
	int ret;

	if (req->in_len > size)
		return -EMSGSIZE;
	ret = srv_fetch(srv, req, 0, buf, req->in_len);
	return ret < 0 ? ret : (int64_t)req->in_len;
}

int64_t srv_path(struct srv *srv, const struct port_request *req, char path[SRV_PATH_MAX])
{
	int64_t n = srv_input(srv, req, path, SRV_PATH_MAX - 1);

	if (n < 0)
		return n == -EMSGSIZE ? -ENAMETOOLONG : n;
	path[n] = '\0';
	return (int64_t)strlen(path);
}
