/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups of a client: the kernel has the list of supplementary groups. */
#include "ramfs.h"

static const struct srv *server;

void cred_init(const struct srv *srv)
{
	server = srv;
}

bool cred_in_group(struct cred cred, uint32_t gid)
{
	return cred.gid == gid || (cred.tag && port_in_group(server->port, cred.tag, gid) == 1);
}
