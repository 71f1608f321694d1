/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takeover: the open handles and the memory of a vacant port, for its next server.  The memory
 * belongs to the port and not to a process.  The server gets the port itself by
 * port_adopt() (kernel/fs/sys_server.c). include/uapi/port.h describes these system calls.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/vm.h>
#include "ipc_internal.h"

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

	/* Once it is set, it is not replaced. */
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
	ret = vm_map(current->mm, &(struct vm_mapping){
		.addr = addr, .len = size, .flags = VM_READ | VM_WRITE | VM_SHARED, .fixed = true,
		.object = memory, .name = "port:[memory]" });
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
	int error;

	if (!port_memory_args_ok(addr, size))
		return -EINVAL;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	error = port_map_memory(port, addr, size);
	port_put(port);
	return error;
}

SYSCALL_DEFINE3(port_discard, int, fd, unsigned long, addr, size_t, size)
{
	struct port *port;
	int error = -EINVAL;

	if (!port_memory_args_ok(addr, size))
		return -EINVAL;
	port = port_from_fd(fd);
	if (IS_ERR(port))
		return PTR_ERR(port);
	if (port->memory)
		error = vm_discard(current->mm, addr, size, port->memory);
	port_put(port);
	return error;
}
