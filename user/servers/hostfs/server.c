/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The port of this server's requests: set by main() before the first request. */
#include "hostfs.h"

static struct srv *server;

void hostfs_set_server(struct srv *srv)
{
	server = srv;
}

struct srv *hostfs_server(void)
{
	return server;
}
