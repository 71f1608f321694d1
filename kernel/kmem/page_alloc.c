/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator: page frames in blocks of 2^order, each with a reference count.  Nearly all
 * requests are for single pages; these come from and go to a list of this CPU with interrupts
 * off, and only every PCP_BATCH-th request takes pages_lock.
 *
 * Some pages are reserved for tasks on which others depend.  A request of an ordinary user is
 * refused first, a request of root later; the last pages are for the kernel, the servers, and
 * processes that are about to end.
 *
 * Does not sleep; any context but NMI.  A page that is free or on a CPU's list has no references
 * and no flag except PG_BUDDY.
 */
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>
#include "buddy.h"
#include "internal.h"

#define PCP_BATCH	16
#define PCP_MAX		64

/* The reserves, in units of reserve_pages. */
#define KEPT_FROM_ROOT	1
#define KEPT_FROM_USERS	3

/* Free single pages of one CPU, linked through their first word. (@ that CPU, interrupts off) */
struct pcp {
	void *head;
	unsigned count;
} __cacheline_aligned;

struct page *mem_map;
unsigned long mem_map_pages;

static DEFINE_SPINLOCK_RANK(pages_lock, RANK_PAGES);
static struct buddy buddy;			/* (pages_lock) */
static struct pcp pcps[NR_CPUS];
static size_t total_pages;			/* (!) after boot */
static size_t reserve_pages;			/* (!) the unit of the reserves */

/*
 * Kernel threads, init, servers, and tasks that are about to free all their memory.  A request in
 * an interrupt counts for the interrupted task: such requests can all fail without harm.
 */
static bool pages_essential(const struct task *t)
{
	if (t->pflags & (PF_KTHREAD | PF_IDLE | PF_EXITING))
		return true;
	return (is_superuser() && (t->pflags & PF_SERVER)) || t->tgid == PID_INIT ||
	       fatal_signal_pending(t);
}

bool pages_privileged(void)
{
	return pages_essential(current) || is_superuser();
}

/* The number of pages that stay free when current takes one. */
static size_t pages_kept(gfp_t gfp)
{
	if (gfp & __GFP_USER)
		return KEPT_FROM_USERS * reserve_pages;
	if (gfp & __GFP_ROOT)
		return KEPT_FROM_ROOT * reserve_pages;
	if (pages_essential(current))
		return 0;
	return (is_superuser() ? KEPT_FROM_ROOT : KEPT_FROM_USERS) * reserve_pages;
}

/* Reads without the lock are good enough: the reserve is a margin and not an exact count. */
static bool pages_refused(unsigned order, gfp_t gfp)
{
	size_t kept = pages_kept(gfp);

	return kept && READ_ONCE(buddy.nr_free) < kept + BIT(order);
}

bool pages_short(void)
{
	return READ_ONCE(buddy.nr_free) < pages_kept(0) + 1;
}

bool pages_scarce(void)
{
	return READ_ONCE(buddy.nr_free) < pages_kept(0) + reserve_pages;
}

/* Frames that are neither on a list of the buddy system nor in use since boot/ are reserved. */
static void mm_take_range(phys_addr_t start, phys_addr_t end)
{
	while (start < end) {
		struct page *page = phys_to_page(start);
		unsigned order = 0;

		while (order < PAGE_MAX_ORDER && !(start & (PAGE_SIZE << order)) &&
		       start + (PAGE_SIZE << (order + 1)) <= end)
			order++;
		for (unsigned long i = 0; i < BIT(order); i++) {
			page[i].flags = 0;
			atomic_set(&page[i].refs, 0);
		}
		buddy_give(&buddy, page, order);
		total_pages += BIT(order);
		start += PAGE_SIZE << order;
	}
}

void buddy_init(void)
{
	mem_map_pages = boot_ram_end() >> PAGE_SHIFT;
	mem_map = boot_alloc(mem_map_pages * sizeof(struct page), PAGE_SIZE);
	for (unsigned long i = 0; i < mem_map_pages; i++) {
		mem_map[i].flags = PG_RESERVED;
		atomic_set(&mem_map[i].refs, 1);
	}
	buddy_setup(&buddy);
	boot_hand_over_memory(mm_take_range);
	reserve_pages = clamp(total_pages / 64, 128UL, 4096UL);
}

void mm_init(void)
{
	static const struct kmap_tables tables = { page_alloc_table, page_free_table };

	buddy_init();
	kmap_set_tables(&tables);
	slab_init();
}

