/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects: the contents of shared mappings and file mappings, and the cache of file images, which
 * keeps the pages of a program between its runs.
 *
 * An image is read completely before it becomes visible, and does not change afterwards; a file
 * that changes gets a new key.  The cache holds one reference on each of its objects.  An object
 * without other references is unused; unused objects may be dropped, the oldest first.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "internal.h"

/* The number of pages read from a server at once: 2^5 = 128 KiB. */
#define READ_ORDER	5
/* Unused images may take one part in CACHE_SHARE of the memory. */
#define CACHE_SHARE	8
/* A larger table is mapped page by page and is not contiguous. */
#define TABLE_KMALLOC	(16 * PAGE_SIZE)

static DEFINE_SPINLOCK_RANK(cache_lock, RANK_OBJECT);
static LIST_HEAD(cache_list);			/* (cache_lock) newest use first */
static size_t cache_pages;			/* (cache_lock) of all objects in the list */
static struct kmem_cache *vmobject_cache;

void vmobject_init(void)
{
	vmobject_cache = kmem_cache_create("vmobject", sizeof(struct vmobject), 16);
	assert(vmobject_cache);
}

size_t pages_cached(void)
{
	return READ_ONCE(cache_pages);
}

struct vmobject *vmobject_alloc(size_t nr_pages)
{
	struct vmobject *o;
	size_t bytes;

	if (__builtin_mul_overflow(nr_pages, sizeof(struct page *), &bytes))
		return NULL;
	o = kmem_cache_alloc(vmobject_cache, GFP_KERNEL | __GFP_ZERO);
	if (!o)
		return NULL;
	o->pages = bytes > TABLE_KMALLOC ? vzalloc(bytes) : kzalloc(max(bytes, 8UL), GFP_KERNEL);
	if (!o->pages) {
		kmem_cache_free(vmobject_cache, o);
		return NULL;
	}
	atomic_set(&o->refs, 1);
	spin_lock_init_rank(&o->lock, "vmobject", RANK_OBJECT);
	INIT_LIST_HEAD(&o->cache_node);
	o->nr_pages = nr_pages;
	return o;
}

struct vmobject *vmobject_anon(size_t nr_pages)
{
	return vmobject_alloc(nr_pages);
}

void vmobject_get(struct vmobject *o)
{
	atomic_inc(&o->refs);
}

void vmobject_put(struct vmobject *o)
{
	if (!atomic_dec_and_test(&o->refs))
		return;
	if (o->release)
		o->release(o->owner);
	for (size_t i = 0; i < o->nr_pages; i++)
		if (o->pages[i])
			page_put(o->pages[i]);
	if (o->nr_pages * sizeof(struct page *) > TABLE_KMALLOC)
		vfree(o->pages);
	else
		kfree(o->pages);
	kmem_cache_free(vmobject_cache, o);
}

struct page *vmobject_page(struct mm *mm, struct vmobject *o, size_t index)
{
	struct page *page, *fresh;

	if (index >= o->nr_pages)
		return NULL;
	page = READ_ONCE(o->pages[index]);
	if (page)
		return page;
	fresh = vm_alloc_page(mm, __GFP_ZERO);
	if (!fresh)
		return NULL;
	spin_lock(&o->lock);
	page = o->pages[index];
	if (!page) {
		WRITE_ONCE(o->pages[index], fresh);
		o->nr_present++;
	}
	spin_unlock(&o->lock);
	if (!page)
		return fresh;
	page_put(fresh);
	return page;
}

/* ---- the cache of file images --------------------------------------------- */

