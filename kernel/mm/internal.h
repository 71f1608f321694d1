/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations that the files of kernel/mm share; private to this folder.  Functions marked (L)
 * expect that the caller holds mmap_lock of the address space.
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <neurath/vm.h>

void vmobject_init(void);
/* A zeroed or raw page for user memory; drops cached files before it returns NULL. */
struct page *vm_alloc_page(struct mm *mm, gfp_t gfp);

/* ---- page tables of a range: ptes.c ---------------------------------------- */
/* The PTE_USER_ bits that @area allows; write access only if no copy is needed first. */
int vm_pte_prot(const struct vm_area *area, bool writable);
/*
 * Removes the pages of [start, end), which lies in @area (L).  Pages are freed after the flush;
 * pass !@flush only when no CPU has the address space loaded.
 */
void vm_zap(struct mm *mm, struct vm_area *area, unsigned long start, unsigned long end,
	    bool flush);
/* Makes the entries of all of @area match its flags (L). */
void vm_reprotect(struct mm *mm, struct vm_area *area);
/*
 * Moves the entries of [from, from + len) of @area to @to, where no page is present (L).  On
 * -ENOMEM nothing has changed.
 */
int vm_move_ptes(struct mm *mm, struct vm_area *area, unsigned long from, unsigned long to,
		 unsigned long len);
/* Copies @area's pages to @new for a fork; sets *@flush if old entries changed (L of @old). */
int vm_copy_ptes(struct mm *new, struct mm *old, struct vm_area *area, bool *flush);

/* ---- map.c ------------------------------------------------------------------- */
int vm_unmap_locked(struct mm *mm, unsigned long addr, size_t len);	/* (L) */
/* (L) vm_map() of whole pages.  Takes @name on success; map->name is not read. */
long vm_map_locked(struct mm *mm, const struct vm_mapping *map, char *name);
/* True if @more bytes are within the limits of current's process. */
bool vm_may_expand(struct mm *mm, size_t more);
/* True for a page-aligned, non-empty user range. */
bool vm_range_ok(unsigned long addr, size_t len);
/* Grows the stack @area down to @addr (L).  Returns 0 or -EFAULT. */
int vm_grow_stack(struct mm *mm, struct vm_area *area, unsigned long addr);

/* ---- fault.c ----------------------------------------------------------------- */
/* Makes a present private page at @va of a private area, whatever its access (L). -EIO, -ENOMEM. */
int vm_make_private(struct mm *mm, struct vm_area *area, unsigned long va);

/* An object of @nr_pages empty slots with one reference.  NULL = no memory. */
struct vmobject *vmobject_alloc(size_t nr_pages);
/*
 * The page at @index, without a reference; allocated for @mm if the object is anonymous.  NULL:
 * beyond the end, or no memory.
 */
struct page *vmobject_page(struct mm *mm, struct vmobject *o, size_t index);

#endif
