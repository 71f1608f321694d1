/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks: one for each original function that a patch, a probe or the tracer uses.  A hook has
 * the stack of versions, newest first with the original at the bottom, and the state of the
 * entry slot.
 *
 *	versions				slot holds
 *	original only				NOP
 *	newest version is in a transition	jmp to the selector
 *	newest version is settled		jmp to the new function
 *	any, and the function is traced		jmp to the tracer, which goes to the same place
 *	any, and the hook has probes		a breakpoint; the trap goes to the same place
 *
 * klp_hooks_sync() writes all slots that differ from this table in one batch.  Everything that
 * can fail (memory, a function without slot) happens in klp_hook_get(); pushing, popping and
 * syncing cannot fail.
 *
 * All changes are made under klp_mutex.  The selector reads hook->top and the versions without
 * a lock: a version is complete before it is pushed, and stays valid until a serialising round
 * after it was popped.
 *
 * A callback may hold klp_mutex without limit, and readers of files must not wait for that.  So
 * the list, the data of each hook and klp_hooks_allowed change under hook_list_mutex in
 * addition, which is held only for the change.  Either lock is enough to read.
 */
#include "internal.h"
#include <neurath/hook.h>
#include <neurath/kernfs.h>
#include <neurath/kprobe.h>
#include <neurath/mm.h>
#include <neurath/string.h>

static DEFINE_MUTEX_RANK(hook_list_mutex, RANK_HOOK_LIST);
static LIST_HEAD(klp_hooks);
/* Hooks without users.  A CPU may still be in the selector: klp_hooks_reap() frees them. */
static LIST_HEAD(klp_dead_hooks);
/* The list of hooks with probes; the trap reads it without a lock. */
static struct klp_hook *trapped_hooks;
static unsigned nr_klp_hooks;
/*
 * kernel.ftrace_enabled: while it is false no version goes on a hook.  It becomes false only
 * while there are no hooks, so the holder of a hook that finds true may rely on it.
 * (hook_list_mutex)
 */
static bool klp_hooks_allowed = true;
/* Room for a batch of all hooks, so that klp_hooks_sync() does not allocate. */
static struct text_poke *hook_pokes;
static unsigned hook_pokes_room;

/* A tracer may have thousands of hooks: a hash table by function address. (hook_list_mutex) */
#define HOOK_BUCKETS	1024
static struct klp_hook *hook_buckets[HOOK_BUCKETS];

static struct klp_hook **hook_bucket(unsigned long func)
{
	return &hook_buckets[(func >> 4) % HOOK_BUCKETS];
}

static struct klp_hook *hook_find(unsigned long func)
{
	struct klp_hook *hook = *hook_bucket(func);

	while (hook && hook->func != func)
		hook = hook->next_in_bucket;
	return hook;
}

/* Caller holds hook_list_mutex. */
static void hook_list_add(struct klp_hook *hook)
{
	struct klp_hook **bucket = hook_bucket(hook->func);

	list_add_tail(&hook->node, &klp_hooks);
	hook->next_in_bucket = *bucket;
	*bucket = hook;
	nr_klp_hooks++;
}

/* Caller holds hook_list_mutex. */
static void hook_list_del(struct klp_hook *hook)
{
	struct klp_hook **link = hook_bucket(hook->func);

	while (*link != hook)
		link = &(*link)->next_in_bucket;
	*link = hook->next_in_bucket;
	list_del(&hook->node);
	nr_klp_hooks--;
}

static int hook_reserve_poke(void)
{
	struct text_poke *pokes;
	unsigned room = hook_pokes_room ? 2 * hook_pokes_room : 16;

	if (nr_klp_hooks < hook_pokes_room)
		return 0;
	pokes = krealloc(hook_pokes, room * sizeof(*pokes), GFP_KERNEL);
	if (!pokes)
		return -ENOMEM;
	hook_pokes = pokes;
	hook_pokes_room = room;
	return 0;
}

