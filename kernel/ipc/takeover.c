/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a server needs to go on where the last one died: the vacant port itself, the
 * handles that are open, and memory that belongs to the port and not to a process.
 * System calls of servers; include/uapi/port.h describes them.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/vm.h>
#include "ipc_internal.h"

/* ---- the port ------------------------------------------------------------------- */

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
	int ret;

	if (!is_superuser())
		return -EPERM;
	req.path = path_from_user(AT_FDCWD, upath);
	if (IS_ERR(req.path))
		return PTR_ERR(req.path);
	ret = port_fd_create(port_find_kind, &req);
	kfree(req.path);
	return ret;
}

/* ---- the handles ------------------------------------------------------------------ */

#define HANDLES_MAX	(1UL << 20)

static size_t port_get_handles(struct port *port, u64 *handles, size_t room)
{
	unsigned long flags;
	size_t count;

	spin_lock_irqsave(&port->lock, flags);
	count = port_count_handles(port, handles, room);
	spin_unlock_irqrestore(&port->lock, flags);
	return count;
}

static long port_copy_handles(struct port *port, u64 __user *uhandles, size_t room)
{
	u64 *handles = room ? vmalloc(room * sizeof(*handles)) : NULL;
	size_t count, bytes;
	long ret;

	if (room && !handles)
		return -ENOMEM;
	count = port_get_handles(port, handles, room);
	bytes = min(count, room) * sizeof(*handles);
	ret = bytes && copy_to_user(uhandles, handles, bytes) ? -EFAULT : (long)count;
	if (handles)
		vfree(handles);
	return ret;
}

SYSCALL_DEFINE3(port_handles, int, fd, u64 __user *, handles, size_t, room)
{
	struct port *port;
	long ret;

	if (room > HANDLES_MAX)
		return -EINVAL;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = port_copy_handles(port, handles, room);
	port_put(port);
	return ret;
}

/* ---- the memory -------------------------------------------------------------------- */

/* The memory of @port, of @nr_pages, with a reference; or an error pointer. */
static struct vmobject *port_get_memory(struct port *port, size_t nr_pages)
{
	struct vmobject *fresh = NULL, *memory;
	unsigned long flags;

	/* Never replaced once it is there. */
	if (!READ_ONCE(port->memory)) {
		fresh = vmobject_anon(nr_pages);
		if (!fresh)
			return ERR_PTR(-ENOMEM);
	}
	spin_lock_irqsave(&port->lock, flags);
	if (!port->memory) {
		port->memory = fresh;
		fresh = NULL;
	}
	memory = port->memory;
	spin_unlock_irqrestore(&port->lock, flags);
	if (fresh)
		vmobject_put(fresh);
	if (memory->nr_pages != nr_pages)
		return ERR_PTR(-EINVAL);
	vmobject_get(memory);
	return memory;
}

static int port_map_memory(struct port *port, unsigned long addr, size_t size)
{
	struct vmobject *memory = port_get_memory(port, size >> PAGE_SHIFT);
	long ret;

	if (IS_ERR(memory))
		return PTR_ERR(memory);
	ret = vm_map(current->mm, addr, size, VM_READ | VM_WRITE | VM_SHARED, true, memory, 0,
		     "port:[memory]");
	if (ret < 0)
		vmobject_put(memory);
	return ret < 0 ? ret : 0;
}

static bool port_memory_args_ok(unsigned long addr, size_t size)
{
	return size && !((addr | size) & ~PAGE_MASK) && size >> PAGE_SHIFT <= 2 * pages_total();
}

SYSCALL_DEFINE3(port_memory, int, fd, unsigned long, addr, size_t, size)
{
	struct port *port;
	int ret;

	if (!port_memory_args_ok(addr, size))
		return -EINVAL;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	ret = port_map_memory(port, addr, size);
	port_put(port);
	return ret;
}

SYSCALL_DEFINE3(port_discard, int, fd, unsigned long, addr, size_t, size)
{
	struct port *port;
	int ret = -EINVAL;

	if (!port_memory_args_ok(addr, size))
		return -EINVAL;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	if (port->memory)
		ret = vm_discard(current->mm, addr, size, port->memory);
	port_put(port);
	return ret;
}
