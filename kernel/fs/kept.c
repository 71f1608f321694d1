/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kept answers of a stable server (PORT_STABLE): the kernel keeps attributes and one block of the
 * contents with an open file, and repeats them without a call.  Each has a number from
 * port_stable_since(), and is valid while port_unchanged_since() is true for that number.
 * docs/ipc.md has the proof.  So a write to any file of a server ends the validity of all answers
 * that are kept of the server.
 *
 * A block is for programs that read a file in small pieces.  It is fetched when a small read is
 * near the previous one, with no change in between: then one request answers many reads.
 *
 * Lock: file->lock for the fields that struct kept names.  A published block is constant.  A
 * reader has a reference while it copies; the last reference frees the block.
 */
#include <neurath/atomic.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "file_port.h"

#define KEPT_SMALL	1024U		/* longer reads go to the server */
#define KEPT_ALIGN	512U		/* where blocks begin */
#define KEPT_BLOCKS	1024		/* at most, of all files */

struct kept_block {
	atomic_t refs;
	u32 len;			/* (!) less than there is room: the file ends here */
	loff_t start;			/* (!) */
	u64 since;			/* (!) */
	u8 data[4096 - 24];		/* (!) */
};
_Static_assert(sizeof(struct kept_block) == PAGE_SIZE, "a block is a page");

/* Legend: (f) file->lock. */
struct kept {
	u64 attr_since;			/* (f) of attr; 0: none */
	struct port_attr attr;		/* (f) */
	struct kept_block *block;	/* (f) or NULL */
	u64 read_since;			/* (f) port->changes at the last small read, and */
	loff_t read_pos;		/* (f) where that was */
};

static atomic_t kept_blocks;

/* Of a file of a stable server; NULL: of another one, or no memory. */
static struct kept *kept_of(struct file *f)
{
	struct port_file *pf = port_file_of(f);
	struct kept *kept = smp_load_acquire(&pf->kept);

	if (kept || !(pf->port->flags & PORT_STABLE))
		return kept;
	kept = kzalloc(sizeof(*kept), GFP_KERNEL);
	if (!kept)
		return NULL;
	spin_lock(&f->lock);
	if (!pf->kept) {
		/* Pairs with the acquire above: it is empty, not full of rubbish. */
		smp_store_release(&pf->kept, kept);
		kept = NULL;
	}
	spin_unlock(&f->lock);
	kfree(kept);
	return pf->kept;
}

/* ---- attributes ---------------------------------------------------------------- */

bool kept_attr(struct file *f, struct port_attr *attr)
{
	struct port_file *pf = port_file_of(f);
	struct kept *kept = smp_load_acquire(&pf->kept);
	bool valid;

	if (!kept)
		return false;
	spin_lock(&f->lock);
	valid = port_unchanged_since(pf->port, kept->attr_since);
	if (valid)
		*attr = kept->attr;
	spin_unlock(&f->lock);
	return valid;
}

void kept_attr_set(struct file *f, const struct port_attr *attr, u64 since)
{
	struct kept *kept = since ? kept_of(f) : NULL;

	if (!kept)
		return;
	spin_lock(&f->lock);
	/* Of two that asked at once, the later one may come first. */
	if (since > kept->attr_since) {
		kept->attr = *attr;
		kept->attr_since = since;
	}
	spin_unlock(&f->lock);
}

/* ---- contents ------------------------------------------------------------------- */

static void kept_block_put(struct kept_block *block)
{
	if (block && atomic_dec_and_test(&block->refs)) {
		kfree(block);
		atomic_dec(&kept_blocks);
	}
}

static struct kept_block *kept_block_alloc(void)
{
	struct kept_block *block = NULL;

	/* Zeroed: a server may say that it has written more than it has. */
	if (atomic_inc_return(&kept_blocks) <= KEPT_BLOCKS)
		block = kzalloc(sizeof(*block), GFP_KERNEL);
	if (!block)
		atomic_dec(&kept_blocks);
	else
		atomic_set(&block->refs, 1);
	return block;
}

