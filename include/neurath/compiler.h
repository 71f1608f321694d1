/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiler vocabulary: attributes, single-copy accesses and small macros for every kernel file.
 * No functions, no dependencies.
 */
#ifndef NEURATH_COMPILER_H
#define NEURATH_COMPILER_H

#define __used			__attribute__((used))
#define __unused		__attribute__((unused))
#define __packed		__attribute__((packed))
#define __aligned(n)		__attribute__((aligned(n)))
#define __section(s)		__attribute__((section(s)))
#define __noreturn		__attribute__((noreturn))
#define __must_check		__attribute__((warn_unused_result))
#define __printf(f, a)		__attribute__((format(printf, f, a)))
#define __weak			__attribute__((weak))
#define noinline		__attribute__((noinline))
#define __always_inline		inline __attribute__((always_inline))
/* No entry slot: the function cannot be hooked, traced or live patched. */
#define notrace			__attribute__((no_instrument_function))
/* Text and data that are freed after the boot. */
#define __init			__section(".init.text") notrace
#define __initdata		__section(".init.data")
#define __cacheline_aligned	__aligned(64)
/* Marks a pointer into user space; only functions of uaccess.h may dereference it. */
#define __user

#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)

/* Orders the compiler only; see arch.h for barriers that order the CPU. */
#define barrier()		__asm__ volatile("" ::: "memory")

/* One access, not torn, merged or repeated by the compiler. */
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))

#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - __builtin_offsetof(type, member)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define __stringify_1(x...)	#x
#define __stringify(x...)	__stringify_1(x)
#define __concat_1(a, b)	a##b
#define __concat(a, b)		__concat_1(a, b)
#define __unique_id(prefix)	__concat(prefix, __COUNTER__)

#define min(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define min_t(t, a, b)		min((t)(a), (t)(b))
#define max_t(t, a, b)		max((t)(a), (t)(b))
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define align_up(x, a)		(((x) + ((typeof(x))(a) - 1)) & ~((typeof(x))(a) - 1))
#define align_down(x, a)	((x) & ~((typeof(x))(a) - 1))
#define BIT(n)			(1UL << (n))

/*
 *	Linker sets: every file adds entries, one place walks over them.
 *		SET_ENTRY(kernfs, struct kernfs_def, my_entry) = { ... };
 *		SET_FOREACH(struct kernfs_def, d, kernfs) ...
 *	Entries are read-only after boot.
 */
#define SET_ENTRY(set, type, name) \
	static const type name __used __section("set_" #set) __aligned(8)
#define SET_FOREACH(type, var, set) \
	extern const type __start_set_##set[], __stop_set_##set[]; \
	for (const type *var = __start_set_##set; var < __stop_set_##set; var++)

#endif
