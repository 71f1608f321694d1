// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One hook for each original function that some patch names: the stack of its
 * versions, newest first, with the original at the bottom, and the state of its
 * entry slot.
 *
 *	versions				slot holds
 *	original only				NOP
 *	newest version is in a transition	jmp to the selector
 *	newest version is settled		jmp to the new function
 *	any, and there are probes		a breakpoint; the trap goes to the same place
 *
 * klp_hooks_sync() brings all slots there in one batch.  Everything that can fail
 * (memory, a function without slot) happens in klp_hook_get(); pushing, popping
 * and syncing cannot fail.
 *
 * All of it under klp_mutex.  The selector reads hook->top and the versions
 * without a lock: a version is complete before it is pushed, and stays valid
 * until a serialising round after it was popped.
 */
#include "internal.h"
#include <neurath/hook.h>
#include <neurath/kernfs.h>
#include <neurath/kprobe.h>
#include <neurath/mm.h>
#include <neurath/string.h>

static LIST_HEAD(klp_hooks);
/* Nobody's any more, but a CPU may stand in the selector: freed by klp_hooks_reap(). */
static LIST_HEAD(klp_dead_hooks);
/* Hooks with probes; the trap reads it without a lock. */
static struct klp_hook *trapped_hooks;
static unsigned nr_klp_hooks;
/* kernel.ftrace_enabled: no version goes on a hook while it is false. (klp_mutex) */
static bool klp_hooks_allowed = true;
/* Room for a batch of all hooks, so that syncing never allocates. */
static struct text_poke *hook_pokes;
static unsigned hook_pokes_room;

static struct klp_hook *hook_find(unsigned long func)
{
	struct klp_hook *hook;

	list_for_each_entry(hook, &klp_hooks, node)
		if (hook->func == func)
			return hook;
	return NULL;
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
	slot_encode_nop(hook->slot);
	hook->selector = selector_create(func, &hook->top);
	if (!hook->selector) {
		kfree(hook);
		return -ENOMEM;
	}
	list_add_tail(&hook->node, &klp_hooks);
	nr_klp_hooks++;
	*out = hook;
	return 0;
}

int klp_hook_get(unsigned long func, struct klp_hook **out)
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

void klp_hook_put(struct klp_hook *hook)
{
	assert_mutex_held(&klp_mutex);
	if (--hook->refs)
		return;
	assert(hook->top == &hook->original && !hook->probes);
	list_del(&hook->node);
	nr_klp_hooks--;
	list_add_tail(&hook->node, &klp_dead_hooks);
}

void klp_hooks_reap(void)
{
	struct klp_hook *hook, *next;

	assert_mutex_held(&klp_mutex);
	if (list_empty(&klp_dead_hooks))
		return;
	/*
	 * The slots have been NOPs since klp_hooks_sync().  One more round, and no CPU
	 * stands in a selector or holds a version that it read there.
	 */
	smp_sync_core();
	list_for_each_entry_safe(hook, next, &klp_dead_hooks, node) {
		list_del(&hook->node);
		selector_free(hook->selector);
		kfree(hook);
	}
}

void klp_hook_push(struct klp_func *func)
{
	struct klp_hook *hook = func->hook;

	assert_mutex_held(&klp_mutex);
	func->version.below = hook->top;
	/* A selector that sees the new top sees a complete version: barrier B's writer. */
	smp_store_release(&hook->top, &func->version);
	func->patched = true;
}

void klp_hook_pop(struct klp_func *func)
{
	struct hook_version **link = &func->hook->top;

	assert_mutex_held(&klp_mutex);
	while (*link != &func->version)
		link = &(*link)->below;
	/* func->version.below stays: a selector may be reading it until the next round. */
	WRITE_ONCE(*link, func->version.below);
	func->patched = false;
}

void klp_hook_below(const struct klp_func *func, unsigned long *start, unsigned long *size)
{
	const struct hook_version *below = func->version.below;
	const struct klp_func *other;

	if (below == &func->hook->original) {
		*start = func->old_func;
		*size = func->old_size;
		return;
	}
	other = container_of(below, const struct klp_func, version);
	*start = other->nop ? other->old_func : (unsigned long)other->new_func;
	*size = other->nop ? other->old_size : other->new_size;
}

/* Where a call of the function goes on. */
static unsigned long hook_target(const struct klp_hook *hook)
{
	return hook->top->transition ? selector_entry(hook->selector) : hook->top->ip;
}

