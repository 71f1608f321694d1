/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel memory. */
#ifndef LINUX_SLAB_H
#define LINUX_SLAB_H

#include <neurath/mm.h>
#include <linux/types.h>
#include <linux/mutex.h>

#define __GFP_NOWARN	0
#define kvmalloc(size, gfp)	kmalloc(size, gfp)
#define kvfree(p)		kfree(p)
#define kmalloc_array(n, size, gfp)	kcalloc(n, size, gfp)

#endif
