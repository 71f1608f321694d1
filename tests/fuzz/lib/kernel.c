/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel.c - the rest of the kernel for the files that a target tests, as simple as possible: one CPU, a
 * task that never sleeps unless the target lets it, memory of the host's allocator with the sanitizer around each piece, a log whose
 * messages are formatted and dropped. What would be a panic ends the program.
 *
 * A function that is needed and is not here does not exist: a call of it ends the program.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/ksyms_format.h>
#include <neurath/mm.h>
#include <neurath/module.h>
#include <neurath/mutex.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>
#include <neurath/wait.h>
#include "kernel.h"

/* ---- memory ----------------------------------------------------------------------------- */

static long pieces;			/* allocated and not freed */

void *kmalloc(size_t size, gfp_t gfp)
{
	pieces++;
	return host_alloc(size);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return memset(kmalloc(size, gfp), 0, size);
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kzalloc(n * size, gfp);
}

void kfree(const void *p)
{
	pieces -= p != NULL;
	host_free((void *)p);
}

void *vmalloc(size_t size)
{
	return kmalloc(size, 0);
}

void vfree(void *p)
{
	kfree(p);
}

size_t kmalloc_room(const void *p)
{
	return 0;
}

size_t vmalloc_room(const void *p)
{
	return 0;
}

/* ---- locks, tasks, interrupts: there is no other task ---------------------------------------- */

static struct task the_task;
struct task *kernel_current = &the_task;

struct task *get_current(void)
{
	return kernel_current;
}

static bool irqs_off;

unsigned long irq_save(void)
{
	bool before = irqs_off;

	irqs_off = true;
	return before;
}

void irq_restore(unsigned long flags)
{
	irqs_off = flags;
}

bool irqs_disabled(void)
{
	return irqs_off;
}

void irq_disable(void)
{
	irqs_off = true;
}

void irq_enable(void)
{
	irqs_off = false;
}

void spin_lock_init_rank(spinlock_t *lock, const char *name, enum lock_rank rank)
{
	*lock = (spinlock_t)SPINLOCK_INIT(name, rank);
}

void spin_lock_checked(spinlock_t *lock)
{
	CHECK_EQ(lock->next, lock->owner);
	lock->next++;
}

void spin_unlock_checked(spinlock_t *lock)
{
	CHECK(lock->next != lock->owner);
	lock->owner++;
}

bool spin_is_held(const spinlock_t *lock)
{
	return lock->next != lock->owner;
}

unsigned long spin_lock_irqsave_flags(spinlock_t *lock)
{
	unsigned long flags = irq_save();

	spin_lock(lock);
	return flags;
}

void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

void mutex_lock(struct mutex *m)
{
	CHECK(!m->owner);
	m->owner = 1;
}

void mutex_unlock(struct mutex *m)
{
	CHECK(m->owner);
	m->owner = 0;
}

bool mutex_is_mine(struct mutex *m)
{
	return m->owner;
}

int cond_resched(void)
{
	return 0;
}

void wake_up_all(struct wait_queue_head *wq)
{
}

unsigned race_one_in;

void synchronize_cpus(void)
{
}

void smp_sync_core(void)
{
}

/* ---- reports ------------------------------------------------------------------------------- */

char kernel_log[512];

int vprintk(const char *fmt, va_list args)
{
	int n = vsnprintf(kernel_log, sizeof(kernel_log), fmt, args);

	host_show(kernel_log);
	return n;
}

int _printk(const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintk(fmt, args);
	va_end(args);
	return n;
}

void assert_failed(const char *expr, const char *file, int line)
{
	fuzz_fail(expr, file, line);
}

void panic(const char *fmt, ...)
{
	fuzz_fail(fmt, "panic", 0);
}

void warn_report(const char *file, int line, const char *fmt, ...)
{
	fuzz_fail(fmt, file, line);
}

void bug_report(const char *file, int line)
{
	fuzz_fail("BUG()", file, line);
}

void dump_stack(void)
{
}

void add_taint(unsigned int flag)
{
}

/* ---- strings that the host's library has not ---------------------------------------------------- */

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (n == size) {
		memcpy(dst, src, size - 1);
		dst[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dst, src, n + 1);
	return (ssize_t)n;
}

/* ---- data of the kernel: handed_look() finds nothing else ---------------------------------------- */

char kernel_constants[128] __aligned(16), kernel_variables[128] __aligned(16);

/* ---- symbols --------------------------------------------------------------------------------------- */

#define NAMES_MAX	64

/* As tools/ksyms.py makes it: <neurath/ksyms_format.h>. */
struct kernel_table {
	struct ksyms_header head;
	u8 rest[NAMES_MAX * (sizeof(struct ksyms_entry) + sizeof(u32) + 40)];
};
extern struct kernel_table kernel_table __asm__("__ksyms_start");
struct kernel_table kernel_table;

static bool kernel_before(const struct kernel_name *a, const struct kernel_name *b, bool by_name)
{
	return by_name ? strcmp(a->name, b->name) < 0 : a->address < b->address;
}

static void kernel_sort(u32 *order, const struct kernel_name *names, unsigned n, bool by_name)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned at = i;

		for (; at > 0 && kernel_before(&names[i], &names[order[at - 1]], by_name); at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

void kernel_symbols(const struct kernel_name *names, unsigned n)
{
	struct ksyms_entry *entries = (void *)kernel_table.rest;
	u32 *order = (void *)(entries + n), by_address[NAMES_MAX], place[NAMES_MAX];
	char *text = (char *)(order + n);
	unsigned used = 0;

	CHECK(n <= NAMES_MAX);
	kernel_table.head.count = n;
	kernel_sort(by_address, names, n, false);
	for (unsigned i = 0; i < n; i++) {
		const struct kernel_name *name = &names[by_address[i]];

		CHECK(strlen(name->name) < 40);
		entries[i] = (struct ksyms_entry){ (unsigned)((unsigned long)name->address - KSYMS_BASE),
						   name->size, used | (u32)name->letter << 24 };
		strcpy(text + used, name->name);
		used += strlen(name->name) + 1;
		place[by_address[i]] = i;
	}
	kernel_sort(order, names, n, true);
	for (unsigned i = 0; i < n; i++)
		order[i] = place[order[i]];
}

/* ---- one input ----------------------------------------------------------------------------------------- */

static long pieces_before;

void kernel_begin(void)
{
	pieces_before = pieces;
	kernel_log[0] = '\0';
}

void kernel_end(void)
{
	CHECK_EQ(pieces, pieces_before);
}
