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
 * /sys/kernel/tracing: current_tracer, available_tracers, set_ftrace_filter, set_ftrace_notrace,
 * available_filter_functions.  The functions of the kernel can be traced; those of modules cannot.
 *
 * All changes are made under klp_mutex.
 */
#include "internal.h"
#include <neurath/hook.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/return_hook.h>
#include <neurath/string.h>

#define TRACING		"/sys/kernel/tracing"

extern const unsigned long __start_mcount_loc[], __stop_mcount_loc[];

/* The tracer's data for each slot of the kernel. */
struct traced_slot {
	struct trace_site *site;	/* stays once it is made */
	struct klp_hook *hook;		/* one reference, while the function is traced */
	bool in[2];			/* true: in this one of the two filters */
};
enum { FILTER, NOTRACE };

static struct traced_slot *traced_slots;	/* allocated at the first use */
/* number of functions in a filter; 0 = the filter is empty and has no effect */
static unsigned nr_in[2];
static enum tracer { NOP, FUNCTION, FUNCTION_GRAPH } tracer_now;
static const char *const tracer_names[] = { "nop", "function", "function_graph" };

static size_t nr_slots(void)
{
	return (size_t)(__stop_mcount_loc - __start_mcount_loc);
}

/* Functions that only the boot needs are freed together with their slots. */
static bool slot_is_there(size_t i)
{
	return kernel_text_address(__start_mcount_loc[i]);
}

static int traced_slots_need(void)
{
	assert_mutex_held(&klp_mutex);
	if (!traced_slots)
		/* Release: filter_show() takes no lock, and must find the flags cleared. */
		smp_store_release(&traced_slots, vzalloc(nr_slots() * sizeof(*traced_slots)));
	return traced_slots ? 0 : -ENOMEM;
}

struct trace_site *klp_trace_site_of(unsigned long func)
{
	size_t i = slot_index(__start_mcount_loc, nr_slots(), func);

	return traced_slots && i < nr_slots() ? traced_slots[i].site : NULL;
}

/* ---- on and off --------------------------------------------------------------------------- */

static bool slot_is_wanted(const struct traced_slot *s)
{
	return tracer_now != NOP && slot_is_there((size_t)(s - traced_slots)) &&
	       (!nr_in[FILTER] || s->in[FILTER]) && !s->in[NOTRACE];
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

/*
 * Makes every slot match tracer and filters.  After an error, functions that failed are not
 * traced.
 */
static int function_trace_apply(void)
{
	int error = 0, failed;

	for (size_t i = 0; i < nr_slots(); i++) {
		struct traced_slot *s = &traced_slots[i];
		bool wanted = slot_is_wanted(s);

		if (wanted && !s->hook) {
			failed = slot_trace(s, __start_mcount_loc[i]);
			error = error ? error : failed;
		} else if (!wanted && s->hook) {
			klp_hook_set_traced(s->hook, s->site, false);
		}
	}
	klp_hooks_sync();
	for (size_t i = 0; i < nr_slots(); i++) {
		struct traced_slot *s = &traced_slots[i];

		if (s->hook && !slot_is_wanted(s)) {
			klp_hook_put(s->hook);
			s->hook = NULL;
		}
	}
	klp_hooks_reap();
	return error;
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

/* ---- current_tracer -------------------------------------------------------------------------- */

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
		return -EINVAL;
	mutex_lock(&klp_mutex);
	error = tracer_switch((enum tracer)tracer);
	mutex_unlock(&klp_mutex);
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

/* ---- filters -------------------------------------------------------------------------- */

/* The name of the function of slot @i; valid as long as the kernel runs. */
static const char *slot_name(size_t i)
{
	struct ksym sym;

	return ksym_lookup(__start_mcount_loc[i], &sym) && sym.start == __start_mcount_loc[i] ?
	       sym.name : "";
}

/* Puts every function that matches the word into the filter or takes it out; their number. */
static unsigned filter_set(unsigned which, const char *word, size_t len, bool in)
{
	unsigned n = 0;

	for (size_t i = 0; i < nr_slots(); i++) {
		struct traced_slot *s = &traced_slots[i];

		if (!slot_is_there(i) || !trace_glob(word, len, slot_name(i)))
			continue;
		n++;
		nr_in[which] += (unsigned)in - (unsigned)s->in[which];
		s->in[which] = in;
	}
	return n;
}

/* "GLOB" adds functions, "!GLOB" removes them. */
static int filter_words(unsigned which, const char *buf)
{
	size_t len;

	for (; (len = first_word(&buf)); buf += len) {
		bool in = *buf != '!';

		if (!filter_set(which, buf + !in, len - !in, in))
			return -EINVAL;
	}
	return 0;
}

static ssize_t filter_store(const char *buf, size_t n, void *which)
{
	int error, applied;

	mutex_lock(&klp_mutex);
	error = traced_slots_need();
	if (!error) {
		error = filter_words((unsigned)(long)which, buf);
		applied = function_trace_apply();
		error = error ? error : applied;
	}
	mutex_unlock(&klp_mutex);
	return error ? error : (ssize_t)n;
}

static void filter_truncate(void *private)
{
	unsigned which = (unsigned)(long)private;

	mutex_lock(&klp_mutex);
	for (size_t i = 0; traced_slots && i < nr_slots(); i++)
		traced_slots[i].in[which] = false;
	nr_in[which] = 0;
	if (traced_slots)
		function_trace_apply();
	mutex_unlock(&klp_mutex);
}

/* Takes no klp_mutex, which a callback may hold without limit; reads each flag as it is. */
static int filter_show(struct seq_file *m, void *private)
{
	unsigned which = (unsigned)(long)private;
	/* Acquire: pairs with the release in traced_slots_need(). */
	const struct traced_slot *slots = smp_load_acquire(&traced_slots);

	if (!READ_ONCE(nr_in[which]))
		seq_printf(m, "#### %s functions %s ####\n", which == FILTER ? "all" : "no",
			   which == FILTER ? "enabled" : "disabled");
	for (size_t i = 0; slots && i < nr_slots(); i++)
		if (READ_ONCE(slots[i].in[which]))
			seq_printf(m, "%s\n", slot_name(i));
	return 0;
}

static const struct kernfs_file_ops filter_ops = {
	.show = filter_show, .store = filter_store, .truncate = filter_truncate };
/* private: which of the two filters */
KERNFS_FILE(klp_trace_filter, TRACING "/set_ftrace_filter", S_IFREG | 0644, &filter_ops,
	    (void *)FILTER);
KERNFS_FILE(klp_trace_notrace, TRACING "/set_ftrace_notrace", S_IFREG | 0644, &filter_ops,
	    (void *)NOTRACE);

static int available_functions_show(struct seq_file *m, void *private)
{
	for (size_t i = 0; i < nr_slots(); i++)
		if (slot_is_there(i))
			seq_printf(m, "%s\n", slot_name(i));
	return 0;
}
KERNFS_SHOW(klp_available_functions, TRACING "/available_filter_functions", 0444,
	    available_functions_show);
