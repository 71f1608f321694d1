/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slab caches: objects of one size cut from blocks of pages, and kmalloc() on top.
 *
 *	page block:  | object | object | ... | struct slab |
 *
 * Each CPU keeps a list of free objects for each cache and uses it with interrupts off; the cache
 * lock is taken once per batch.  The first word of a free object is its list link.  A block whose
 * objects are all free returns to the page allocator, except for one block per cache.
 *
 * Does not sleep; any context but NMI.  Double frees and foreign pointers are bugs (asserted
 * where this is cheap); debug builds poison free objects.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>
#include "internal.h"

#define SLAB_MAX_SIZE	8192
#define SLAB_MAX_ORDER	3
#define SLAB_MIN_OBJECTS 8
#define POISON_FREE	0x6b

/* Stored at the end of each block. */
struct slab {
	/* (cache lock) partial or empty list; unlinked while full */
	struct list_head node;
	struct kmem_cache *cache;	/* (!) */
	void *free;			/* (cache lock) */
	unsigned inuse;			/* (cache lock) objects in use or on a CPU's list */
};

struct slab_cpu {
	void *free;
	unsigned count;
} __cacheline_aligned;

struct kmem_cache {
	const char *name;		/* (!) */
	unsigned size;			/* (!) distance between two objects */
	unsigned order;			/* (!) of a block */
	unsigned per_slab;		/* (!) */
	unsigned batch;			/* (!) objects moved between a CPU and the slabs */
	spinlock_t lock;
	struct list_head partial;	/* (lock) slabs with a free object */
	unsigned nr_empty;		/* (lock) partial slabs without a used object */
	unsigned long nr_slabs;		/* (lock) */
	unsigned long nr_out;		/* (lock) objects in use or on a CPU's list */
	struct kmem_cache *next;	/* (!) the cache that was made before this one */
	struct slab_cpu cpu[NR_CPUS];	/* that CPU, interrupts off */
};

static const unsigned kmalloc_sizes[] = {
	16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048,
};
#define KMALLOC_MAX_SLAB	2048

static struct kmem_cache kmalloc_caches[ARRAY_SIZE(kmalloc_sizes)];
/* The cache for a request, by (size - 1) / 16: a table look-up instead of a search. */
static u8 kmalloc_index[KMALLOC_MAX_SLAB / 16];
static struct kmem_cache slab_cache_cache;	/* contains the other caches */
static struct kmem_cache *slab_caches;	/* (slab_caches_lock) the newest; caches are never freed */
static DEFINE_SPINLOCK_RANK(slab_caches_lock, RANK_LEAF);
static atomic_long_t slab_pages;

static void slab_cache_setup(struct kmem_cache *c, const char *name, size_t size, size_t align)
{
	c->name = name;
	c->size = align_up(max(size, sizeof(void *)), max(align, 16UL));
	while ((PAGE_SIZE << c->order) - sizeof(struct slab) < c->size * SLAB_MIN_OBJECTS &&
	       c->order < SLAB_MAX_ORDER)
		c->order++;
	c->per_slab = ((PAGE_SIZE << c->order) - sizeof(struct slab)) / c->size;
	c->batch = clamp(2048 / c->size, 2U, 32U);
	spin_lock_init_rank(&c->lock, name, RANK_SLAB);
	INIT_LIST_HEAD(&c->partial);
	assert(c->per_slab > 0);
	spin_lock(&slab_caches_lock);
	c->next = slab_caches;
	slab_caches = c;
	spin_unlock(&slab_caches_lock);
}

void slab_init(void)
{
	unsigned index = 0;

	slab_caches = NULL;
	for (unsigned i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++)
		slab_cache_setup(&kmalloc_caches[i], "kmalloc", kmalloc_sizes[i], 16);
	for (unsigned slot = 0; slot < ARRAY_SIZE(kmalloc_index); slot++) {
		if ((slot + 1) * 16 > kmalloc_sizes[index])
			index++;
		kmalloc_index[slot] = index;
	}
	slab_cache_setup(&slab_cache_cache, "kmem_cache", sizeof(struct kmem_cache), 64);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *c;

	if (!size || size > SLAB_MAX_SIZE)
		return NULL;
	c = kmem_cache_alloc(&slab_cache_cache, GFP_KERNEL | __GFP_ZERO);
	if (c)
		slab_cache_setup(c, name, size, align);
	return c;
}

