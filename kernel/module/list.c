/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of modules, their states and their references.
 *
 * Writers hold module_mutex.  Readers hold it too, or have interrupts off: see
 * kernel/base/module_map.c.
 */
#include <neurath/arch.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/report.h>
#include <neurath/sched.h>
#include "internal.h"

DEFINE_MUTEX_RANK(module_mutex, RANK_MODULE);
DECLARE_WAIT_QUEUE_HEAD(module_wait);

static struct module *module_list_find(const char *name)
{
	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod)) {
		if (strcmp(mod->name, name) == 0)
			return mod;
	}
	return NULL;
}

struct module *find_module(const char *name)
{
	struct module *mod = module_list_find(name);

	assert(irqs_disabled() || mutex_is_mine(&module_mutex));
	return mod && READ_ONCE(mod->state) != MODULE_STATE_UNFORMED ? mod : NULL;
}

/* True if no module @name is between two states: it is LIVE or does not exist. */
static bool module_is_settled(const char *name)
{
	const struct module *mod;
	bool settled;

	mutex_lock(&module_mutex);
	mod = module_list_find(name);
	settled = !mod || (mod->state != MODULE_STATE_COMING &&
			   mod->state != MODULE_STATE_UNFORMED);
	mutex_unlock(&module_mutex);
	return settled;
}

static void module_list_link(struct module *mod)
{
	assert_mutex_held(&module_mutex);
	mod->next = module_list;
	smp_store_release(&module_list, mod);	/* pairs with module_next() */
}

int module_list_add(struct module *mod)
{
	struct module *old;
	int error = 0;

	mutex_lock(&module_mutex);
	old = module_list_find(mod->name);
	if (old && (old->state == MODULE_STATE_COMING || old->state == MODULE_STATE_UNFORMED)) {
		mutex_unlock(&module_mutex);
		error = wait_event_interruptible(module_wait, module_is_settled(mod->name));
		if (error)
			return error;
		mutex_lock(&module_mutex);
		old = module_list_find(mod->name);
		/* two loads at once: the second fails after the first has succeeded */
		error = -EBUSY;
	}
	if (old)
		error = old->state == MODULE_STATE_LIVE ? -EEXIST : -EBUSY;
	if (!error)
		module_list_link(mod);
	mutex_unlock(&module_mutex);
	return error;
}

void module_list_remove(struct module *mod)
{
	struct module **link = &module_list;

	mutex_lock(&module_mutex);
	while (*link != mod) {
		assert(*link);
		link = &(*link)->next;
	}
	WRITE_ONCE(*link, mod->next);
	mutex_unlock(&module_mutex);
	wake_up_all(&module_wait);
	module_wait_for_readers();
}

void module_wake_waiters(void)
{
	wake_up_all(&module_wait);
}

void module_set_state(struct module *mod, enum module_state state)
{
	mutex_lock(&module_mutex);
	WRITE_ONCE(mod->state, state);
	mutex_unlock(&module_mutex);
	wake_up_all(&module_wait);
}

/* ---- references ------------------------------------------------------------ */

bool try_module_get(struct module *mod)
{
	if (!mod)
		return true;
	return READ_ONCE(mod->state) != MODULE_STATE_GOING && atomic_inc_not_zero(&mod->refcnt);
}

void __module_get(struct module *mod)
{
	if (mod)
		atomic_inc(&mod->refcnt);
}

void module_put(struct module *mod)
{
	int left;

	if (!mod)
		return;
	left = atomic_sub_return(1, &mod->refcnt);
	WARN(left < 0, "%s: more references put than taken\n", mod->name);
}

int module_refcount(struct module *mod)
{
	return atomic_read(&mod->refcnt) - MODULE_REF_BASE;
}

bool module_try_stop(struct module *mod, int ours)
{
	int last = MODULE_REF_BASE + ours;

	/*
	 * To 0 in one step: a later attempt to get a reference fails, an earlier one was counted.
	 */
	return atomic_cmpxchg(&mod->refcnt, last, 0) == last;
}

static bool module_uses(const struct module *user, const struct module *used)
{
	const struct module_use *use;

	list_for_each_entry(use, &used->users, user_node) {
		if (use->user == user)
			return true;
	}
	return false;
}

int module_use_add(struct module *user, struct module *used)
{
	struct module_use *use;

	assert_mutex_held(&module_mutex);
	if (used == user || module_uses(user, used))
		return 0;
	use = kzalloc(sizeof(*use), GFP_KERNEL);
	if (!use)
		return -ENOMEM;
	if (!try_module_get(used)) {
		kfree(use);
		return -ENOENT;
	}
	use->user = user;
	use->used = used;
	list_add(&use->user_node, &used->users);
	list_add(&use->used_node, &user->uses);
	return 0;
}

void module_drop_uses(struct module *mod)
{
	struct module_use *use, *next;

	mutex_lock(&module_mutex);
	list_for_each_entry_safe(use, next, &mod->uses, used_node) {
		list_del(&use->user_node);
		list_del(&use->used_node);
		module_put(use->used);
		kfree(use);
	}
	mutex_unlock(&module_mutex);
}

/* ---- reports ------------------------------------------------------------------------ */

#define MODULE_REPORT_LINE	400	/* a record of the log has at most 511 bytes */

static void module_report(const struct report *r)
{
	char line[MODULE_REPORT_LINE] = "";
	unsigned long flags = irq_save();
	int n = 0;

	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod))
		n += scnprintf(line + n, sizeof(line) - (size_t)n, " %s%s", mod->name,
			       READ_ONCE(mod->state) == MODULE_STATE_LIVE ? "" :
			       READ_ONCE(mod->state) == MODULE_STATE_GOING ? "(-)" : "(+)");
	irq_restore(flags);
	pr_emerg("Modules linked in:%s\n", line);
}
REPORTER(module_reporter, module_report);
