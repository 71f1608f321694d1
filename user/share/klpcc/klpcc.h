/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klpcc.h - the parts of GNU C that the compiler in the guest lacks, included first.
 *
 * It has the atomic builtins that the kernel's sources use.  An x86 processor does not move a
 * store before an earlier load or store, and this compiler does not reorder: so loads are plain,
 * and a store is plain unless all CPUs must agree on its order.  An operation that reads and writes
 * has a lock prefix and is a full barrier.
 */
#ifndef KLPCC_H
#define KLPCC_H

#define __VERSION__		"klpcc"
#define __INT_MAX__		0x7fffffff
#define __LONG_MAX__		0x7fffffffffffffffL
#define __LONG_LONG_MAX__	0x7fffffffffffffffLL

#define __ATOMIC_RELAXED	0
#define __ATOMIC_CONSUME	1
#define __ATOMIC_ACQUIRE	2
#define __ATOMIC_RELEASE	3
#define __ATOMIC_ACQ_REL	4
#define __ATOMIC_SEQ_CST	5

#define __atomic_thread_fence(order)	__asm__ volatile("mfence" ::: "memory")
#define __atomic_signal_fence(order)	__asm__ volatile("" ::: "memory")

#define __atomic_load_n(p, order)	(*(const volatile typeof(*(p)) *)(p))
#define __atomic_store_n(p, v, order) \
	((void)((order) == __ATOMIC_SEQ_CST ? __atomic_exchange_n(p, v, order) : \
		(*(volatile typeof(*(p)) *)(p) = (v))))

#define __atomic_exchange_n(p, v, order) \
({ \
	typeof(*(p)) __x_value = (v); \
	volatile void *__x_at = (p); \
	__asm__ volatile("xchg %0, (%1)" : "+q"(__x_value) : "r"(__x_at) : "memory"); \
	__x_value; \
})

#define __atomic_fetch_add(p, v, order) \
({ \
	typeof(*(p)) __a_value = (v); \
	volatile void *__a_at = (p); \
	__asm__ volatile("lock; xadd %0, (%1)" : "+q"(__a_value) : "r"(__a_at) : "memory"); \
	__a_value; \
})

/* 1 if the value was *@old; otherwise *@old gets the value. */
#define __atomic_compare_exchange_n(p, old, new, weak, success, failure) \
({ \
	typeof(*(p)) __c_old = *(old), __c_new = (new), __c_seen = __c_old; \
	volatile void *__c_at = (p); \
	__asm__ volatile("lock; cmpxchg %1, (%2)" \
			 : "+a"(__c_seen) : "q"(__c_new), "r"(__c_at) : "memory"); \
	*(old) = __c_seen; \
	__c_seen == __c_old; \
})

/* Operations without an instruction that returns the old value: a loop of compare-and-exchange. */
#define __klpcc_fetch(p, op, v) \
({ \
	volatile typeof(*(p)) *__f_at = (p); \
	typeof(*(p)) __f_value = (v), __f_old = *__f_at; \
	while (!__atomic_compare_exchange_n(__f_at, &__f_old, __f_old op __f_value, 0, 0, 0)) \
		; \
	__f_old; \
})

#define __atomic_fetch_sub(p, v, order)	__atomic_fetch_add(p, -(v), order)
#define __atomic_fetch_and(p, v, order)	__klpcc_fetch(p, &, v)
#define __atomic_fetch_or(p, v, order)	__klpcc_fetch(p, |, v)
#define __atomic_fetch_xor(p, v, order)	__klpcc_fetch(p, ^, v)

#define __klpcc_then(fetch, p, op, v) \
({ \
	typeof(*(p)) __t_value = (v); \
	(typeof(*(p)))(fetch(p, __t_value, 0) op __t_value); \
})

#define __atomic_add_fetch(p, v, order)	__klpcc_then(__atomic_fetch_add, p, +, v)
#define __atomic_sub_fetch(p, v, order)	__klpcc_then(__atomic_fetch_sub, p, -, v)
#define __atomic_and_fetch(p, v, order)	__klpcc_then(__atomic_fetch_and, p, &, v)
#define __atomic_or_fetch(p, v, order)	__klpcc_then(__atomic_fetch_or, p, |, v)

/* ---- arithmetic -------------------------------------------------------------------------- */

static inline int __builtin_ctzl(unsigned long v)
{
	__asm__("bsf %0, %0" : "+r"(v));
	return (int)v;
}

static inline int __builtin_clzl(unsigned long v)
{
	__asm__("bsr %0, %0" : "+r"(v));
	return 63 - (int)v;
}

static inline int __builtin_popcountl(unsigned long v)
{
	int n = 0;

	for (; v; v &= v - 1)
		n++;
	return n;
}

#define __builtin_ctz(v)	__builtin_ctzl((unsigned int)(v))
#define __builtin_ctzll(v)	__builtin_ctzl(v)
#define __builtin_clz(v)	(__builtin_clzl((unsigned int)(v)) - 32)
#define __builtin_clzll(v)	__builtin_clzl(v)
#define __builtin_popcount(v)	__builtin_popcountl((unsigned int)(v))
#define __builtin_popcountll(v)	__builtin_popcountl(v)

static inline unsigned short __builtin_bswap16(unsigned short v)
{
	return (unsigned short)(v << 8 | v >> 8);
}

static inline unsigned int __builtin_bswap32(unsigned int v)
{
	return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

static inline unsigned long __builtin_bswap64(unsigned long v)
{
	return (unsigned long)__builtin_bswap32((unsigned int)v) << 32 |
	       __builtin_bswap32((unsigned int)(v >> 32));
}

/* The operands have the type of *@result, which has no sign or the width of a long. */
#define __builtin_add_overflow(a, b, result) \
({ \
	typeof(*(result)) __o_a = (a), __o_b = (b), __o_sum = __o_a + __o_b; \
	*(result) = __o_sum; \
	(typeof(*(result)))-1 > 0 ? __o_sum < __o_a : \
		((__o_a ^ __o_sum) & (__o_b ^ __o_sum)) >> (sizeof(__o_sum) * 8 - 1) != 0; \
})

/* The same for unsigned types. */
#define __builtin_mul_overflow(a, b, result) \
({ \
	typeof(*(result)) __m_a = (a), __m_b = (b), __m_product = __m_a * __m_b; \
	*(result) = __m_product; \
	__m_a != 0 && __m_product / __m_a != __m_b; \
})

#define __builtin_memcpy	memcpy
#define __builtin_memset	memset

#endif
