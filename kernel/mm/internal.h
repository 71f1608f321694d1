/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/mm share with each other and with nobody else. */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <neurath/mm.h>

void buddy_init(void);		/* page_alloc.c: page array and free lists */
void slab_init(void);		/* slab.c: the kmalloc sizes */

#endif
