/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of kernel/mm share with each other and with nobody else.
 * Functions marked (L) expect mmap_lock of the address space to be held.
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <neurath/vm.h>

void buddy_init(void);		/* page_alloc.c: page array and free lists */
void slab_init(void);		/* slab.c: the kmalloc sizes */
void vm_init(void);		/* mm.c: caches of address spaces */
void vmobject_init(void);
/* The pages of an allocation of order n become 2^n single pages with a reference each. */
void page_split(struct page *page);
/* Free memory is so low that there should be no new processes: those that exist need the rest. */
bool pages_scarce(void);

/* A zeroed or raw page for a user; drops cached files before it gives up. */
struct page *vm_alloc_page(struct mm *mm, gfp_t gfp);

/* ---- page tables of a range: ptes.c ---------------------------------------- */
/* PTE_USER_ bits that @area allows; write access is left out unless it needs no copy first. */
int vm_pte_prot(const struct vm_area *area, bool writable);
/*
 * Takes away the pages of [start, end), which lies in @area (L).  Pages are freed
 * after the flush; !@flush only when no CPU has the address space loaded.
 */
void vm_zap(struct mm *mm, struct vm_area *area, unsigned long start, unsigned long end,
	    bool flush);
/* Brings the entries of all of @area in line with its flags (L). */
void vm_reprotect(struct mm *mm, struct vm_area *area);
/*
 * Moves the entries of [from, from + len) of @area to @to, where nothing is (L). -ENOMEM
 * without effect.
 */
int vm_move_ptes(struct mm *mm, struct vm_area *area, unsigned long from, unsigned long to,
		 unsigned long len);
/* Copies @area's pages to @new for a fork; *@flush if the old entries changed (L of @old). */
int vm_copy_ptes(struct mm *new, struct mm *old, struct vm_area *area, bool *flush);

/* ---- map.c ------------------------------------------------------------------- */
int vm_unmap_locked(struct mm *mm, unsigned long addr, size_t len);	/* (L) */
long vm_map_locked(struct mm *mm, unsigned long addr, size_t len, unsigned flags, bool fixed,
		   struct vmobject *object, unsigned long offset, char *name);	/* (L) owns name */
/* @more bytes fit in the limits of current's process. */
bool vm_may_expand(struct mm *mm, size_t more);
/* A page-aligned, non-empty user range. */
bool vm_range_ok(unsigned long addr, size_t len);
/* Grows the stack @area down to @addr (L). 0, -EFAULT. */
int vm_grow_stack(struct mm *mm, struct vm_area *area, unsigned long addr);

/* ---- fault.c ----------------------------------------------------------------- */
/* A present page of its own at @va of a private area, whatever its access (L). -EIO, -ENOMEM. */
int vm_make_private(struct mm *mm, struct vm_area *area, unsigned long va);

/* @nr_pages empty slots, one reference. NULL = no memory. */
struct vmobject *vmobject_alloc(size_t nr_pages);
/*
 * The page at @index with no reference taken; made if anonymous. NULL: beyond the end or no
 * memory.
 */
struct page *vmobject_page(struct vmobject *o, size_t index);

#endif
