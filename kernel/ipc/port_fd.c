/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptor of a port.  It is close-on-exec, and only the owner process may receive on it.
 * include/uapi/port.h describes the system calls of servers.
 */
#include <neurath/file.h>
#include <neurath/syscall.h>
#include "ipc_internal.h"

static void port_fd_release(struct file *f)
{
	struct port *port = f->private;

	if (!port)
		return;
	port_owner_gone(port, NULL, f);
	port_put(port);
}

const struct file_ops port_fd_ops = {
	.release = port_fd_release,
};

struct port *port_from_fd(int fd)
{
	bool counted;
	struct port *port = port_borrow(fd, &counted);

	if (!IS_ERR(port) && !counted)
		port_get(port);
	return port;
}

int port_fd_create(struct port *(*find)(void *arg), void *arg)
{
	struct file *f = file_alloc(&port_fd_ops, O_RDWR, 0, "port:[]");
	struct port *port = f ? find(arg) : ERR_PTR(-ENOMEM);
	int ret = PTR_ERR(port);

	if (IS_ERR(port))
		goto fail;
	f->private = port;
	ret = port_set_owner(port, current->process, f);
	if (!ret)
		ret = fd_install(f, 0, true);
	if (ret >= 0)
		return ret;
fail:
	if (f)
		file_put(f);
	return ret;
}

struct port_kind {
	unsigned flags, level;
};

static struct port *port_create_kind(void *arg)
{
	const struct port_kind *kind = arg;
	struct port *port = port_create(kind->flags, kind->level);

	return port ? port : ERR_PTR(-ENOMEM);
}

SYSCALL_DEFINE2(port_create, unsigned, flags, unsigned, level)
{
	struct port_kind kind = { flags, level };

	if (flags & ~(PORT_CANCEL_OK | PORT_REATTACH | PORT_TTY | PORT_FILES | PORT_STABLE))
		return -EINVAL;
	if ((flags & (PORT_CANCEL_OK | PORT_FILES)) == PORT_FILES)
		return -EINVAL;
	return port_fd_create(port_create_kind, &kind);
}
