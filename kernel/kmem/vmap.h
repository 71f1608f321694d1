/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of mapped kernel addresses: the interface of vmap.c for kstack.c. */
#ifndef KMEM_VMAP_H
#define KMEM_VMAP_H

#include <neurath/mm.h>

struct vmap_range {
	struct list_head node;		/* lock of the region */
	unsigned long start;		/* (!) */
	size_t size;			/* (!) without guard page */
	size_t nr_pages;		/* (!) owned; 0 for device memory */
	struct page *pages[];		/* (!) */
};

struct vmap_range *vmap_stack_alloc(void);
void vmap_stack_free(struct vmap_range *range);

#endif
