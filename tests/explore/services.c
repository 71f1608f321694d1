/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Substitutes for the rest of the kernel that the kernel's files call: memory, log, symbols, modules, the
 * unwinder.  Each replaces code that has no part in a transition, and is as simple as
 * possible.  For a function that a file refers to and never calls, explore.py makes a stub; a call of
 * the stub is a violation.
 */
#include "world.h"
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/handed.h>
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/user.h>
#include "../../livepatch/internal.h"

/* ---- memory: taken once, never used again within a schedule -------------------------------- */


#define HEAP_HEAD	16

char world_heap[WORLD_HEAP] __attribute__((aligned(64)));
static size_t heap_used = HEAP_HEAD;
char world_stacks[WORLD_STACKS][KSTACK_SIZE] __attribute__((aligned(4096)));
bool world_stack_used[WORLD_STACKS];

void *kmalloc(size_t size, gfp_t gfp)
{
	char *p = world_heap + heap_used;

	size = align_up(size, (size_t)16);
	if (heap_used + size + HEAP_HEAD > sizeof(world_heap))
		violation("the world's heap is too small");
	*(size_t *)(p - HEAP_HEAD) = size;
	heap_used += size + HEAP_HEAD;
	search_mark_memory(p, size, false);
	return p;
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
	if (!p)
		return;
	if (search_memory_is_free((unsigned long)p))
		violation("freed twice: %p", p);
	search_mark_memory(p, *(const size_t *)((const char *)p - HEAP_HEAD), true);
}

void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	void *new = kmalloc(size, gfp);

	if (p)
		memcpy(new, p, min(size, *(const size_t *)((const char *)p - HEAP_HEAD)));
	kfree(p);
	return new;
}

void *vzalloc(size_t size)
{
	return kzalloc(size, 0);
}

void vfree(void *p)
{
	kfree(p);
}

struct kmem_cache {
	size_t size;
};

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align)
{
	struct kmem_cache *cache = kmalloc(sizeof(*cache), 0);

	cache->size = size;
	return cache;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kzalloc(cache->size, gfp);
}

void kmem_cache_free(struct kmem_cache *cache, void *obj)
{
	kfree(obj);
}

void *page_alloc_table(void)
{
	return kzalloc(PAGE_SIZE, 0);
}

void page_free_table(void *va)
{
	kfree(va);
}

void *kstack_alloc(void)
{
	for (unsigned i = 0; i < WORLD_STACKS; i++) {
		if (!world_stack_used[i]) {
			world_stack_used[i] = true;
			return world_stacks[i];
		}
	}
	violation("the world has too few stacks");
}

bool kstack_free(void *base)
{
	unsigned i = (unsigned)(((char *)base - world_stacks[0]) / KSTACK_SIZE);

	assert(world_stack_used[i]);
	world_stack_used[i] = false;
	oracle_forget(i);
	return false;
}

/* User memory is memory of the host; other tasks may wait for a word in it. */
size_t uaccess_copy(void *dst, const void *src, size_t n)
{
	search_point((unsigned long)src, (unsigned)n, false, __builtin_return_address(0));
	memcpy(dst, src, n);
	return 0;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return memcpy(kmalloc(strlen(s) + 1, gfp), s, strlen(s) + 1);
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t n = min(strlen(src), size - 1);

	memcpy(dst, src, n);
	dst[n] = 0;
	return (ssize_t)n;
}

void *module_alloc(size_t size)
{
	static bool taken;

	if (taken || size > PAGE_SIZE)
		violation("the world has room for one page of selectors");
	taken = true;
	return (void *)TEXT_SELECTORS;
}

void module_free(void *p)
{
}

int kprotect_range(unsigned long va, unsigned long size, int prot)
{
	return 0;
}

/* ---- what went wrong ----------------------------------------------------------------------- */

void panic(const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	violation("panic: %s", text);
}

void assert_failed(const char *expr, const char *file, int line)
{
	violation("assertion %s failed at %s:%d", expr, file, line);
}

void warn_report(const char *file, int line, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	violation("warning at %s:%d: %s", file, line, text);
}

int _printk(const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	note("log: %s", text + (text[0] == 1 ? 2 : 0));
	if (strstr(text, "safety pass"))
		violation("%s", text + 2);
	return 0;
}

/* ---- symbols, modules, what modules hand in -------------------------------------------------- */

unsigned race_one_in;
struct module *world_late_module;

unsigned long slot_of_function(unsigned long func)
{
	return func - (unsigned long)world_text < TEXT_PAGE ? func : 0;
}

bool kernel_text_address(unsigned long addr)
{
	return addr - (unsigned long)world_text < sizeof(world_text);
}

