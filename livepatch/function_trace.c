/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The function tracers, on the hooks of live patching.  While a function is traced, its slot (or
 * the trap of its probes) leads to a trampoline that writes a record and then goes where the
 * slot would have led.  So the tracer, probes and patches share a slot and are independent of
 * each other: probes run first, then the record is written, then the version is chosen.  The
 * record names the function, whichever version runs.  The function graph tracer also hooks the
 * return of the call (neurath/return_hook.h); a return that is still hooked when this tracer is
 * switched off is not recorded.
 *
 * /sys/kernel/tracing: current_tracer, available_tracers.  function_filter.c chooses the functions.
 *
 * All changes are made under klp_mutex.
 */
#include "traced.h"
#include <neurath/hook.h>
#include <neurath/kernfs.h>
#include <neurath/return_hook.h>
#include <neurath/string.h>

#define TRACING		"/sys/kernel/tracing"

static enum tracer { NOP, FUNCTION, FUNCTION_GRAPH } tracer_now;
static const char *const tracer_names[] = { "nop", "function", "function_graph" };

/* ---- on and off -------------------------------------------------------------------- */

static bool slot_is_wanted(const struct traced_table *t, const struct traced_slot *s)
{
	return tracer_now != NOP && traced_slot_is_there(t, (size_t)(s - t->slot)) &&
	       function_is_chosen(s);
}

static int slot_trace(struct traced_slot *s, unsigned long func)
{
	int error;

	if (!s->site)
		s->site = trace_site_create(func);
	if (!s->site)
		return -ENOMEM;
	trace_site_set_tracer(s->site, tracer_now == FUNCTION_GRAPH);
	error = klp_hook_get_for_trace(func, &s->hook);
	if (error)
		s->hook = NULL;
	else
		klp_hook_set_traced(s->hook, s->site, true);
	return error;
}

/* Takes effect with klp_hooks_sync(); then slots_untrace() follows. */
static int slots_switch(struct traced_table *t)
{
	int error = 0;

	for (size_t i = 0; t->slot && i < traced_nr(t); i++) {
		struct traced_slot *s = &t->slot[i];
		bool wanted = slot_is_wanted(t, s);

		if (wanted && !s->hook) {
			int failed = slot_trace(s, t->func[i]);

			error = error ? error : failed;
		} else if (!wanted && s->hook) {
			klp_hook_set_traced(s->hook, s->site, false);
		}
	}
	return error;
}

static void slots_untrace(struct traced_table *t)
{
	for (struct traced_slot *s = t->slot; s && s < t->slot + traced_nr(t); s++)
		if (s->hook && !s->hook->traced) {
			klp_hook_put(s->hook);
			s->hook = NULL;
		}
}

int function_trace_apply(void)
{
	int error = 0;

	for_each_traced_table(t) {
		int failed = slots_switch(t);

		error = error ? error : failed;
	}
	klp_hooks_sync();
	for_each_traced_table(t)
		slots_untrace(t);
	klp_hooks_reap();
	return error;
}

/*
 * No task calls these functions any more.  A patch that is leaving may hold their hooks for a while
 * longer, so each hook is parted from its site.
 */
void function_trace_forget(struct traced_table *t)
{
	for (struct traced_slot *s = t->slot; s < t->slot + traced_nr(t); s++) {
		unsigned long func = t->func[s - t->slot];

		if (!s->site)
			continue;
		/* A hook that cannot be created does not exist. */
		if (!s->hook && klp_hook_get_for_trace(func, &s->hook))
			s->hook = NULL;
		else
			klp_hook_set_traced(s->hook, NULL, false);
	}
	klp_hooks_sync();
	slots_untrace(t);
	klp_hooks_reap();
	for (struct traced_slot *s = t->slot; s < t->slot + traced_nr(t); s++)
		if (s->site)
			trace_site_free(s->site);
}

static int tracer_reserve(enum tracer tracer)
{
	int error = tracer == NOP ? 0 : trace_main_reserve();

	if (!error && tracer == FUNCTION_GRAPH)
		error = return_stacks_need();
	if (!error)
		error = traced_slots_need();
	if (!error && tracer != NOP && !klp_hooks_are_allowed())
		error = -EBUSY;
	return error;
}

static int tracer_set(enum tracer tracer)
{
	WRITE_ONCE(tracer_now, tracer);
	trace_set_tracer(tracer_names[tracer]);
	trace_graph_record_returns(tracer == FUNCTION_GRAPH);
	return function_trace_apply();
}

/* From one to another by way of none: a slot leads to one tracer from its first call on. */
static int tracer_switch(enum tracer tracer)
{
	int error = tracer_reserve(tracer);

	if (error || tracer == tracer_now)
		return error;
	if (tracer_now != NOP)
		error = tracer_set(NOP);
	return error ? error : tracer_set(tracer);
}

/* ---- current_tracer ---------------------------------------------------------------- */

static int current_tracer_show(struct seq_file *m, void *private)
{
	seq_printf(m, "%s\n", tracer_names[READ_ONCE(tracer_now)]);
	return 0;
}

/* Finds the word in @buf without surrounding blanks. */
static size_t first_word(const char **buf)
{
	size_t len = 0;

	while (**buf == ' ' || **buf == '\t' || **buf == '\n')
		++*buf;
	while ((*buf)[len] && !strchr(" \t\n", (*buf)[len]))
		len++;
	return len;
}

static ssize_t current_tracer_store(const char *buf, size_t n, void *private)
{
	const char *word = buf;
	size_t len = first_word(&word);
	unsigned tracer = 0;
	int error;

	while (tracer < ARRAY_SIZE(tracer_names) &&
	       (strncmp(word, tracer_names[tracer], len) || tracer_names[tracer][len]))
		tracer++;
	if (tracer == ARRAY_SIZE(tracer_names))
		return trace_refuse("current_tracer", word, len,
				    "no such tracer; available_tracers lists all");
	mutex_lock(&klp_mutex);
	error = tracer_switch((enum tracer)tracer);
	mutex_unlock(&klp_mutex);
	if (error == -EBUSY)
		trace_refuse("current_tracer", word, len,
			     "kernel.ftrace_enabled is 0; set it to 1");
	return error ? error : (ssize_t)n;
}

static const struct kernfs_file_ops current_tracer_ops = {
	.show = current_tracer_show, .store = current_tracer_store };
KERNFS_FILE(klp_current_tracer, TRACING "/current_tracer", S_IFREG | 0644, &current_tracer_ops,
	    NULL);

static int available_tracers_show(struct seq_file *m, void *private)
{
	seq_puts(m, "function_graph function nop\n");
	return 0;
}
KERNFS_SHOW(klp_available_tracers, TRACING "/available_tracers", 0444, available_tracers_show);
