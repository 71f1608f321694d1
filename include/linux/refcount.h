/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reference counts. */
#ifndef LINUX_REFCOUNT_H
#define LINUX_REFCOUNT_H

#include <linux/atomic.h>

typedef atomic_t refcount_t;
#define REFCOUNT_INIT(n)	ATOMIC_INIT(n)
#define refcount_set		atomic_set
#define refcount_read		atomic_read
#define refcount_inc		atomic_inc
#define refcount_inc_not_zero	atomic_inc_not_zero
#define refcount_dec_and_test	atomic_dec_and_test

#endif