/* True if @block contains all @len bytes at @pos, or the end of the file. */
static bool kept_block_covers(const struct kept_block *block, loff_t pos, size_t len)
{
	u64 from = (u64)pos - (u64)block->start;

	return pos >= block->start && from <= sizeof(block->data) &&
	       (from + len <= block->len || block->len < sizeof(block->data));
}

/* A valid block for a read, with a reference; or NULL, and *fetch says if a block is worth it. */
static struct kept_block *kept_find(struct file *f, struct kept *kept, loff_t pos, size_t len,
				    bool *fetch)
{
	struct port *port = port_file_of(f)->port;
	u64 changes = READ_ONCE(port->changes);
	struct kept_block *block;

	spin_lock(&f->lock);
	block = kept->block;
	if (block && port_unchanged_since(port, block->since) && kept_block_covers(block, pos, len))
		atomic_inc(&block->refs);
	else
		block = NULL;
	*fetch = kept->read_since == changes &&
		 (u64)pos - (u64)kept->read_pos + KEPT_ALIGN < sizeof(block->data);
	kept->read_since = changes;
	kept->read_pos = pos;
	spin_unlock(&f->lock);
	return block;
}

static ssize_t kept_give(const struct kept_block *block, struct iobuf *io, loff_t *pos)
{
	size_t from = (size_t)(*pos - block->start);
	ssize_t n;

	if (from >= block->len)
		return 0;
	n = iobuf_put(io, block->data + from, min((size_t)(block->len - from), io->len));
	if (n > 0)
		*pos += n;
	return n;
}

/* The new block is found from now on, if nothing has changed since it was asked for. */
static void kept_block_set(struct file *f, struct kept *kept, struct kept_block *block)
{
	struct kept_block *old = NULL;

	spin_lock(&f->lock);
	if (!kept->block || kept->block->since <= block->since) {
		old = kept->block;
		kept->block = block;
		atomic_inc(&block->refs);
	}
	spin_unlock(&f->lock);
	kept_block_put(old);
}

/* As kept_read(). */
static ssize_t kept_fetch(struct file *f, struct kept *kept, struct iobuf *io, loff_t *pos)
{
	u64 since = port_stable_since(port_file_of(f)->port);
	struct kept_block *block = since ? kept_block_alloc() : NULL;
	ssize_t n;

	if (!block)
		return -EAGAIN;
	block->start = *pos - *pos % KEPT_ALIGN;
	block->since = since;
	n = port_read_kernel(f, block->data, sizeof(block->data), block->start);
	if (n >= 0 && n < (ssize_t)sizeof(block->data) &&
	    test_task_flag(current, TIF_NOTIFY_SIGNAL))
		n = -EAGAIN;		/* it may be short because of the kick */
	if (n >= 0) {
		block->len = (u32)n;
		kept_block_set(f, kept, block);
		n = kept_give(block, io, pos);
	}
	kept_block_put(block);
	return n;
}

ssize_t kept_read(struct file *f, struct iobuf *io, loff_t *pos)
{
	struct kept *kept = io->len <= KEPT_SMALL && S_ISREG(f->mode) ? kept_of(f) : NULL;
	struct kept_block *block;
	bool fetch;
	ssize_t n;

	if (!kept || !io->len || *pos < 0)
		return -EAGAIN;
	block = kept_find(f, kept, *pos, io->len, &fetch);
	if (!block)
		return fetch ? kept_fetch(f, kept, io, pos) : -EAGAIN;
	n = kept_give(block, io, pos);
	kept_block_put(block);
	return n;
}

void kept_free(struct port_file *pf)
{
	if (!pf->kept)
		return;
	kept_block_put(pf->kept->block);
	kfree(pf->kept);
	pf->kept = NULL;
}