/* A new block with all objects free, not on a list yet. */
static struct slab *slab_grow(struct kmem_cache *c)
{
	struct page *page = page_alloc(c->order, GFP_KERNEL);
	struct slab *slab;
	char *base;

	if (!page)
		return NULL;
	base = page_to_virt(page);
	slab = (struct slab *)(base + (PAGE_SIZE << c->order)) - 1;
	slab->cache = c;
	slab->inuse = 0;
	slab->free = NULL;
	for (unsigned i = c->per_slab; i-- > 0; ) {
		void **obj = (void **)(base + i * c->size);

		*obj = slab->free;
		slab->free = obj;
	}
	for (unsigned i = 0; i < BIT(c->order); i++) {
		page[i].slab = slab;
		page[i].flags = PG_SLAB;
	}
	atomic_long_add(BIT(c->order), &slab_pages);
	return slab;
}

/* Frees a block to which no list and no object refers. */
static void slab_release(struct slab *slab)
{
	struct kmem_cache *c = slab->cache;
	struct page *page = virt_to_page(slab) + 1 - BIT(c->order);

	for (unsigned i = 0; i < BIT(c->order); i++) {
		page[i].flags = 0;
		page[i].slab = NULL;
	}
	atomic_long_sub(BIT(c->order), &slab_pages);
	page_put(page);
}

static void slab_cpu_push(struct slab_cpu *cpu, void *obj)
{
	*(void **)obj = cpu->free;
	cpu->free = obj;
	cpu->count++;
}

/* Moves up to a batch of objects to this CPU.  Caller holds the cache lock. */
static void slab_take_batch(struct kmem_cache *c, struct slab_cpu *cpu)
{
	assert_spin_held(&c->lock);
	while (cpu->count < c->batch && !list_empty(&c->partial)) {
		struct slab *slab = list_first_entry(&c->partial, struct slab, node);
		void *obj = slab->free;

		if (slab->inuse++ == 0)
			c->nr_empty--;
		c->nr_out++;
		slab->free = *(void **)obj;
		if (!slab->free)
			list_del(&slab->node);
		slab_cpu_push(cpu, obj);
	}
}

/* Interrupts are off. */
static void slab_refill(struct kmem_cache *c, struct slab_cpu *cpu)
{
	struct slab *fresh = NULL;

	spin_lock(&c->lock);
	slab_take_batch(c, cpu);
	spin_unlock(&c->lock);
	if (cpu->count)
		return;
	fresh = slab_grow(c);
	if (!fresh)
		return;
	spin_lock(&c->lock);
	list_add(&fresh->node, &c->partial);
	c->nr_empty++;
	c->nr_slabs++;
	slab_take_batch(c, cpu);
	spin_unlock(&c->lock);
}

/* Returns one object to its block; a block to release, or NULL.  Caller holds the cache lock. */
static struct slab *slab_give_back(struct kmem_cache *c, void *obj)
{
	struct slab *slab = virt_to_page(obj)->slab;

	assert_spin_held(&c->lock);
	assert(slab->cache == c && slab->inuse > 0);
	if (!slab->free)
		list_add(&slab->node, &c->partial);
	*(void **)obj = slab->free;
	slab->free = obj;
	c->nr_out--;
	if (--slab->inuse)
		return NULL;
	if (c->nr_empty == 0) {
		c->nr_empty++;
		list_move_tail(&slab->node, &c->partial);
		return NULL;
	}
	list_del(&slab->node);
	c->nr_slabs--;
	return slab;
}