static bool vmobject_key_equal(const struct vmobject_key *a, const struct vmobject_key *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static bool vmobject_same_file(const struct vmobject_key *a, const struct vmobject_key *b)
{
	return a->port == b->port && a->node == b->node;
}

/* The object with a reference, or NULL.  Caller holds cache_lock. */
static struct vmobject *cache_find(const struct vmobject_key *key)
{
	struct vmobject *o;

	assert_spin_held(&cache_lock);
	list_for_each_entry(o, &cache_list, cache_node) {
		if (vmobject_key_equal(&o->key, key)) {
			vmobject_get(o);
			list_move(&o->cache_node, &cache_list);
			return o;
		}
	}
	return NULL;
}

/*
 * Removes one unused object: the oldest one, or with @key an old version of that file.  The
 * caller gets its reference.  NULL = none.  Caller holds cache_lock.
 */
static struct vmobject *cache_take_unused(const struct vmobject_key *key)
{
	struct vmobject *o;

	assert_spin_held(&cache_lock);
	list_for_each_entry_reverse(o, &cache_list, cache_node) {
		if (atomic_read(&o->refs) != 1 || (key && !vmobject_same_file(&o->key, key)))
			continue;
		list_del_init(&o->cache_node);
		cache_pages -= o->nr_pages;
		return o;
	}
	return NULL;
}

static bool cache_shrink_one(size_t keep, const struct vmobject_key *key)
{
	struct vmobject *o = NULL;

	spin_lock(&cache_lock);
	if (cache_pages > keep)
		o = cache_take_unused(key);
	spin_unlock(&cache_lock);
	if (o)
		vmobject_put(o);
	return o;
}

void vmobject_shrink_cache(void)
{
	while (cache_shrink_one(0, NULL))
		;
}

/* Inserts the new image @o; if another one has the same key already, that one is used. */
static struct vmobject *cache_insert(struct vmobject *o)
{
	struct vmobject *other;

	while (cache_shrink_one(0, &o->key))
		;
	spin_lock(&cache_lock);
	other = cache_find(&o->key);
	if (!other) {
		vmobject_get(o);
		list_add(&o->cache_node, &cache_list);
		cache_pages += o->nr_pages;
	}
	spin_unlock(&cache_lock);
	if (other) {
		vmobject_put(o);
		return other;
	}
	while (cache_shrink_one(pages_total() / CACHE_SHARE, NULL))
		;
	return o;
}

/* ---- reading of an image ------------------------------------------------------ */

/* Up to 2^READ_ORDER contiguous pages, split into single ones.  Their number; 0 = no memory. */
static size_t image_alloc_chunk(struct page **pages, size_t wanted)
{
	struct page *block = wanted < BIT(READ_ORDER) ? NULL : page_alloc(READ_ORDER, GFP_KERNEL);

	if (block) {
		page_split(block);
		for (size_t i = 0; i < BIT(READ_ORDER); i++)
			pages[i] = block + i;
		return BIT(READ_ORDER);
	}
	pages[0] = vm_alloc_page(current->mm, 0);
	return pages[0] ? 1 : 0;
}

static int image_read(struct file *file, struct vmobject *o, u64 size)
{
	size_t done = 0;

	while (done < o->nr_pages) {
		size_t n = image_alloc_chunk(&o->pages[done], o->nr_pages - done);
		u64 pos = (u64)done << PAGE_SHIFT;
		size_t bytes = min(n << PAGE_SHIFT, size - pos);
		char *va;
		ssize_t got;

		if (!n)
			return -ENOMEM;
		va = page_to_virt(o->pages[done]);
		got = file_read_kernel(file, va, bytes, pos);
		if (got < 0)
			return got;
		/* The rest of the last page, or of a file that was truncated meanwhile. */
		memset(va + got, 0, (n << PAGE_SHIFT) - got);
		done += n;
		cond_resched();
	}
	return 0;
}

/* Servers with a coarse version also need size and time in the key. */
static int image_key(struct file *file, struct vmobject_key *key, bool *cached)
{
	u64 identity[3] = { 0 };
	struct stat st;
	int error = file_stat(file, &st);

	if (error)
		return error;
	*cached = file_cache_identity(file, identity);
	*key = (struct vmobject_key){
		.port = identity[0], .node = identity[1], .version = identity[2],
		.size = st.st_size,
		.mtime_ns = st.st_mtim.tv_sec * NSEC_PER_SEC + st.st_mtim.tv_nsec,
	};
	return 0;
}

static int image_create(struct file *file, const struct vmobject_key *key, struct vmobject **out)
{
	struct vmobject *o;
	unsigned held;
	int error;

	if (key->size >> PAGE_SHIFT > pages_total())
		return -ENOMEM;
	o = vmobject_alloc((key->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	if (!o)
		return -ENOMEM;
	o->key = *key;
	/* A timer signal of the program must not restart the read again and again. */
	held = transfer_hold_signals();
	error = image_read(file, o, key->size);
	transfer_release_signals(held);
	o->nr_present = o->nr_pages;
	if (error) {
		vmobject_put(o);
		return error;
	}
	*out = o;
	return 0;
}

int vmobject_of_file(struct file *file, struct vmobject **out)
{
	struct vmobject_key key;
	bool cached;
	int error;

	if (file->ops->map)
		return file->ops->map(file, out);
	error = image_key(file, &key, &cached);
	if (error)
		return error;
	if (cached) {
		spin_lock(&cache_lock);
		*out = cache_find(&key);
		spin_unlock(&cache_lock);
		if (*out)
			return 0;
	}
	error = image_create(file, &key, out);
	if (!error && cached)
		*out = cache_insert(*out);
	return error;
}

struct vmobject *vmobject_of_phys(phys_addr_t start, size_t size)
{
	struct vmobject *o = vmobject_alloc((size + PAGE_SIZE - 1) >> PAGE_SHIFT);

	if (!o)
		return NULL;
	for (size_t i = 0; i < o->nr_pages; i++) {
		o->pages[i] = phys_to_page(start + (i << PAGE_SHIFT));
		page_get(o->pages[i]);
	}
	return o;
}
