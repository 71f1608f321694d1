/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes (contract: neurath/kprobe.h), on the hooks of live patching.  While a function has
 * probes its slot contains a breakpoint.  The trap runs the probes and goes on where the slot
 * would have led (hook->leads_to), so probes and patches share a slot and are independent of
 * each other.
 *
 * Changes are made under klp_mutex.  The trap takes no lock and runs with interrupts off: a
 * probe that was unlinked before a serialising round is not used after the round.
 */
#include "internal.h"
#include <neurath/init.h>
#include <neurath/arch.h>
#include <neurath/export.h>
#include <neurath/handed.h>
#include <neurath/hook.h>
#include <neurath/kprobe.h>
#include <neurath/string.h>

/* True while a handler runs on this CPU. (interrupts off) */
static bool kprobe_running[NR_CPUS];

/* ---- the trap ----------------------------------------------------------------------- */

/* Returns nonzero if a handler wants the call to go on elsewhere. */
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

static notrace bool kprobe_trap(struct pt_regs *regs, unsigned long addr)
{
	struct klp_hook *hook = klp_hook_trapped_at(addr);
	struct kprobe *first;
	bool *running = &kprobe_running[cpu_id()];

	if (!hook)
		return false;
	first = READ_ONCE(hook->probes);
	if (*running) {
		kprobe_count_missed(first);
		instruction_pointer_set(regs, READ_ONCE(hook->leads_to));
		return true;
	}
	*running = true;
	if (!kprobe_run_pre(first, regs)) {
		instruction_pointer_set(regs, READ_ONCE(hook->leads_to));
		kprobe_run_post(first, regs);
	}
	*running = false;
	return true;
}

/* ---- registration ---------------------------------------------------------------------- */

/* Finds the function that @p names, and takes a reference on its module if it has one. */
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
	/* A module that is COMING may still fail, even if it has references. */
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
	p->nmissed = 0;
	klp_hook_add_probe(hook, p);
	return 0;
}

/* False if the caller holds klp_mutex: a callback of a patch may set probes, as on Linux. */
static bool kprobe_lock(void)
{
	if (mutex_is_mine(&klp_mutex))
		return false;
	mutex_lock(&klp_mutex);
	return true;
}

static void kprobe_unlock(bool locked)
{
	if (locked)
		mutex_unlock(&klp_mutex);
}

static int kprobe_decode(const struct kprobe *p)
{
	const char *why = "no string";

	if (!handed_data(p, sizeof(*p), &why))
		pr_err("the struct kprobe at %p is %s\n", p, why);
	else if (p->symbol_name && !handed_string(p->symbol_name, PAGE_SIZE))
		pr_err("symbol_name of kprobe %ps is %s\n", p, why);
	else if (p->pre_handler && !handed_function(p->pre_handler, &why))
		pr_err("pre_handler of kprobe %ps is %s\n", p, why);
	else if (p->post_handler && !handed_function(p->post_handler, &why))
		pr_err("post_handler of kprobe %ps is %s\n", p, why);
	else
		return 0;
	return -EINVAL;
}

int register_kprobe(struct kprobe *p)
{
	unsigned long func;
	bool locked, by_name;
	int error = kprobe_decode(p);

	if (error)
		return error;
	by_name = p->symbol_name != NULL;
	locked = kprobe_lock();
	error = klp_hook_of_probe(p) ? -EINVAL : kprobe_find(p, &func);
	if (error) {
		kprobe_unlock(locked);
		return error;
	}
	error = kprobe_arm(p, func);
	kprobe_unlock(locked);
	if (error && p->mod)
		module_put(p->mod);
	if (!error && by_name)
		p->addr = (kprobe_opcode_t *)func;
	return error;
}

void unregister_kprobe(struct kprobe *p)
{
	bool locked = kprobe_lock();
	struct klp_hook *hook = klp_hook_of_probe(p);

	if (!hook) {
		kprobe_unlock(locked);
		return;
	}
	klp_hook_remove_probe(hook, p);
	klp_hook_put(hook);
	klp_hooks_reap();
	kprobe_unlock(locked);
	if (p->symbol_name)
		p->addr = NULL;
	if (p->mod)
		module_put(p->mod);
}

void __init kprobe_init(void)
{
	probe_trap = kprobe_trap;
}

EXPORT_SYMBOL(register_kprobe);
EXPORT_SYMBOL(unregister_kprobe);
