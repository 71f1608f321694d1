/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls of servers that connect a port with paths and terminals: mount, taking over a
 * vacant port, signals to the foreground group of a terminal. include/uapi/port.h describes them.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/port.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include "../ipc/ipc_internal.h"

SYSCALL_DEFINE3(port_mount, int, fd, const char __user *, upath, u64, root)
{
	struct port *port;
	char *path;
	int error;

	if (!is_superuser())
		return -EPERM;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	path = path_from_user(AT_FDCWD, upath);
	error = IS_ERR(path) ? PTR_ERR(path) : mount_add_port(path, port, root);
	if (!IS_ERR(path))
		kfree(path);
	port_put(port);
	return error;
}

struct adopt_request {
	char *path;
	unsigned flags, level;
};

static struct port *port_find_kind(void *arg)
{
	const struct adopt_request *req = arg;
	struct port *port = mount_port_at(req->path);

	if (!port)
		return ERR_PTR(-ENOENT);
	if (port->flags == req->flags && port->level == req->level)
		return port;
	port_put(port);
	return ERR_PTR(-EINVAL);
}

SYSCALL_DEFINE3(port_adopt, const char __user *, upath, unsigned, flags, unsigned, level)
{
	struct adopt_request req = { .flags = flags, .level = level };
	int error;

	if (!is_superuser())
		return -EPERM;
	req.path = path_from_user(AT_FDCWD, upath);
	if (IS_ERR(req.path))
		return PTR_ERR(req.path);
	error = port_fd_create(port_find_kind, &req);
	kfree(req.path);
	return error;
}

SYSCALL_DEFINE3(ctty_signal, int, fd, u64, node, int, sig)
{
	struct port *port = port_from_fd(fd);
	int error = -EINVAL;

	if (IS_ERR(port))
		return PTR_ERR(port);
	if ((port->flags & PORT_TTY) && sig > 0 && sig < _NSIG)
		error = ctty_send_signal(tty_id(port, node), sig);
	port_put(port);
	return error == -ESRCH ? 0 : error;
}
