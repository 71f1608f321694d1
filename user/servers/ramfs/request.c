/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is done around every request: its changes stay or go as a whole, and a request that was
 * carried out but not answered, because the process died, is answered without being done again.
 */
#include "ramfs.h"

static const struct srv *server;
static srv_handler *handlers[SRV_OPS];
static void (*close_handler)(struct srv *srv, uint64_t handle);

bool cred_in_group(struct cred cred, uint32_t gid)
{
	return cred.gid == gid || (cred.tag && port_in_group(server->port, cred.tag, gid) == 1);
}

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
	reply->aux = kept->last_aux;
	return req->op == PORT_OPEN ? open_again(reply, kept->last_aux) : kept->last_status;
}

/* Last of the changes. */
static void note_done(uint64_t tag, int64_t status, uint64_t aux)
{
	CHANGE(kept->last_tag) = tag;
	CHANGE(kept->last_status) = status;
	CHANGE(kept->last_aux) = aux;
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

	if (req->tag == kept->last_tag)
		status = answer_again(req, reply);
	else
		status = handlers[req->op](srv, req, reply);
	/* What failed has changed nothing and may be tried again. */
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

void requests_register(struct srv *srv)
{
	server = srv;
	ops_register(srv);
	names_register(srv);
	for (unsigned op = 0; op < SRV_OPS; op++) {
		handlers[op] = srv->op[op];
		if (srv->op[op])
			srv->op[op] = one_request;
	}
	close_handler = srv->close;
	srv->close = one_close;
}
