/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Basic declarations that nearly every module includes. */
#ifndef LINUX_KERNEL_H
#define LINUX_KERNEL_H

#include <neurath/sched.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/linkage.h>
#include <linux/list.h>
#include <linux/printk.h>
#include <linux/stringify.h>
#include <linux/string.h>
#include <linux/types.h>

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define ALIGN(x, a)		align_up(x, a)
#define swap(a, b) \
	do { \
		typeof(a) _swap = (a); \
		(a) = (b); \
		(b) = _swap; \
	} while (0)

#endif