static int hook_create(unsigned long func, struct klp_hook **out)
{
	struct klp_hook *hook;

	if (!slot_of_function(func))
		return -EINVAL;
	if (hook_reserve_poke())
		return -ENOMEM;
	hook = kzalloc(sizeof(*hook), GFP_KERNEL);
	if (!hook)
		return -ENOMEM;
	hook->func = func;
	hook->original.ip = func + SLOT_SIZE;
	hook->top = &hook->original;
	hook->goes_to = hook->original.ip;
	hook->leads_to = hook->original.ip;
	hook->site = klp_trace_site_of(func);
	slot_encode_nop(hook->slot);
	mutex_lock(&hook_list_mutex);
	hook_list_add(hook);
	mutex_unlock(&hook_list_mutex);
	*out = hook;
	return 0;
}

int klp_hook_get_for_trace(unsigned long func, struct klp_hook **out)
{
	struct klp_hook *hook = hook_find(func);
	int error;

	assert_mutex_held(&klp_mutex);
	if (!hook) {
		error = hook_create(func, &hook);
		if (error)
			return error;
	}
	hook->refs++;
	*out = hook;
	return 0;
}

int klp_hook_get(unsigned long func, struct klp_hook **out)
{
	int error = klp_hook_get_for_trace(func, out);

	if (error || (*out)->selector)
		return error;
	(*out)->selector = selector_create(func, &(*out)->top);
	if ((*out)->selector)
		return 0;
	klp_hook_put(*out);
	*out = NULL;
	klp_hooks_reap();
	return -ENOMEM;
}

void klp_hook_set_traced(struct klp_hook *hook, struct trace_site *site, bool traced)
{
	assert_mutex_held(&klp_mutex);
	mutex_lock(&hook_list_mutex);
	hook->site = site;
	hook->traced = traced;
	mutex_unlock(&hook_list_mutex);
}

void klp_hook_put(struct klp_hook *hook)
{
	assert_mutex_held(&klp_mutex);
	if (--hook->refs)
		return;
	assert(hook->top == &hook->original && !hook->probes && !hook->traced);
	mutex_lock(&hook_list_mutex);
	hook_list_del(hook);
	mutex_unlock(&hook_list_mutex);
	list_add_tail(&hook->node, &klp_dead_hooks);
}

void klp_hooks_reap(void)
{
	struct klp_hook *hook, *next;

	assert_mutex_held(&klp_mutex);
	if (list_empty(&klp_dead_hooks))
		return;
	/*
	 * The slots have been NOPs since klp_hooks_sync().  After one more round no CPU is in a
	 * selector or holds a version that it read in one.
	 */
	smp_sync_core();
	list_for_each_entry_safe(hook, next, &klp_dead_hooks, node) {
		list_del(&hook->node);
		if (hook->selector)
			selector_free(hook->selector);
		kfree(hook);
	}
}

void klp_hook_push(struct klp_func *func)
{
	struct klp_hook *hook = func->hook;

	assert_mutex_held(&klp_mutex);
	mutex_lock(&hook_list_mutex);
	func->version.below = hook->top;
	/* Barrier B, the writer: a selector that sees the new top sees a complete version. */
	smp_store_release(&hook->top, &func->version);
	mutex_unlock(&hook_list_mutex);
	func->patched = true;
}

void klp_hook_pop(struct klp_func *func)
{
	struct hook_version **link = &func->hook->top;

	assert_mutex_held(&klp_mutex);
	mutex_lock(&hook_list_mutex);
	while (*link != &func->version)
		link = &(*link)->below;
	/* func->version.below keeps its value: a selector may read it until the next round. */
	WRITE_ONCE(*link, func->version.below);
	mutex_unlock(&hook_list_mutex);
	func->patched = false;
}

/* @version belongs to a patch; it is not the original. */
static void version_range(const struct hook_version *version, unsigned long *start,
			  unsigned long *size)
{
	const struct klp_func *func = container_of(version, const struct klp_func, version);

	*start = func->nop ? func->old_func : (unsigned long)func->new_func;
	*size = func->nop ? func->old_size : func->new_size;
}