/* Moves a batch of this CPU's objects to their blocks.  Interrupts are off. */
static void slab_flush(struct kmem_cache *c, struct slab_cpu *cpu)
{
	struct slab *unused[32];
	unsigned nr_unused = 0;

	spin_lock(&c->lock);
	for (unsigned i = 0; i < c->batch; i++) {
		void *obj = cpu->free;
		struct slab *slab;

		cpu->free = *(void **)obj;
		cpu->count--;
		slab = slab_give_back(c, obj);
		if (slab)
			unused[nr_unused++] = slab;
	}
	spin_unlock(&c->lock);
	while (nr_unused)
		slab_release(unused[--nr_unused]);
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	struct slab_cpu *cpu;
	unsigned long flags;
	void *obj;

	if (fault_inject_should_fail())
		return NULL;
	flags = irq_save();
	cpu = &c->cpu[cpu_id()];
	if (unlikely(!cpu->free))
		slab_refill(c, cpu);
	obj = cpu->free;
	if (likely(obj)) {
		cpu->free = *(void **)obj;
		cpu->count--;
	}
	irq_restore(flags);
	if (obj && (gfp & __GFP_ZERO))
		memset(obj, 0, c->size);
	return obj;
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	struct slab_cpu *cpu;
	unsigned long flags;

	debug_assert(((struct slab *)virt_to_page(obj)->slab)->cache == c);
	if (CONFIG_DEBUG)
		memset(obj, POISON_FREE, c->size);
	flags = irq_save();
	cpu = &c->cpu[cpu_id()];
	debug_assert(cpu->free != obj);
	slab_cpu_push(cpu, obj);
	if (unlikely(cpu->count > 2 * c->batch))
		slab_flush(c, cpu);
	irq_restore(flags);
}

static unsigned kmalloc_order(size_t size)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	struct page *page;

	if (likely(size <= KMALLOC_MAX_SLAB))
		return kmem_cache_alloc(&kmalloc_caches[kmalloc_index[size ? (size - 1) / 16 : 0]],
					gfp);
	if (size > PAGE_SIZE << PAGE_MAX_ORDER)
		return NULL;
	page = page_alloc(kmalloc_order(size), gfp);
	return page ? page_to_virt(page) : NULL;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kzalloc(bytes, gfp);
}

size_t ksize(const void *p)
{
	struct page *page = virt_to_page(p);

	if (page->flags & PG_SLAB)
		return ((struct slab *)page->slab)->cache->size;
	return PAGE_SIZE << page->order;
}

/* The first page of the allocation that contains @page, or NULL. */
static struct page *page_block_of(struct page *page)
{
	for (unsigned order = 0; order <= PAGE_MAX_ORDER; order++) {
		struct page *first = &mem_map[(size_t)(page - mem_map) & ~(BIT(order) - 1)];

		if (atomic_read(&first->refs) && !first->flags && first->order == order)
			return first;
	}
	return NULL;
}

size_t kmalloc_room(const void *p)
{
	unsigned long offset = (unsigned long)p - DIRECT_MAP_BASE, size, from;
	struct page *page;

	if (offset >> PAGE_SHIFT >= mem_map_pages)
		return 0;
	page = phys_to_page(offset);
	if (page->flags & PG_SLAB) {
		const struct kmem_cache *c = ((struct slab *)page->slab)->cache;

		size = c->size;
		from = offset & ((PAGE_SIZE << c->order) - 1);
		return from < c->per_slab * size ? size - from % size : 0;
	}
	page = page_block_of(page);
	return page ? page_to_phys(page) + (PAGE_SIZE << page->order) - offset : 0;
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	void *new;

	if (!p)
		return kmalloc(size, gfp);
	if (size <= ksize(p))
		return (void *)p;
	new = kmalloc(size, gfp);
	if (new) {
		memcpy(new, p, ksize(p));
		kfree(p);
	}
	return new;
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = virt_to_page(p);
	if (likely(page->flags & PG_SLAB)) {
		kmem_cache_free(((struct slab *)page->slab)->cache, (void *)p);
		return;
	}
	assert(!((unsigned long)p & ~PAGE_MASK));
	page_put(page);
}

size_t pages_slab(void)
{
	return atomic_long_read(&slab_pages);
}

struct kmem_cache *kmem_cache_stat(struct kmem_cache *c, struct kmem_cache_stat *out)
{
	spin_lock(&slab_caches_lock);
	c = c ? c->next : slab_caches;
	spin_unlock(&slab_caches_lock);
	if (!c)
		return NULL;
	out->name = c->name;
	out->size = c->size;
	out->per_slab = c->per_slab;
	out->slab_pages = BIT(c->order);
	out->slabs = READ_ONCE(c->nr_slabs);
	out->used = READ_ONCE(c->nr_out);
	for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
		out->used -= READ_ONCE(c->cpu[cpu].count);
	return c;
}
