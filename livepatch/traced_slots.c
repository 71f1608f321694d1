/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of the function tracers (traced.h); a list of them, with that of the kernel first. */
#include "traced.h"
#include <neurath/hook.h>
#include <neurath/mm.h>

extern const unsigned long __start_mcount_loc[], __stop_mcount_loc[];

/* The same rank as the mutex of the list of hooks: never both. */
DEFINE_MUTEX_RANK(traced_mutex, RANK_HOOK_LIST);
struct traced_table traced_kernel = {
	.func = __start_mcount_loc, .end = __stop_mcount_loc };

int traced_slots_need(void)
{
	struct traced_slot *slot;

	assert_mutex_held(&klp_mutex);
	if (traced_kernel.slot)
		return 0;
	slot = vzalloc(traced_nr(&traced_kernel) * sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	mutex_lock(&traced_mutex);
	traced_kernel.slot = slot;
	mutex_unlock(&traced_mutex);
	return 0;
}

bool traced_slot_is_there(const struct traced_table *t, size_t i)
{
	return t->mod || kernel_text_address(t->func[i]);
}

const char *traced_slot_name(const struct traced_table *t, size_t i)
{
	struct ksym sym;

	return ksym_lookup(t->func[i], &sym) && sym.start == t->func[i] ? sym.name : "";
}

struct trace_site *klp_trace_site_of(unsigned long func)
{
	assert_mutex_held(&klp_mutex);
	for_each_traced_table(t) {
		size_t i = slot_index(t->func, traced_nr(t), func);

		if (t->slot && i < traced_nr(t))
			return t->slot[i].site;
	}
	return NULL;
}

struct traced_table *traced_table_add(struct module *mod)
{
	struct traced_table *t = kzalloc(sizeof(*t), GFP_KERNEL);

	assert_mutex_held(&klp_mutex);
	if (t)
		t->slot = vzalloc(mod->num_mcount_loc * sizeof(*t->slot));
	if (!t || !t->slot) {
		kfree(t);
		return NULL;
	}
	t->mod = mod;
	t->func = mod->mcount_loc;
	t->end = t->func + mod->num_mcount_loc;
	mutex_lock(&traced_mutex);
	t->next = traced_kernel.next;
	traced_kernel.next = t;
	mutex_unlock(&traced_mutex);
	return t;
}

struct traced_table *traced_table_unlink(const struct module *mod)
{
	struct traced_table **link = &traced_kernel.next, *t;

	assert_mutex_held(&klp_mutex);
	while (*link && (*link)->mod != mod)
		link = &(*link)->next;
	t = *link;
	if (!t)
		return NULL;
	mutex_lock(&traced_mutex);
	*link = t->next;
	mutex_unlock(&traced_mutex);
	return t;
}

void traced_table_free(struct traced_table *t)
{
	vfree(t->slot);
	kfree(t);
}
