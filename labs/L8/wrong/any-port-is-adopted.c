/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flags and the level of the port are not compared with those that the new server requests. A server that cannot
 * cancel calls gets a port whose clients were promised that calls can be cancelled.
 *
 * loses: P5 P10
 */
/* splice: kernel/fs/sys_server.c */
static struct port *port_find_kind(void *arg)
{
	const struct adopt_request *req = arg;
	struct port *port = mount_port_at(req->path);

	return port ? port : ERR_PTR(-ENOENT);
}
