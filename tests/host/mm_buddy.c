/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm_buddy.c - the buddy system and the slab caches, on an array in place of physical memory. */
#include "mm_shim.h"
#include "../../kernel/kmem/buddy.c"
#include "../../kernel/kmem/slab.c"

struct page *mem_map;
unsigned long mem_map_pages = SHIM_PAGES;
static struct buddy buddy;

struct page *page_alloc(unsigned order, gfp_t gfp)
{
	struct page *page = order > PAGE_MAX_ORDER ? NULL : buddy_take(&buddy, order);

	if (!page)
		return NULL;
	atomic_set(&page->refs, 1);
	if (gfp & __GFP_ZERO)
		memset(page_to_virt(page), 0, PAGE_SIZE << order);
	return page;
}

void page_free(struct page *page)
{
	buddy_give(&buddy, page, page->order);
}

bool fault_inject_should_fail(void)
{
	return false;
}

static void reset(void)
{
	free(mem_map);
	mem_map = calloc(SHIM_PAGES, sizeof(struct page));
	buddy_setup(&buddy);
	for (unsigned long i = 0; i < SHIM_PAGES; i += BIT(PAGE_MAX_ORDER))
		buddy_give(&buddy, &mem_map[i], PAGE_MAX_ORDER);
	memset(kmalloc_caches, 0, sizeof(kmalloc_caches));
	memset(&slab_cache_cache, 0, sizeof(slab_cache_cache));
	slab_init();
}

static void blocks_are_aligned_and_disjoint(void)
{
	static u8 owner[SHIM_PAGES];
	struct page *page;

	memset(owner, 0, sizeof(owner));
	for (unsigned n = 0; ; n++) {
		unsigned order = n % 5;

		page = page_alloc(order, 0);
		if (!page)
			break;
		CHECK(((page - mem_map) & (BIT(order) - 1)) == 0);
		for (unsigned long i = 0; i < BIT(order); i++)
			CHECK(!owner[page - mem_map + i]++);
	}
}

static void all_memory_can_be_taken_and_joins_again(void)
{
	static struct page *pages[SHIM_PAGES];

	for (unsigned long i = 0; i < SHIM_PAGES; i++)
		CHECK((pages[i] = page_alloc(0, 0)));
	CHECK(!page_alloc(0, 0));
	CHECK(buddy.nr_free == 0);
	/* Odd pages are freed first: no pages can join until the even pages follow. */
	for (unsigned long i = 1; i < SHIM_PAGES; i += 2)
		page_put(pages[i]);
	CHECK(!page_alloc(1, 0));
	for (unsigned long i = 0; i < SHIM_PAGES; i += 2)
		page_put(pages[i]);
	CHECK(buddy.nr_free == SHIM_PAGES);
	for (unsigned long i = 0; i < SHIM_PAGES >> PAGE_MAX_ORDER; i++)
		CHECK(page_alloc(PAGE_MAX_ORDER, 0));
}

static void random_traffic_loses_nothing(void)
{
	struct page *held[200] = { 0 };

	for (unsigned n = 0; n < 100000; n++) {
		unsigned i = shim_random(200);

		if (held[i]) {
			page_put(held[i]);
			held[i] = NULL;
		} else {
			held[i] = page_alloc(shim_random(7), 0);
		}
	}
	for (unsigned i = 0; i < 200; i++)
		if (held[i])
			page_put(held[i]);
	CHECK(buddy.nr_free == SHIM_PAGES);
	CHECK(page_alloc(PAGE_MAX_ORDER, 0));
}

static void kmalloc_gives_aligned_memory_of_the_size(void)
{
	for (size_t size = 0; size <= 20000; size += size < 300 ? 1 : 97) {
		char *p = kmalloc(size, 0), *q = kmalloc(size, 0);

		CHECK(p && q && !((unsigned long)p & 15));
		CHECK(ksize(p) >= size);
		memset(p, 0xaa, ksize(p));
		memset(q, 0x55, ksize(q));
		for (size_t i = 0; i < size; i++)
			CHECK((u8)p[i] == 0xaa && (u8)q[i] == 0x55);
		kfree(p);
		kfree(q);
	}
	CHECK(!kmalloc((PAGE_SIZE << PAGE_MAX_ORDER) + 1, 0));
}

static void objects_survive_traffic_over_cpus(void)
{
	struct { u32 *p; unsigned words; u32 mark; } held[500] = { 0 };

	for (unsigned n = 0; n < 200000; n++) {
		unsigned i = shim_random(500);

		shim_cpu = shim_random(4);
		if (held[i].p) {
			for (unsigned w = 0; w < held[i].words; w++)
				CHECK(held[i].p[w] == held[i].mark);
			kfree(held[i].p);
			held[i].p = NULL;
			continue;
		}
		held[i].words = 1 + shim_random(shim_random(10) ? 60 : 1500);
		held[i].p = kmalloc(held[i].words * 4, 0);
		held[i].mark = n;
		CHECK(held[i].p);
		for (unsigned w = 0; w < held[i].words; w++)
			held[i].p[w] = n;
	}
	shim_cpu = 0;
	for (unsigned i = 0; i < 500; i++)
		kfree(held[i].p);
}

static void slabs_go_back_to_the_page_allocator(void)
{
	static void *held[5000];
	struct kmem_cache *c = kmem_cache_create("test", 200, 64);
	size_t before = buddy.nr_free;

	CHECK(c && buddy.nr_free == before);
	for (unsigned i = 0; i < 5000; i++) {
		CHECK((held[i] = kmem_cache_alloc(c, __GFP_ZERO)));
		CHECK(!((unsigned long)held[i] & 63) && *(u64 *)held[i] == 0);
	}
	for (unsigned i = 0; i < 5000; i++)
		kmem_cache_free(c, held[i]);
	/* The cache may keep one empty block, and the blocks of this CPU. */
	CHECK(before - buddy.nr_free <= (1 + 2 * c->batch) * BIT(c->order));
	CHECK(pages_slab() >= before - buddy.nr_free);
}

static void krealloc_keeps_the_contents(void)
{
	char *p = krealloc(NULL, 10, 0);

	memcpy(p, "neurath", 8);
	for (size_t size = 20; size < 30000; size *= 2) {
		p = krealloc(p, size, 0);
		CHECK(p && !strcmp(p, "neurath"));
	}
	kfree(p);
	CHECK(!kcalloc(1UL << 33, 1UL << 33, 0));
}

static void exhaustion_gives_null_and_recovers(void)
{
	static void *held[SHIM_PAGES * 2];
	unsigned n = 0;

	while ((held[n] = kmalloc(2048, 0)))
		n++;
	CHECK(n > SHIM_PAGES);
	CHECK(!kmalloc(100000, 0));
	while (n)
		kfree(held[--n]);
	CHECK(kmalloc(100000, 0));
}

int main(void)
{
	reset(); RUN(blocks_are_aligned_and_disjoint);
	reset(); RUN(all_memory_can_be_taken_and_joins_again);
	reset(); RUN(random_traffic_loses_nothing);
	reset(); RUN(kmalloc_gives_aligned_memory_of_the_size);
	reset(); RUN(objects_survive_traffic_over_cpus);
	reset(); RUN(slabs_go_back_to_the_page_allocator);
	reset(); RUN(krealloc_keeps_the_contents);
	reset(); RUN(exhaustion_gives_null_and_recovers);
	return tap_done();
}
