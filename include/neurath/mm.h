/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical pages and kernel objects: the page allocator, slab caches, kmalloc, and the vmap area;
 * kernel/kmem implements them.  No function sleeps unless marked; all may be called with
 * interrupts off and under any lock that ranks below RANK_SLAB.
 */
#ifndef NEURATH_MM_H
#define NEURATH_MM_H

#include <neurath/arch.h>
#include <neurath/list.h>

/* Linux's names, for modules.  Only __GFP_ZERO of these has an effect here. */
#define __GFP_ZERO	0x100u
#define GFP_KERNEL	0xcc0u
#define GFP_ATOMIC	0x820u
#define GFP_NOWAIT	0x800u

#define GFP_USER	GFP_KERNEL

/*
 * The page is for an ordinary user, or for root, for every caller.  Without these flags it
 * is for current, and the reserve that applies then depends on current: page_alloc.c.
 */
#define __GFP_USER	0x200u
#define __GFP_ROOT	0x1000u

#define PAGE_MAX_ORDER	10		/* largest block: 4 MiB */

/* One for each page frame, in an array indexed by frame number. */
struct page {
	atomic_t refs;			/* 0 = free, or in the list of a CPU */
	u8 order;			/* of a free block, or of the allocation */
	u8 flags;			/* PG_; written by the owner of the block only */
	u16 unused;
	union {
		void *slab;		/* struct slab of a page with PG_SLAB */
		struct page *next;	/* of a page table: arch's chain of one address space */
	};
};
#define PG_SLAB		1
#define PG_RESERVED	2		/* firmware, kernel image: not freed */
#define PG_BUDDY	4		/* head of a free block; pages_lock */

extern struct page *mem_map;		/* constant after mm_init() */
extern unsigned long mem_map_pages;	/* number of frames that it covers */

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

/* Only for the direct map and the kernel image, not for vmalloc, stacks or modules. */
static __always_inline struct page *virt_to_page(const void *va)
{
	return phys_to_page(virt_to_phys(va));
}

/* 2^order contiguous pages with one reference, or NULL. */
struct page *page_alloc(unsigned order, gfp_t gfp);
void page_free(struct page *page);	/* for page_put(): the reference count is 0 */

static __always_inline void page_get(struct page *page)
{
	atomic_inc(&page->refs);
}

/* Frees at the last reference; pages with PG_RESERVED do not reach it. */
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
void mm_init(void);			/* takes the memory from boot/; boot CPU, once */
/* Frees [start, end) of the boot image. */
void mm_free_boot_range(phys_addr_t start, phys_addr_t end);

/* Objects of one size, at most 8 KiB; a cache is not destroyed. */
struct kmem_cache;
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *obj);
struct kmem_cache_stat {
	const char *name;
	unsigned size;			/* size of an object, rounded up */
	unsigned per_slab, slab_pages;
	unsigned long slabs;
	long used;			/* objects in use; exact if no CPU allocates meanwhile */
};
/* The cache after @cache (NULL = first) and its numbers; NULL at the end. (any) */
struct kmem_cache *kmem_cache_stat(struct kmem_cache *cache, struct kmem_cache_stat *out);

void *kmalloc(size_t size, gfp_t gfp);	/* NULL = no memory; 16-byte aligned */
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);	/* checks for overflow */
void *krealloc(const void *p, size_t size, gfp_t gfp);
void kfree(const void *p);

size_t ksize(const void *p);		/* usable size of a kmalloc() object */
/*
 * The bytes from @p, which may be any address, to the end of the kmalloc'ed object or block of
 * pages that contains it; 0 = none does.  For memory of another owner the answer may be out of
 * date. (any)
 */
size_t kmalloc_room(const void *p);

/* Memory mapped page by page in the vmap area, with guard pages. (task, interrupts on) */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(void *p);
/* Like kmalloc_room(), for vmalloc() and kernel stacks. (any but NMI) */
size_t vmalloc_room(const void *p);
/* Registers of a device, whole pages, uncached; vfree() unmaps them. NULL = no memory. */
void *vmap_device(phys_addr_t pa, size_t size);
/* Kernel stacks: KSTACK_SIZE with an unmapped guard page below; cached. */
void *kstack_alloc(void);			/* (task, interrupts on) */
bool kstack_free(void *base);	/* true: call kstack_trim_one() later (irq) */
bool kstack_trim_one(void);	/* destroys one; false: only the cached number is left (task) */
/* Memory of modules, in MODULE_BASE..MODULE_END, mapped RW+NX; kprotect_range() seals it. */
void *module_alloc(size_t size);
void module_free(void *p);

/* True if this allocation of current must fail for a test: fault_inject.c. */
bool fault_inject_should_fail(void);
/* The n-th allocation of current fails; n <= 0 disarms. */
void fault_inject_arm(long n);
long fault_inject_failures(void);	/* since the boot */

/* Splits an allocation of order n into 2^n single pages with a reference each. */
void page_split(struct page *page);
/* True if free memory is so low that current gets no page. */
bool pages_short(void);
/* True if it is so low that current gets no new process: existing processes need the rest. */
bool pages_scarce(void);
/* True if current may use the reserve that ordinary users may not use. */
bool pages_privileged(void);

#endif