int ksym_find(struct module *mod, const char *name, unsigned long pos, struct ksym *out)
{
	static const char *const names[WORLD_FUNCS] = { "outer", "inner", "late" };

	for (unsigned f = 0; f < WORLD_FUNCS; f++) {
		if (strcmp(name, names[f]))
			continue;
		*out = (struct ksym){ .name = names[f], .start = TEXT_OF(f), .size = 256 };
		return 0;
	}
	return -ENOENT;
}

bool ksym_lookup(unsigned long addr, struct ksym *out)
{
	unsigned long offset = addr - (unsigned long)world_text;

	if (offset >= 2 * TEXT_PAGE)
		return false;
	*out = (struct ksym){ .name = "", .start = addr & ~255UL, .size = 256 };
	return true;
}

struct module *find_module(const char *name)
{
	return world_late_module && strcmp(name, "late") == 0 ? world_late_module : NULL;
}

struct module *module_next(struct module *mod)
{
	unsigned p = 1;

	while (mod && p <= WORLD_PATCHES && mod != &world_patches[p].mod)
		p++;
	p += mod != NULL;
	return p <= WORLD_PATCHES ? &world_patches[p].mod : NULL;
}

bool try_module_get(struct module *mod)
{
	atomic_inc(&mod->refcnt);
	return true;
}

void module_put(struct module *mod)
{
	if (atomic_dec_and_test(&mod->refcnt))
		for (unsigned p = 1; p <= WORLD_PATCHES; p++)
			if (mod == &world_patches[p].mod)
				oracle_retired(p);
}

bool module_name_is_valid(const char *name)
{
	return true;
}

bool handed_data(const void *p, size_t size, const char **why)
{
	return true;
}

/* Tables of the world are correct: each ends with its empty entry. */
bool handed_own_data(const struct module *mod, const void *p, size_t size, const char **why)
{
	return true;
}

bool handed_own_function(const struct module *mod, const void *fn, const char **why)
{
	return true;
}

bool handed_string(const char *s, size_t limit)
{
	return s;
}

bool handed_check_callback(const char *what, const void *object, const void *fn)
{
	return true;
}

const char __text_start[1], __text_end[1];

int klp_check_relocs(const struct klp_patch *patch)
{
	return 0;
}

int klp_relocate_object(struct klp_patch *patch, struct klp_object *obj)
{
	return 0;
}

int klp_sysfs_add(struct klp_patch *patch)
{
	return 0;
}

void klp_sysfs_changed(struct klp_patch *patch)
{
	scene_patch_changed(patch);
}

enum unwind_reason unwind_reliable(struct task *task, unsigned long *entries, unsigned *n)
{
	unsigned room = *n;

	*n = 0;
	if (!task->stack)
		return UNWIND_OK;
	if (task != current && task_running(task))
		return UNWIND_RUNNING;
	/* Interrupted between a call and the version that the call reaches: at a slot, or in a selector. */
	if (task == current && machine_cpus[machine_now].interrupted)
		return UNWIND_KERNEL_REGS;
	*n = oracle_stack(task, entries, room);
	return UNWIND_OK;
}

/* ---- processes: two, with threads; and that of the kernel ------------------------------------ */

struct process kernel_process, world_process, exec_process;
struct process *init_process = &kernel_process;
struct list_head all_processes = LIST_HEAD_INIT(all_processes);
unsigned nr_processes, total_forks;
static struct user world_user;

static void process_start(struct process *p)
{
	spin_lock_init_rank(&p->lock, "process->lock", RANK_SIGNAL);
	atomic_set(&p->refs, 100);
	INIT_LIST_HEAD(&p->threads);
	INIT_LIST_HEAD(&p->children);
	INIT_LIST_HEAD(&p->sibling);
	INIT_LIST_HEAD(&p->tracees);
	init_waitqueue_head(&p->wait_child);
	p->nr_threads = 100;			/* never the last one */
	p->nr_live = 100;
	p->user = &world_user;
	p->parent = &kernel_process;
}

void world_services_init(void)
{
	process_start(&kernel_process);
	process_start(&world_process);
	process_start(&exec_process);
}

void process_get(struct process *p)
{
	atomic_inc(&p->refs);
}

void process_put(struct process *p)
{
	atomic_dec(&p->refs);
}

/* A signal is a bit of pending.set and its flag: a handler takes it on the way to user mode, and does nothing. */
void set_notify_signal(struct task *t)
{
	set_task_flag(t, TIF_NOTIFY_SIGNAL);
	if (!wake_up_state(t, TASK_INTERRUPTIBLE | TASK_KICKABLE))
		kick_task(t);
}

void do_signal_or_restart(struct pt_regs *regs)
{
	clear_task_flag(current, TIF_NOTIFY_SIGNAL);
	if (fatal_signal_pending(current))
		ipc_client_killed();
	current->pending.set = 0;
	clear_task_flag(current, TIF_SIGPENDING);
}
