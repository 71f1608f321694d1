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

/* Bytes of the client: at its address, and once they are pinned at the kernel's address. */
struct lease_piece {
	void *at;
	size_t n;
	struct page *page;		/* NULL = nothing is pinned */
};

/* Pins the page at the start of @piece, and cuts @piece at the end of the page. */
static int lease_pin(struct mm *mm, struct lease_piece *piece, bool write)
{
	unsigned long addr = (unsigned long)piece->at;
	struct page *page;
	int error = mm ? vm_pin_page(mm, addr, write, &page) : -EFAULT;

	if (error)
		return error;
	piece->page = page;
	piece->at = (char *)page_to_virt(page) + addr % PAGE_SIZE;
	piece->n = min_t(size_t, piece->n, PAGE_SIZE - addr % PAGE_SIZE);
	return 0;
}

/* Copies one piece within a page of the client.  Returns the bytes, or -EFAULT. */
static ssize_t lease_copy_piece(struct call *c, bool to_client, u64 off, const struct iobuf *mine,
				bool *client_fault)
{
	const struct iobuf *lease = to_client ? &c->out : &c->in;
	struct lease_piece piece = { .at = (char *)lease->base + off, .n = mine->len };
	int error = 0;

	if (lease->user)
		error = lease_pin(c->mm, &piece, to_client);
	if (error) {
		*client_fault = true;
		return -EFAULT;
	}
	error = to_client ? copy_from_user(piece.at, mine->base, piece.n) :
			    copy_to_user(mine->base, piece.at, piece.n);
	if (piece.page)
		page_put(piece.page);
	return error ? error : (ssize_t)piece.n;
}

/* @mine is memory of the server. */
static ssize_t lease_copy(struct call *c, bool to_client, u64 off, struct iobuf mine,
			  bool *client_fault)
{
	size_t size = to_client ? c->out.len : c->in.len;
	size_t done = 0;

	*client_fault = false;
	if (off >= size)
		return 0;
	mine.len = min(mine.len, size - off);
	while (mine.len) {
		ssize_t ret = lease_copy_piece(c, to_client, off + done, &mine, client_fault);

		if (ret < 0)
			return ret;
		done += ret;
		mine.base = (char *)mine.base + ret;
		mine.len -= ret;
	}
	return done;
}

ssize_t lease_copy_out(struct call *c, u64 off, const void __user *src, size_t n,
		       bool *client_fault)
{
	return lease_copy(c, true, off, iobuf_user((void *)src, n), client_fault);
}

ssize_t lease_copy_in(struct call *c, u64 off, void __user *dst, size_t n, bool *client_fault)
{
	return lease_copy(c, false, off, iobuf_user(dst, n), client_fault);
}