static void hook_wanted_slot(const struct klp_hook *hook, u8 *slot)
{
	if (hook->probes)
		slot_encode_trap(slot);
	else if (hook->goes_to == hook->original.ip)
		slot_encode_nop(slot);
	else
		slot_encode_jmp(slot, hook->func, hook->goes_to);
}

void klp_hooks_sync(void)
{
	struct klp_hook *hook;
	bool rerouted = false;
	unsigned n = 0;

	assert_mutex_held(&klp_mutex);
	list_for_each_entry(hook, &klp_hooks, node) {
		struct text_poke *poke = &hook_pokes[n];

		rerouted |= hook->goes_to != hook_target(hook);
		WRITE_ONCE(hook->goes_to, hook_target(hook));
		hook_wanted_slot(hook, poke->new);
		if (memcmp(poke->new, hook->slot, SLOT_SIZE) == 0)
			continue;
		poke->addr = hook->func;
		memcpy(poke->old, hook->slot, SLOT_SIZE);
		memcpy(hook->slot, poke->new, SLOT_SIZE);
		n++;
	}
	/* Old bytes differ only if somebody else wrote to text: nothing sane is left to do. */
	BUG_ON(text_poke_batch(hook_pokes, n));
	/* Where a trap goes changes without a change of text, but takes the same round. */
	if (rerouted && n == 0)
		smp_sync_core();
}

/* ---- probes ------------------------------------------------------------------- */

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

void klp_hook_set_probes(struct klp_hook *hook, struct kprobe *first)
{
	bool was_trapped = hook->probes != NULL;

	assert_mutex_held(&klp_mutex);
	/* Pairs with the READ_ONCE() in kprobe_trap(), which follows it: the probe is complete. */
	smp_store_release(&hook->probes, first);
	if (first && !was_trapped) {
		/* On the list before the breakpoint is in the text: no trap misses it. */
		hook->next_trapped = trapped_hooks;
		smp_store_release(&trapped_hooks, hook);
	}
	klp_hooks_sync();
	if (!first && was_trapped)
		hook_unlink_trapped(hook);
}

bool klp_hook_is_patched(const struct klp_hook *hook)
{
	assert_mutex_held(&klp_mutex);
	return hook->top != &hook->original;
}

int klp_hook_may_push(const struct klp_hook *hook)
{
	assert_mutex_held(&klp_mutex);
	if (!klp_hooks_allowed && !MUTANT(SWITCHED_OFF_USED))
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
	return n;
}

/* One line a function: who uses its slot, and I if calls of it go elsewhere. */
static int hook_list_show(struct seq_file *m, void *private)
{
	struct klp_hook *hook;
	char name[160];

	mutex_lock(&klp_mutex);
	list_for_each_entry(hook, &klp_hooks, node) {
		if (!hook_nr_users(hook))
			continue;
		ksym_sprint(name, sizeof(name), hook->func, false);
		seq_printf(m, "%s (%u) R %c\n", name, hook_nr_users(hook),
			   klp_hook_is_patched(hook) ? 'I' : ' ');
	}
	mutex_unlock(&klp_mutex);
	return 0;
}

KERNFS_DIR(klp_tracing_dir, "/sys/kernel/tracing", 0755, NULL);
KERNFS_SHOW(klp_hook_list, "/sys/kernel/tracing/enabled_functions", 0444, hook_list_show);

/* ---- /proc/sys/kernel/ftrace_enabled ---------------------------------------- */

bool klp_hooks_are_allowed(void)
{
	assert_mutex_held(&klp_mutex);
	return klp_hooks_allowed;
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
	mutex_lock(&klp_mutex);
	if (!value && nr_klp_hooks && !MUTANT(SWITCHED_OFF_PATCHED))
		error = -EBUSY;		/* functions are replaced, and stay so */
	else
		klp_hooks_allowed = value != 0;
	mutex_unlock(&klp_mutex);
	return error ? error : (ssize_t)n;
}

static const struct kernfs_file_ops hook_sysctl_ops = {
	.show = hook_sysctl_show,
	.store = hook_sysctl_store,
};
KERNFS_FILE(klp_hook_sysctl, "/proc/sys/kernel/ftrace_enabled", S_IFREG | 0644,
	    &hook_sysctl_ops, NULL);
