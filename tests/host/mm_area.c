/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm_area.c - areas against a model: random maps, unmaps and protects on a small address space. After each
 * step the areas are compared with one byte per page, and free ranges with a walk over these bytes.  Some
 * allocations fail: a call that fails must not have changed anything.
 *
 * sources: kernel/lib/avl.c
 */
#include "mm_shim.h"
#include "../../kernel/mm/area.c"
#include "../../kernel/mm/area_tree.c"
#include "../../kernel/mm/map.c"

#define PAGES	200UL
#define BASE	0x100000UL
#define NOTHING	0xff

struct page *mem_map;
unsigned long mem_map_pages;
static struct mm mm;
static u8 model[PAGES];			/* access bits of each page, or NOTHING */
static unsigned fail_in;		/* the n-th allocation fails */
static bool has_failed;		/* an allocation has failed since the step began */
static long objects_alive;

struct kmem_cache { size_t size; };
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	static struct kmem_cache cache;

	cache.size = size;
	return &cache;
}

void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp)
{
	if (fail_in && !--fail_in) {
		has_failed = true;
		return NULL;
	}
	objects_alive++;
	return calloc(1, c->size);
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	objects_alive--;
	free(obj);
}

void kfree(const void *p)
{
	free((void *)p);
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return strdup(s);
}

static struct vmobject object = { .refs = ATOMIC_INIT(1) };

void vmobject_get(struct vmobject *o)
{
	atomic_inc(&o->refs);
}

void vmobject_put(struct vmobject *o)
{
	CHECK(atomic_dec_return(&o->refs) > 0);
}

/* Page tables are not part of this test; only the range of each call to them is checked. */
void vm_zap(struct mm *m, struct vm_area *area, unsigned long start, unsigned long end, bool flush)
{
	CHECK(area->start <= start && start < end && end <= area->end && flush);
}

void vm_reprotect(struct mm *m, struct vm_area *area)
{
}

int vm_pte_prot(const struct vm_area *area, bool writable)
{
	return 0;
}

pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create)
{
	return NULL;
}

void mutex_lock(struct mutex *m)
{
}

void mutex_unlock(struct mutex *m)
{
}

u64 process_rlimit(unsigned resource)
{
	return RLIM_INFINITY;
}

size_t pages_total(void)
{
	return 1UL << 30;
}

static void model_compare(void)
{
	struct vm_area *area;
	unsigned long last = 0;
	size_t pages = 0;
	unsigned areas = 0;

	list_for_each_entry(area, &mm.areas, node) {
		CHECK(area->start < area->end && area->start >= last);
		last = area->end;
		areas++;
		pages += (area->end - area->start) >> PAGE_SHIFT;
		/* A page of the object always lies at the same place. */
		if (area->object)
			CHECK(area->offset == area->start - BASE);
		for (unsigned long va = area->start; va < area->end; va += PAGE_SIZE)
			CHECK(model[(va - BASE) >> PAGE_SHIFT] ==
			      ((area->flags & VM_ACCESS) | (area->object ? 0x10 : 0)));
	}
	for (unsigned long i = 0; i < PAGES; i++) {
		area = vm_find(&mm, BASE + i * PAGE_SIZE);
		CHECK((model[i] != NOTHING) == (area && area->start <= BASE + i * PAGE_SIZE));
		pages -= model[i] != NOTHING;
	}
	CHECK(pages == 0 && areas == mm.nr_areas && objects_alive == areas);
}

/* The highest free range of @n pages that ends at page @top or below; all memory below BASE is free. */
static unsigned long model_find_gap(unsigned long top, unsigned long n)
{
	unsigned long run = 0;

	for (unsigned long i = top; i-- > 0;) {
		run = model[i] == NOTHING ? run + 1 : 0;
		if (run == n)
			return BASE + i * PAGE_SIZE;
	}
	return BASE - (n - run) * PAGE_SIZE;
}

