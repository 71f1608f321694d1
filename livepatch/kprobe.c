// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes (contract: neurath/kprobe.h), on the hooks of live patching: while a function has
 * probes its slot holds a breakpoint, and the trap runs them and goes on wherever the
 * slot would have led (hook->goes_to), so that both share one slot without knowing of each other.
 *
 * Changes are made under klp_mutex.  The trap takes no lock and has interrupts off: what was
 * unlinked before a serialising round is not used after it.
 */
#include "internal.h"
#include <neurath/arch.h>
#include <neurath/export.h>
#include <neurath/hook.h>
#include <neurath/kprobe.h>
#include <neurath/string.h>

/* A handler runs on this CPU. (interrupts off) */
static bool kprobe_running[NR_CPUS];

/* ---- the trap ----------------------------------------------------------------------- */

/* Not 0 if a handler wants the call to go on elsewhere. */
static notrace int kprobe_run_pre(struct kprobe *first, struct pt_regs *regs)
{
	for (struct kprobe *p = first; p; p = READ_ONCE(p->next))
		if (p->pre_handler && p->pre_handler(p, regs))
			return 1;
	return 0;
}

static notrace void kprobe_run_post(struct kprobe *first, struct pt_regs *regs)
{
	for (struct kprobe *p = first; p; p = READ_ONCE(p->next))
		if (p->post_handler)
			p->post_handler(p, regs, 0);
}

static notrace void kprobe_count_missed(struct kprobe *first)
{
	for (struct kprobe *p = first; p; p = READ_ONCE(p->next))
		p->nmissed++;
}

notrace bool kprobe_trap(struct pt_regs *regs, unsigned long addr)
{
	struct klp_hook *hook = klp_hook_trapped_at(addr);
	struct kprobe *first;
	bool *running = &kprobe_running[cpu_id()];

	if (!hook)
		return false;
	first = READ_ONCE(hook->probes);
	if (*running) {
		kprobe_count_missed(first);
		instruction_pointer_set(regs, READ_ONCE(hook->goes_to));
		return true;
	}
	*running = true;
	if (!kprobe_run_pre(first, regs)) {
		instruction_pointer_set(regs, READ_ONCE(hook->goes_to));
		kprobe_run_post(first, regs);
	}
	*running = false;
	return true;
}

/* ---- registration ---------------------------------------------------------------------- */

/* The function that @p names, and a reference on its module if it has one. */
static int kprobe_find(struct kprobe *p, unsigned long *func)
{
	const char *name = p->symbol_name, *colon = name ? strchr(name, ':') : NULL;
	char mod_name[MODULE_NAME_LEN];
	struct module *mod = NULL;
	unsigned long flags;
	struct ksym sym;
	bool gone = false;

	if (p->offset || !name == !p->addr)
		return -EINVAL;
	flags = irq_save();
	if (colon) {
		strscpy(mod_name, name, min(sizeof(mod_name), (size_t)(colon - name) + 1));
		mod = find_module(mod_name);
		gone = !mod;
	} else if (!name) {
		mod = module_of_address((unsigned long)p->addr);
	}
	/* One that is COMING may yet fail, whoever refers to it. */
	if (mod && (READ_ONCE(mod->state) != MODULE_STATE_LIVE || !try_module_get(mod)))
		gone = true;
	irq_restore(flags);
	if (gone)
		return -ENOENT;
	p->mod = mod;
	*func = (unsigned long)p->addr;
	if (name && ksym_find(mod, colon ? colon + 1 : name, 1, &sym)) {
		if (mod)
			module_put(mod);
		return -ENOENT;
	}
	if (name)
		*func = sym.start;
	return 0;
}

static int kprobe_arm(struct kprobe *p, unsigned long func)
{
	struct klp_hook *hook;
	int error = klp_hook_get(func, &hook);

	if (error)
		return error;
	if (!klp_hooks_are_allowed() || (p->post_handler && klp_hook_is_patched(hook))) {
		klp_hook_put(hook);
		klp_hooks_reap();
		return -EBUSY;
	}
	p->hook = hook;
	p->nmissed = 0;
	p->next = hook->probes;
	klp_hook_set_probes(hook, p);
	return 0;
}

int register_kprobe(struct kprobe *p)
{
	const bool by_name = p->symbol_name != NULL;
	unsigned long func;
	int error = p->hook ? -EINVAL : kprobe_find(p, &func);

	if (error)
		return error;
	mutex_lock(&klp_mutex);
	error = kprobe_arm(p, func);
	mutex_unlock(&klp_mutex);
	if (error && p->mod)
		module_put(p->mod);
	if (!error && by_name)
		p->addr = (kprobe_opcode_t *)func;
	return error;
}

void unregister_kprobe(struct kprobe *p)
{
	struct klp_hook *hook = p->hook;
	struct kprobe **link;

	if (!hook)
		return;
	mutex_lock(&klp_mutex);
	link = &hook->probes;
	while (*link != p)
		link = &(*link)->next;
	if (link == &hook->probes)
		klp_hook_set_probes(hook, p->next);
	else
		WRITE_ONCE(*link, p->next);
	/* Traps that saw it are over, with their handlers. */
	smp_sync_core();
	klp_hook_put(hook);
	klp_hooks_reap();
	p->hook = NULL;
	mutex_unlock(&klp_mutex);
	if (p->symbol_name)
		p->addr = NULL;
	if (p->mod)
		module_put(p->mod);
}

EXPORT_SYMBOL(register_kprobe);
EXPORT_SYMBOL(unregister_kprobe);