void klp_hook_range(const struct klp_func *func, const struct hook_version *version,
		    unsigned long *start, unsigned long *size)
{
	if (version == &func->hook->original) {
		*start = func->old_func;
		*size = func->old_size;
		return;
	}
	version_range(version, start, size);
}

bool klp_hook_newest_range(unsigned long func, unsigned long *start, unsigned long *size)
{
	const struct klp_hook *hook;
	bool patched;

	mutex_lock(&hook_list_mutex);
	hook = hook_find(func);
	patched = hook && hook->top != &hook->original;
	if (patched)
		version_range(hook->top, start, size);
	mutex_unlock(&hook_list_mutex);
	return patched;
}

/* The address at which a call of the function goes on. */
static unsigned long hook_target(const struct klp_hook *hook)
{
	return hook->top->transition ? selector_entry(hook->selector) : hook->top->ip;
}

static void hook_wanted_slot(const struct klp_hook *hook, u8 *slot)
{
	if (hook->probes)
		slot_encode_trap(slot);
	else if (hook->leads_to == hook->original.ip)
		slot_encode_nop(slot);
	else
		slot_encode_jmp(slot, hook->func, hook->leads_to);
}

/* Computes where calls of the function lead from now on; true if that has changed. */
static bool hook_reroute(struct klp_hook *hook)
{
	unsigned long target = hook_target(hook), lead = target;
	bool changed;

	if (hook->traced)
		lead = hook->site->entry;
	changed = hook->goes_to != target || hook->leads_to != lead;
	WRITE_ONCE(hook->goes_to, target);
	/* Also if the function is no longer traced: a CPU may still be in the trampoline. */
	if (hook->site)
		WRITE_ONCE(hook->site->goes_to, target);
	WRITE_ONCE(hook->leads_to, lead);
	return changed;
}

void klp_hooks_sync(void)
{
	struct klp_hook *hook;
	bool rerouted = false;
	unsigned n = 0;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(hook, &klp_hooks, node) {
		struct text_poke *poke = &hook_pokes[n];

		rerouted |= hook_reroute(hook);
		hook_wanted_slot(hook, poke->new);
		if (memcmp(poke->new, hook->slot, SLOT_SIZE) == 0)
			continue;
		poke->addr = hook->func;
		memcpy(poke->old, hook->slot, SLOT_SIZE);
		memcpy(hook->slot, poke->new, SLOT_SIZE);
		n++;
	}
	/* The old bytes differ only if other code wrote to text.  There is no way to continue. */
	if (text_poke_batch(hook_pokes, n))
		panic("livepatch: a slot does not hold what was written there");
	/* A change of the target of a trap or tracer changes no text, and needs the same round. */
	if (rerouted && n == 0)
		smp_sync_core();
}

/* ---- probes ------------------------------------------------------------------- */

struct klp_hook *klp_hook_of_probe(const struct kprobe *p)
{
	struct klp_hook *hook;
	const struct kprobe *probe;

	assert_mutex_held(&klp_mutex);
	for (hook = trapped_hooks; hook; hook = hook->next_trapped)
		for (probe = hook->probes; probe; probe = probe->next)
			if (probe == p)
				return hook;
	return NULL;
}

notrace struct klp_hook *klp_hook_trapped_at(unsigned long func)
{
	struct klp_hook *hook = smp_load_acquire(&trapped_hooks);

	while (hook && hook->func != func)
		hook = smp_load_acquire(&hook->next_trapped);
	return hook;
}

static void hook_unlink_trapped(struct klp_hook *hook)
{
	struct klp_hook **link = &trapped_hooks;

	while (*link != hook)
		link = &(*link)->next_trapped;
	WRITE_ONCE(*link, hook->next_trapped);
}