static void compare_gaps(void)
{
	unsigned long base = mm.mmap_base, n = 1 + shim_random(8), top = shim_random(PAGES + 1);

	mm.mmap_base = BASE + top * PAGE_SIZE;
	CHECK(area_find_gap(&mm, n * PAGE_SIZE) == model_find_gap(top, n));
	mm.mmap_base = base;
}

static void reset(void)
{
	if (!mm.areas.next) {
		INIT_LIST_HEAD(&mm.areas);
		area_tree_init(&mm);
		mm.mmap_base = BASE + PAGES * PAGE_SIZE;
		area_init();
	}
	fail_in = 0;
	vm_unmap(&mm, BASE, PAGES * PAGE_SIZE);
	memset(model, NOTHING, sizeof(model));
	model_compare();
}

static long map_anon(unsigned long addr, size_t len, unsigned flags, bool fixed)
{
	return vm_map(&mm, &(struct vm_mapping){
		.addr = addr, .len = len, .flags = flags, .fixed = fixed });
}

static void step_map(unsigned long start, unsigned long n, unsigned access, bool file)
{
	unsigned long addr = BASE + start * PAGE_SIZE;
	struct vmobject *o = file ? &object : NULL;
	long ret;

	if (o)
		vmobject_get(o);
	ret = vm_map(&mm, &(struct vm_mapping){
		.addr = addr, .len = n * PAGE_SIZE, .flags = access, .fixed = true,
		.object = o, .offset = addr - BASE, .name = file ? "f" : NULL });
	if (ret < 0) {
		CHECK(ret == -ENOMEM);
		if (o)
			vmobject_put(o);
		return;
	}
	CHECK(ret == (long)addr);
	memset(model + start, access | (file ? 0x10 : 0), n);
}

/* At a hole the call fails, but the part before the hole changes; without memory nothing changes. */
static void step_protect(unsigned long start, unsigned long n, unsigned access)
{
	unsigned char *hole = memchr(model + start, NOTHING, n);
	unsigned long end = hole ? (unsigned long)(hole - model) : start + n;
	int err;

	has_failed = false;
	err = vm_protect(&mm, BASE + start * PAGE_SIZE, n * PAGE_SIZE, access);
	CHECK(err == (hole || has_failed ? -ENOMEM : 0));
	for (unsigned long i = start; i < end && !has_failed; i++)
		model[i] = access | (model[i] & 0x10);
}

static void random_steps_agree_with_the_model(void)
{
	unsigned grown = 0, changes = 0;

	for (unsigned n = 0; n < 20000; n++) {
		unsigned long start = shim_random(PAGES), len = 1 + shim_random(PAGES - start);
		unsigned access = shim_random(8);

		/* Short ranges make many areas and a tree; long ranges make few areas. */
		len = min(len, 1UL + shim_random(n / 1000 % 2 ? 8 : 80));
		fail_in = shim_random(8) ? 0 : 1 + shim_random(3);
		switch (shim_random(5)) {
		case 0:
		case 1:
			step_map(start, len, access, shim_random(3) == 0);
			break;
		case 2:
			if (!vm_unmap(&mm, BASE + start * PAGE_SIZE, len * PAGE_SIZE))
				memset(model + start, NOTHING, len);
			break;
		default:
			step_protect(start, len, access);
		}
		fail_in = 0;
		model_compare();
		compare_gaps();
		changes += grown != area_tree_is_grown(&mm);
		grown = area_tree_is_grown(&mm);
	}
	CHECK(changes >= 10);
}

