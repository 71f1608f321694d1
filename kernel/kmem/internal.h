/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the files of kernel/kmem share; private to this folder. */
#ifndef KMEM_INTERNAL_H
#define KMEM_INTERNAL_H

#include <neurath/mm.h>

void buddy_init(void);		/* page_alloc.c: page array and free lists */
void slab_init(void);		/* slab.c: the kmalloc sizes */

#endif