void mm_free_boot_range(phys_addr_t start, phys_addr_t end)
{
	unsigned long flags;

	for (start = align_up(start, PAGE_SIZE); start + PAGE_SIZE <= end; start += PAGE_SIZE) {
		struct page *page = phys_to_page(start);

		assert(page->flags == PG_RESERVED);
		page->flags = 0;
		atomic_set(&page->refs, 0);
		spin_lock_irqsave(&pages_lock, flags);
		buddy_give(&buddy, page, 0);
		total_pages++;
		spin_unlock_irqrestore(&pages_lock, flags);
	}
}

static void pcp_push(struct pcp *pcp, struct page *page)
{
	void **va = page_to_virt(page);

	*va = pcp->head;
	pcp->head = va;
	pcp->count++;
}

static struct page *pcp_pop(struct pcp *pcp)
{
	void **va = pcp->head;

	pcp->head = *va;
	pcp->count--;
	return virt_to_page(va);
}

static void pcp_refill(struct pcp *pcp)
{
	spin_lock(&pages_lock);
	while (pcp->count < PCP_BATCH) {
		struct page *page = buddy_take(&buddy, 0);

		if (!page)
			break;
		pcp_push(pcp, page);
	}
	spin_unlock(&pages_lock);
}

static void pcp_drain(struct pcp *pcp, unsigned keep)
{
	spin_lock(&pages_lock);
	while (pcp->count > keep)
		buddy_give(&buddy, pcp_pop(pcp), 0);
	spin_unlock(&pages_lock);
}

static struct page *page_alloc_block(unsigned order)
{
	unsigned long flags;
	struct page *page;

	spin_lock_irqsave(&pages_lock, flags);
	page = buddy_take(&buddy, order);
	spin_unlock_irqrestore(&pages_lock, flags);
	return page;
}

static struct page *page_alloc_single(void)
{
	unsigned long flags = irq_save();
	struct pcp *pcp = &pcps[cpu_id()];
	struct page *page = NULL;

	if (unlikely(!pcp->count))
		pcp_refill(pcp);
	if (likely(pcp->count))
		page = pcp_pop(pcp);
	irq_restore(flags);
	return page;
}

struct page *page_alloc(unsigned order, gfp_t gfp)
{
	struct page *page;

	if (order > PAGE_MAX_ORDER || fault_inject_should_fail())
		return NULL;
	if (unlikely(READ_ONCE(buddy.nr_free) < KEPT_FROM_USERS * reserve_pages + BIT(order)) &&
	    pages_refused(order, gfp))
		return NULL;
	page = order ? page_alloc_block(order) : page_alloc_single();
	if (unlikely(!page))
		return NULL;
	debug_assert(page->flags == 0 && atomic_read(&page->refs) == 0);
	page->order = order;
	atomic_set(&page->refs, 1);
	if (gfp & __GFP_ZERO)
		for (unsigned long i = 0; i < BIT(order); i++)
			page_clear(page_to_virt(page + i));
	return page;
}

void page_free(struct page *page)
{
	unsigned long flags;

	assert(page->flags == 0 && atomic_read(&page->refs) == 0);
	if (page->order) {
		spin_lock_irqsave(&pages_lock, flags);
		buddy_give(&buddy, page, page->order);
		spin_unlock_irqrestore(&pages_lock, flags);
		return;
	}
	flags = irq_save();
	pcp_push(&pcps[cpu_id()], page);
	if (unlikely(pcps[cpu_id()].count > PCP_MAX))
		pcp_drain(&pcps[cpu_id()], PCP_MAX - PCP_BATCH);
	irq_restore(flags);
}

void page_split(struct page *page)
{
	unsigned long n = BIT(page->order);

	for (unsigned long i = 0; i < n; i++) {
		page[i].order = 0;
		atomic_set(&page[i].refs, 1);
	}
}

void *page_alloc_table(void)
{
	struct page *page = page_alloc(0, GFP_KERNEL | __GFP_ZERO);

	return page ? page_to_virt(page) : NULL;
}

void page_free_table(void *va)
{
	page_put(virt_to_page(va));
}

size_t pages_total(void)
{
	return total_pages;
}

/* A sum without the lock, for reports. */
size_t pages_free(void)
{
	size_t n = READ_ONCE(buddy.nr_free);

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(pcps[cpu].count);
	return n;
}
