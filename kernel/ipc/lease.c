/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leases: a server's access to the buffers of a call that it serves.  The bytes are copied once:
 * from or to the server's memory (current's, by the user-copy functions, which may fault) and the
 * client's pages (through the direct map; each page is held while it is copied).  At most one
 * address space is locked at a time: the client's inside vm_pin_page(), the server's inside the
 * copy.
 *
 * The caller has pinned the call, so the client cannot leave.  No lock is held.
 */
#include <neurath/mm.h>
#include <neurath/vm.h>
#include "ipc_internal.h"

/* Pins the page of the lease at @off, and returns how much of it may be used. */
static int lease_pin(struct call *c, const struct iobuf *lease, u64 off, bool write,
		     struct page **page, void **at, size_t *n)
{
	unsigned long addr = (unsigned long)lease->base + off;
	int error = c->mm ? vm_pin_page(c->mm, addr, write, page) : -EFAULT;

	if (error)
		return error;
	*at = (char *)page_to_virt(*page) + addr % PAGE_SIZE;
	*n = min_t(size_t, *n, PAGE_SIZE - addr % PAGE_SIZE);
	return 0;
}

/* Copies one piece within a page of the client.  Returns the bytes, or -EFAULT. */
static ssize_t lease_copy_piece(struct call *c, bool to_client, u64 off, void __user *mine,
				size_t n, bool *client_fault)
{
	const struct iobuf *lease = to_client ? &c->out : &c->in;
	struct page *page = NULL;
	void *at = (char *)lease->base + off;
	int error = 0;

	if (lease->user)
		error = lease_pin(c, lease, off, to_client, &page, &at, &n);
	if (error) {
		*client_fault = true;
		return -EFAULT;
	}
	error = to_client ? copy_from_user(at, mine, n) : copy_to_user(mine, at, n);
	if (page)
		page_put(page);
	return error ? error : (ssize_t)n;
}

static ssize_t lease_copy(struct call *c, bool to_client, u64 off, void __user *mine, size_t n,
			  bool *client_fault)
{
	size_t size = to_client ? c->out.len : c->in.len;
	size_t done = 0;

	*client_fault = false;
	if (off >= size)
		return 0;
	n = min(n, size - off);
	while (done < n) {
		ssize_t ret = lease_copy_piece(c, to_client, off + done, (char *)mine + done,
					       n - done, client_fault);
		if (ret < 0)
			return ret;
		done += ret;
	}
	return done;
}

ssize_t lease_copy_out(struct call *c, u64 off, const void __user *src, size_t n,
		       bool *client_fault)
{
	return lease_copy(c, true, off, (void *)src, n, client_fault);
}

ssize_t lease_copy_in(struct call *c, u64 off, void __user *dst, size_t n, bool *client_fault)
{
	return lease_copy(c, false, off, dst, n, client_fault);
}
