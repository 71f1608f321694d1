/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomic integers and bit operations.  Value-returning read-modify-write
 * operations are full barriers; atomic_read/atomic_set order nothing.
 */
#ifndef NEURATH_ATOMIC_H
#define NEURATH_ATOMIC_H

#include <neurath/types.h>

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#define ATOMIC_INIT(v)	{ (v) }

#define ATOMIC_DEFINE(prefix, type, base) \
static __always_inline base prefix##_read(const type *a) \
{ \
	return __atomic_load_n(&a->counter, __ATOMIC_RELAXED); \
} \
static __always_inline void prefix##_set(type *a, base v) \
{ \
	__atomic_store_n(&a->counter, v, __ATOMIC_RELAXED); \
} \
static __always_inline base prefix##_add_return(base v, type *a) \
{ \
	return __atomic_add_fetch(&a->counter, v, __ATOMIC_SEQ_CST); \
} \
static __always_inline base prefix##_sub_return(base v, type *a) \
{ \
	return __atomic_sub_fetch(&a->counter, v, __ATOMIC_SEQ_CST); \
} \
static __always_inline void prefix##_add(base v, type *a) \
{ \
	prefix##_add_return(v, a); \
} \
static __always_inline void prefix##_sub(base v, type *a) \
{ \
	prefix##_sub_return(v, a); \
} \
static __always_inline void prefix##_inc(type *a) \
{ \
	prefix##_add_return(1, a); \
} \
static __always_inline void prefix##_dec(type *a) \
{ \
	prefix##_sub_return(1, a); \
} \
static __always_inline base prefix##_inc_return(type *a) \
{ \
	return prefix##_add_return(1, a); \
} \
static __always_inline base prefix##_dec_return(type *a) \
{ \
	return prefix##_sub_return(1, a); \
} \
static __always_inline bool prefix##_dec_and_test(type *a) \
{ \
	return prefix##_sub_return(1, a) == 0; \
} \
static __always_inline base prefix##_xchg(type *a, base v) \
{ \
	return __atomic_exchange_n(&a->counter, v, __ATOMIC_SEQ_CST); \
} \
static __always_inline base prefix##_cmpxchg(type *a, base old, base new) \
{ \
	__atomic_compare_exchange_n(&a->counter, &old, new, false, __ATOMIC_SEQ_CST, \
				    __ATOMIC_SEQ_CST); \
	return old; \
} \
/* Takes a reference unless the count has reached zero. */ \
static __always_inline bool prefix##_inc_not_zero(type *a) \
{ \
	base v = prefix##_read(a); \
	while (v != 0) { \
		if (__atomic_compare_exchange_n(&a->counter, &v, v + 1, false, \
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) \
			return true; \
	} \
	return false; \
}

ATOMIC_DEFINE(atomic, atomic_t, int)
ATOMIC_DEFINE(atomic_long, atomic_long_t, long)

/* Bit operations on a word that several CPUs change; full barriers. */
static __always_inline void set_bit(unsigned nr, unsigned long *word)
{
	__atomic_fetch_or(&word[nr / 64], BIT(nr % 64), __ATOMIC_SEQ_CST);
}

static __always_inline void clear_bit(unsigned nr, unsigned long *word)
{
	__atomic_fetch_and(&word[nr / 64], ~BIT(nr % 64), __ATOMIC_SEQ_CST);
}

static __always_inline bool test_bit(unsigned nr, const unsigned long *word)
{
	return READ_ONCE(word[nr / 64]) & BIT(nr % 64);
}

static __always_inline bool test_and_set_bit(unsigned nr, unsigned long *word)
{
	return __atomic_fetch_or(&word[nr / 64], BIT(nr % 64), __ATOMIC_SEQ_CST) & BIT(nr % 64);
}

static __always_inline bool test_and_clear_bit(unsigned nr, unsigned long *word)
{
	return __atomic_fetch_and(&word[nr / 64], ~BIT(nr % 64), __ATOMIC_SEQ_CST) & BIT(nr % 64);
}

#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new) \
	({ \
		typeof(*(p)) _old = (old); \
		__atomic_compare_exchange_n(p, &_old, new, false, __ATOMIC_SEQ_CST, \
					    __ATOMIC_SEQ_CST); \
		_old; \
	})

/* x86 keeps stores and loads each in order: only the compiler must not reorder. */
#define smp_wmb()	barrier()
#define smp_rmb()	barrier()
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
