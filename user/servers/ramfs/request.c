/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame of every request: its changes are kept or undone as a whole.  A request that was
 * executed but not answered, because the process died, is answered without being executed again.
 */
#include "ramfs.h"

static srv_handler *handlers[SRV_OPS];
static void (*close_handler)(struct srv *srv, uint64_t handle);
static int64_t (*open_handler_again)(struct port_reply *reply, uint64_t handle);

static bool changes_something(unsigned op)
{
	switch (op) {
	case PORT_READ:
	case PORT_STAT:
	case PORT_READDIR:
	case PORT_READLINK:
	case PORT_STATFS:
	case PORT_SYNC:
		return false;
	}
	return true;
}

static int64_t answer_again(const struct port_request *req, struct port_reply *reply)
{
	int64_t rc = req->op == PORT_OPEN ? open_handler_again(reply, kept->last.aux) : 0;

	reply->aux = kept->last.aux;
	return rc < 0 ? rc : kept->last.status;
}

/* The last of the changes. */
static void note_done(uint64_t tag, int64_t status, uint64_t aux)
{
	CHANGE(kept->last) = (struct last_request){ tag, aux, status };
}

static void finish(struct srv *srv)
{
	undo_commit(srv);
	nodes_reap(srv);
}

static int64_t one_request(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	int64_t status;

	if (req->tag == kept->last.tag)
		status = answer_again(req, reply);
	else
		status = handlers[req->op](srv, req, reply);
	/* A failed request has changed nothing and may be repeated. */
	if (status >= 0 && changes_something(req->op))
		note_done(req->tag, status, reply->aux);
	finish(srv);
	return status;
}

static void one_close(struct srv *srv, uint64_t handle)
{
	close_handler(srv, handle);
	finish(srv);
}

void requests_register(struct srv *srv,
		       int64_t (*open_again)(struct port_reply *reply, uint64_t handle))
{
	open_handler_again = open_again;
	for (unsigned op = 0; op < SRV_OPS; op++) {
		handlers[op] = srv->op[op];
		if (srv->op[op])
			srv->op[op] = one_request;
	}
	close_handler = srv->close;
	srv->close = one_close;
}
