/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomic integers. */
#ifndef LINUX_ATOMIC_H
#define LINUX_ATOMIC_H

#include <neurath/atomic.h>
#include <linux/types.h>

#define ATOMIC64_INIT(v)	ATOMIC_INIT(v)
#define ATOMIC_LONG_INIT(v)	ATOMIC_INIT(v)
#define atomic64_read		atomic_long_read
#define atomic64_set		atomic_long_set
#define atomic64_add		atomic_long_add
#define atomic64_sub		atomic_long_sub
#define atomic64_inc		atomic_long_inc
#define atomic64_dec		atomic_long_dec
#define atomic64_inc_return	atomic_long_inc_return
#define atomic64_add_return	atomic_long_add_return
#define atomic64_dec_and_test	atomic_long_dec_and_test

static inline int atomic_add_unless(atomic_t *a, int add, int unless)
{
	int v = atomic_read(a);

	while (v != unless) {
		int seen = atomic_cmpxchg(a, v, v + add);

		if (seen == v)
			return 1;
		v = seen;
	}
	return 0;
}
#define atomic_fetch_add(i, v)	(atomic_add_return(i, v) - (i))
#define atomic_fetch_inc(v)	(atomic_inc_return(v) - 1)
#define atomic_read_acquire(v)	smp_load_acquire(&(v)->counter)
#define atomic_set_release(v, i)	smp_store_release(&(v)->counter, i)

#endif