void klp_hook_add_probe(struct klp_hook *hook, struct kprobe *p)
{
	bool was_trapped = hook->probes != NULL;

	assert_mutex_held(&klp_mutex);
	p->next = hook->probes;
	mutex_lock(&hook_list_mutex);
	/* Pairs with the READ_ONCE() in kprobe_trap(): a trap sees a complete probe. */
	smp_store_release(&hook->probes, p);
	mutex_unlock(&hook_list_mutex);
	if (!was_trapped) {
		/* On the list before the breakpoint is in the text, so that no trap misses it. */
		hook->next_trapped = trapped_hooks;
		smp_store_release(&trapped_hooks, hook);
	}
	klp_hooks_sync();
}

void klp_hook_remove_probe(struct klp_hook *hook, struct kprobe *p)
{
	struct kprobe **link = &hook->probes;

	assert_mutex_held(&klp_mutex);
	mutex_lock(&hook_list_mutex);
	while (*link != p)
		link = &(*link)->next;
	WRITE_ONCE(*link, p->next);
	mutex_unlock(&hook_list_mutex);
	if (!hook->probes) {
		klp_hooks_sync();
		hook_unlink_trapped(hook);
	}
	/* After this round traps that saw the probe are over, and so are their handlers. */
	smp_sync_core();
}

bool klp_hook_is_patched(const struct klp_hook *hook)
{
	assert(mutex_is_mine(&klp_mutex) || mutex_is_mine(&hook_list_mutex));
	return hook->top != &hook->original;
}

int klp_hook_may_push(const struct klp_hook *hook)
{
	assert_mutex_held(&klp_mutex);
	if (!klp_hooks_are_allowed())
		return -EBUSY;
	for (const struct kprobe *p = hook->probes; p; p = p->next)
		if (p->post_handler)
			return -EBUSY;
	return 0;
}

/* ---- /sys/kernel/tracing/enabled_functions ----------------------------------- */

static unsigned hook_nr_users(const struct klp_hook *hook)
{
	unsigned n = 0;

	for (const struct hook_version *v = hook->top; v != &hook->original; v = v->below)
		n++;
	for (const struct kprobe *p = hook->probes; p; p = p->next)
		n++;
	return n + hook->traced;
}

/* One line for each function: the users of its slot, and I if its calls go to a version. */
static int hook_list_show(struct seq_file *m, void *private)
{
	struct klp_hook *hook;
	char name[160];

	mutex_lock(&hook_list_mutex);
	list_for_each_entry(hook, &klp_hooks, node) {
		if (!hook_nr_users(hook))
			continue;
		ksym_sprint(name, sizeof(name), hook->func, false);
		seq_printf(m, "%s (%u) R %c\n", name, hook_nr_users(hook),
			   klp_hook_is_patched(hook) ? 'I' : ' ');
	}
	mutex_unlock(&hook_list_mutex);
	return 0;
}

KERNFS_DIR(klp_tracing_dir, "/sys/kernel/tracing", 0755, NULL);
KERNFS_SHOW(klp_hook_list, "/sys/kernel/tracing/enabled_functions", 0444, hook_list_show);

/* ---- /proc/sys/kernel/ftrace_enabled ---------------------------------------- */

bool klp_hooks_are_allowed(void)
{
	return READ_ONCE(klp_hooks_allowed);
}

static int hook_sysctl_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%d\n", READ_ONCE(klp_hooks_allowed));
	return 0;
}

static ssize_t hook_sysctl_store(const char *buf, size_t n, void *private)
{
	int value, error = kstrtoint(buf, 0, &value);

	if (error)
		return error;
	mutex_lock(&hook_list_mutex);
	if (!value && nr_klp_hooks)
		error = -EBUSY;		/* functions are replaced and stay so */
	else
		WRITE_ONCE(klp_hooks_allowed, value != 0);
	mutex_unlock(&hook_list_mutex);
	return error ? error : (ssize_t)n;
}

static const struct kernfs_file_ops hook_sysctl_ops = {
	.show = hook_sysctl_show,
	.store = hook_sysctl_store,
};
KERNFS_FILE(klp_hook_sysctl, "/proc/sys/kernel/ftrace_enabled", S_IFREG | 0644,
	    &hook_sysctl_ops, NULL);
