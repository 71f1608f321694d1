/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm_shim.h - enough of the kernel's surroundings to compile parts of kernel/mm into a host program:
 * "physical memory" is an array, one of a few CPUs is the current one, and locks only check that they are
 * used in pairs.  Included first, before the kernel's files.
 */
#ifndef TESTS_HOST_MM_SHIM_H
#define TESTS_HOST_MM_SHIM_H

#include "tap.h"
#undef __always_inline

/* Definitions in place of these kernel headers. */
#define NEURATH_PROCESS_H
#define NEURATH_ARCH_H
#define NEURATH_STRING_H
#define NEURATH_PRINTK_H
#include <neurath/types.h>
#include <neurath/atomic.h>
#include <neurath/ptregs.h>

#define USER_MIN	0x1000UL
#define USER_MAX	0x00007ffffffff000UL
#define KSTACK_SIZE	(16 * 1024UL)
#include "../../arch/x86_64/include/asm/pte.h"
pte_t *pte_walk(phys_addr_t pgd, unsigned long va, bool create);

#define SHIM_PAGES	4096UL
static _Alignas(4 << 20) char shim_memory[SHIM_PAGES * PAGE_SIZE];
#define DIRECT_MAP_BASE	((unsigned long)shim_memory)
static unsigned shim_cpu;
static unsigned nr_cpus __unused = 4;

struct task {
	unsigned pflags;
};
static struct task shim_task __unused;
#define current		(&shim_task)
#define PF_KTHREAD	0x1
char *kstrdup(const char *s, gfp_t gfp);
u64 process_rlimit(unsigned resource);

static inline void *phys_to_virt(phys_addr_t pa)
{
	return shim_memory + pa;
}

static inline phys_addr_t virt_to_phys(const void *va)
{
	return (const char *)va - shim_memory;
}

static inline unsigned cpu_id(void)
{
	return shim_cpu;
}

static inline unsigned long irq_save(void)
{
	return 0;
}

static inline void irq_restore(unsigned long flags)
{
}

static inline void irq_disable(void)
{
}

static inline void irq_enable(void)
{
}

static inline bool irqs_disabled(void)
{
	return false;
}

#include <neurath/bug.h>
#include <neurath/spinlock.h>
#include <neurath/mutex.h>

void assert_failed(const char *expr, const char *file, int line)
{
	tap_line("# assertion %s failed at %s:%d", expr, file, line);
	abort();
}

void panic(const char *fmt, ...)
{
	tap_line("# panic: %s", fmt);
	abort();
}

static unsigned shim_locks_held;

void spin_lock_init_rank(spinlock_t *lock, const char *name, enum lock_rank rank)
{
	*lock = (spinlock_t){ .name = name, .rank = rank, .holder = -1 };
}

void spin_lock_checked(spinlock_t *lock)
{
	assert(lock->holder == -1);
	lock->holder = shim_cpu;
	shim_locks_held++;
}

void spin_unlock_checked(spinlock_t *lock)
{
	assert(lock->holder == (s16)shim_cpu);
	lock->holder = -1;
	shim_locks_held--;
}

bool spin_is_held(const spinlock_t *lock)
{
	return lock->holder != -1;
}

unsigned long spin_lock_irqsave_flags(spinlock_t *lock)
{
	spin_lock(lock);
	return 0;
}

void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
}

bool mutex_is_mine(struct mutex *m)
{
	return true;
}

/* A small random generator, so that a seed has the same meaning on every host. */
static u64 shim_seed = 1;

static inline unsigned shim_random(unsigned below)
{
	shim_seed = shim_seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(shim_seed >> 33) % below;
}

#define RUN(test) \
	do { \
		shim_seed = tap_seed(); \
		TAP_TEST_INLINE(test); \
		CHECK(shim_locks_held == 0); \
	} while (0)

#endif