static void free_ranges_are_found_from_the_top(void)
{
	long a = map_anon(0, 3 * PAGE_SIZE, VM_READ, false);
	long b = map_anon(0, PAGE_SIZE, VM_READ | VM_WRITE, false);

	CHECK((unsigned long)a == mm.mmap_base - 3 * PAGE_SIZE);
	CHECK(b == a - (long)PAGE_SIZE);
	CHECK(vm_unmap(&mm, a + PAGE_SIZE, PAGE_SIZE) == 0);
	CHECK(map_anon(0, PAGE_SIZE, VM_EXEC, false) == a + (long)PAGE_SIZE);
	/* A wished address is granted if it is free, and not if it is occupied. */
	CHECK(map_anon(a, PAGE_SIZE, VM_READ, false) != a);
	CHECK(map_anon(BASE, PAGE_SIZE, VM_READ, false) == (long)BASE);
	vm_unmap(&mm, USER_MIN, mm.mmap_base - USER_MIN);
	CHECK(mm.nr_areas == 0 && mm.total_vm == 0);
}

static void equal_neighbours_become_one_area(void)
{
	step_map(10, 5, VM_READ, false);
	step_map(20, 5, VM_READ, false);
	CHECK(mm.nr_areas == 2);
	step_map(15, 5, VM_READ, false);
	CHECK(mm.nr_areas == 1);
	step_protect(12, 4, VM_READ | VM_WRITE);
	CHECK(mm.nr_areas == 3);
	step_protect(12, 4, VM_READ);
	CHECK(mm.nr_areas == 1);
	/* Areas of files are not joined. */
	step_map(30, 2, VM_READ, true);
	step_map(32, 2, VM_READ, true);
	CHECK(mm.nr_areas == 3);
}

static void a_stack_keeps_its_gap(void)
{
	unsigned long stack = BASE + (VM_STACK_GAP << 2);
	struct vm_area *area;

	CHECK(map_anon(stack, PAGE_SIZE, VM_READ | VM_WRITE | VM_GROWSDOWN, true) > 0);
	CHECK(map_anon(BASE, PAGE_SIZE, VM_READ, true) > 0);
	area = vm_find(&mm, stack);
	CHECK(vm_grow_stack(&mm, area, stack - PAGE_SIZE + 5) == 0);
	CHECK(area->start == stack - PAGE_SIZE);
	CHECK(vm_grow_stack(&mm, area, BASE + VM_STACK_GAP) == -EFAULT);
	CHECK(vm_grow_stack(&mm, area, BASE + PAGE_SIZE + VM_STACK_GAP) == 0);
	CHECK(!area_range_free(&mm, BASE + 2 * PAGE_SIZE, BASE + 3 * PAGE_SIZE));
	vm_unmap(&mm, BASE, 8 * VM_STACK_GAP);
}

static void bad_ranges_are_refused(void)
{
	CHECK(map_anon(0, 0, 0, false) == -ENOMEM);
	CHECK(map_anon(USER_MAX - PAGE_SIZE, 2 * PAGE_SIZE, 0, true) == -EINVAL);
	CHECK(map_anon(0, ~0UL, 0, false) == -ENOMEM);
	CHECK(map_anon(0, USER_MAX, 0, false) == -ENOMEM);
	CHECK(vm_unmap(&mm, BASE + 1, PAGE_SIZE) == -EINVAL);
	CHECK(vm_unmap(&mm, USER_MAX, 2 * PAGE_SIZE) == -EINVAL);
	CHECK(vm_unmap(&mm, BASE, ~0UL) == -EINVAL);
	CHECK(vm_protect(&mm, BASE + 1, PAGE_SIZE, 0) == -EINVAL);
	CHECK(vm_protect(&mm, BASE, ~0UL - 5000, 0) == -ENOMEM);
	CHECK(vm_protect(&mm, BASE, 0, VM_READ) == 0);
}

int main(void)
{
	reset(); RUN(random_steps_agree_with_the_model);
	reset(); RUN(free_ranges_are_found_from_the_top);
	reset(); RUN(equal_neighbours_become_one_area);
	reset(); RUN(a_stack_keeps_its_gap);
	reset(); RUN(bad_ranges_are_refused);
	reset();
	return tap_done();
}
