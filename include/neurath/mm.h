/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical pages and kernel objects: the page allocator, slab caches, kmalloc,
 * and the vmap area.  kernel/mm owns it.  None of it sleeps; all may be called
 * with interrupts off and under any lock of a rank below RANK_SLAB.
 */
#ifndef NEURATH_MM_H
#define NEURATH_MM_H

#include <neurath/arch.h>
#include <neurath/list.h>

/* Linux's names, for modules.  Only __GFP_ZERO changes anything here. */
#define __GFP_ZERO	0x100u
#define GFP_KERNEL	0xcc0u
#define GFP_ATOMIC	0x820u
#define GFP_NOWAIT	0x800u

/*
 * For memory that a user process pays for: fails early, so that the kernel and its servers
 * can go on.
 */
#define __GFP_USER	0x200u
#define GFP_USER	(GFP_KERNEL | __GFP_USER)

#define PAGE_MAX_ORDER	10		/* largest block: 4 MiB */

/* One per page frame, in an array indexed by frame number. */
struct page {
	atomic_t refs;			/* 0 = free, or cached for this CPU */
	u8 order;			/* of a free block, or of the allocation */
	u8 flags;			/* PG_; written by the owner of the block only */
	u16 unused;
	union {
		void *slab;		/* struct slab of a page with PG_SLAB */
		struct page *next;	/* of a page table: arch's chain of one address space */
	};
};
#define PG_SLAB		1
#define PG_RESERVED	2		/* firmware, kernel image: never freed */
#define PG_BUDDY	4		/* head of a free block; pages_lock */

extern struct page *mem_map;		/* constant after mm_init() */
extern unsigned long mem_map_pages;	/* frames it covers */

static __always_inline struct page *phys_to_page(phys_addr_t pa)
{
	return &mem_map[pa >> PAGE_SHIFT];
}

static __always_inline phys_addr_t page_to_phys(const struct page *page)
{
	return (phys_addr_t)(page - mem_map) << PAGE_SHIFT;
}

static __always_inline void *page_to_virt(const struct page *page)
{
	return phys_to_virt(page_to_phys(page));
}

/* Direct map and kernel image only: not vmalloc, stacks or modules. */
static __always_inline struct page *virt_to_page(const void *va)
{
	return phys_to_page(virt_to_phys(va));
}

/* 2^order contiguous pages with one reference, or NULL. */
struct page *page_alloc(unsigned order, gfp_t gfp);
void page_free(struct page *page);	/* of page_put(): the reference count is 0 */

static __always_inline void page_get(struct page *page)
{
	atomic_inc(&page->refs);
}

/* Frees at the last reference; pages with PG_RESERVED never reach it. */
static __always_inline void page_put(struct page *page)
{
	if (atomic_dec_and_test(&page->refs))
		page_free(page);
}

/* Whole pages by direct-map address: arch/x86_64/page.S. */
void page_clear(void *va);
void page_copy(void *dst, const void *src);

/* Single zeroed page by direct-map address, for page tables. NULL = no memory. */
void *page_alloc_table(void);
void page_free_table(void *va);
size_t pages_total(void), pages_free(void), pages_slab(void), pages_cached(void);
void mm_init(void);			/* takes the memory that boot/ hands over; boot CPU, once */
/* Gives [start, end) of the boot image back. */
void mm_free_boot_range(phys_addr_t start, phys_addr_t end);

/* Objects of one size, at most 8 KiB; a cache is never destroyed. */
struct kmem_cache;
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *obj);
struct kmem_cache_stat {
	const char *name;
	unsigned size;			/* of an object, with what rounding adds */
	unsigned per_slab, slab_pages;
	unsigned long slabs;
	long used;			/* objects in use; exact while nobody allocates */
};
/* The cache after @cache (NULL = first) and its numbers; NULL at the end. (any) */
struct kmem_cache *kmem_cache_stat(struct kmem_cache *cache, struct kmem_cache_stat *out);

void *kmalloc(size_t size, gfp_t gfp);	/* NULL = no memory; 16-byte aligned */
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);	/* checks for overflow */
void *krealloc(const void *p, size_t size, gfp_t gfp);
void kfree(const void *p);

size_t ksize(const void *p);		/* what kmalloc() really gave */

/* Page-wise mapped memory in the vmap area, guard page below and above. (task, interrupts on) */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(void *p);
/* Registers of a device, whole pages, uncached; vfree() unmaps them. NULL = no memory. */
void *vmap_device(phys_addr_t pa, size_t size);
/* Kernel stacks: KSTACK_SIZE with an unmapped guard page below; cached. */
void *kstack_alloc(void);			/* (task, interrupts on) */
void kstack_free(void *base);			/* (irq) */
/* Memory of modules, in MODULE_BASE..MODULE_END, mapped RW+NX; kprotect_range() seals it. */
void *module_alloc(size_t size);
void module_free(void *p);

/* Whether this allocation of current is the one that a test wants to fail: fault_inject.c. */
bool fault_inject_should_fail(void);

#endif
