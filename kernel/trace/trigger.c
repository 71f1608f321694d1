/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Triggers: what an event does besides its record, also while the event itself is off.
 * events/SYSTEM/EVENT/trigger takes one for each write, and `!` in front removes it:
 *
 *	traceon[:N]  traceoff[:N]  stacktrace[:N]
 *	enable_event:SYSTEM:EVENT[:N]  disable_event:SYSTEM:EVENT[:N]
 *
 * With a number it acts N times.  "if FILTER" behind it is a condition for the record (filter.h).
 * An event has one trigger for tracing on or off, one for stacks, and one for each event that is
 * turned on or off.
 *
 * trigger_write.c runs them.  The place of a trigger is free without its point, which is stored
 * last; before a place is used again, a round of interrupts on all CPUs waits for the writers
 * that have read it.  Places change under trace_mutex.
 */
#include <neurath/errno.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "trigger.h"

static const char *const trigger_names[TRIGGER_ACTIONS] = {
	"traceon", "traceoff", "stacktrace", "enable_event", "disable_event" };

bool trace_event_is_target(const struct trace_event *event)
{
	for (const struct trace_trigger *t = triggers; t < triggers + TRIGGERS_MAX; t++)
		if (READ_ONCE(t->point) && READ_ONCE(t->target) == event)
			return true;
	return false;
}

/* ---- the words ------------------------------------------------------------------------------ */

/* The next part of "A:B:C" at *@text, which moves behind it; its length, 0 at the end. */
static size_t trigger_part(const char **text, const char **part)
{
	size_t len = 0;

	*part = *text + (**text == ':');
	while ((*part)[len] && !strchr(": \t\n", (*part)[len]))
		len++;
	*text = *part + len;
	return len;
}

static int trigger_parse_action(const char **text, struct trace_trigger *t)
{
	const char *word;
	size_t len = trigger_part(text, &word);

	for (unsigned i = 0; i < TRIGGER_ACTIONS; i++)
		if (strlen(trigger_names[i]) == len && !strncmp(word, trigger_names[i], len)) {
			t->action = (enum trigger_action)i;
			return 0;
		}
	return -EINVAL;
}

static int trigger_parse_target(const char **text, struct trace_trigger *t)
{
	const char *system, *name;
	size_t system_len = trigger_part(text, &system), len = trigger_part(text, &name);

	SET_FOREACH(struct trace_event, event, trace_event)
		if (!event->tracer && strlen(event->system) == system_len &&
		    !strncmp(system, event->system, system_len) && strlen(event->name) == len &&
		    !strncmp(name, event->name, len)) {
			t->target = event;
			return 0;
		}
	return -EINVAL;
}

static int trigger_parse_limit(const char **text, struct trace_trigger *t)
{
	const char *word;
	size_t len = trigger_part(text, &word);

	t->left = len ? 0 : -1;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9' || t->left > 1000000)
			return -EINVAL;
		t->left = t->left * 10 + (word[i] - '0');
	}
	return 0;
}

/* "if FILTER", or nothing.  What is removed needs no condition. */
static int trigger_parse_condition(const char *text, const struct trace_event *event,
				   struct trace_trigger *t, bool remove)
{
	while (*text && strchr(" \t\n", *text))
		text++;
	if (!*text)
		return 0;
	if (strncmp(text, "if", 2) != 0 || !text[2] || !strchr(" \t\n", text[2]))
		return -EINVAL;
	return remove ? 0 : filter_parse(event, text + 3, strlen(text + 3), &t->filter);
}

/* A trigger to remove is named as it is shown: its limit does not matter. */
static int trigger_parse(const char *text, const struct trace_event *event,
			 struct trace_trigger *t, bool remove)
{
	const char *word;
	int error = trigger_parse_action(&text, t);

	if (!error && t->action >= ENABLE_EVENT)
		error = trigger_parse_target(&text, t);
	if (!error && remove)
		trigger_part(&text, &word);
	else if (!error)
		error = trigger_parse_limit(&text, t);
	return error ? error : trigger_parse_condition(text, event, t, remove);
}

/* ---- the table ------------------------------------------------------------------------------ */

/* Whether an event may have only one of the two. */
static bool trigger_excludes(const struct trace_trigger *a, const struct trace_trigger *b)
{
	bool switches = a->action <= TRACEOFF && b->action <= TRACEOFF;
	bool events = a->action >= ENABLE_EVENT && b->action >= ENABLE_EVENT;

	return a->point == b->point && a->target == b->target &&
	       (a->action == b->action || switches || events);
}

static int trigger_add(const struct trace_trigger *wanted)
{
	struct trace_trigger *place = NULL;

	for (struct trace_trigger *t = triggers; t < triggers + TRIGGERS_MAX; t++) {
		if (t->point && trigger_excludes(t, wanted))
			return -EEXIST;
		if (!t->point && !place)
			place = t;
	}
	if (!place)
		return -ENOSPC;
	place->action = wanted->action;
	WRITE_ONCE(place->target, wanted->target);
	place->left = wanted->left;
	place->filter = wanted->filter;
	/* Pairs with the acquire in trace_triggers_run(). */
	smp_store_release(&place->point, wanted->point);
	return 0;
}

static int trigger_remove(const struct trace_trigger *wanted)
{
	for (struct trace_trigger *t = triggers; t < triggers + TRIGGERS_MAX; t++)
		if (t->point && t->action == wanted->action && trigger_excludes(t, wanted)) {
			WRITE_ONCE(t->point, NULL);
			/* Writers that have read the place are done with it. */
			synchronize_cpus();
			filter_free(t->filter);
			return 0;
		}
	return -ENOENT;
}

/* The site of the event looks at one byte: it says whether there is any trigger. (held) */
static void trigger_mark(const struct trace_event *event)
{
	bool any = false;

	for (const struct trace_trigger *t = triggers; t < triggers + TRIGGERS_MAX; t++)
		any |= t->point == event->point;
	trace_point_set(event->point, TRACE_TRIGGERS, any);
}

/* ---- the file ------------------------------------------------------------------------------- */

static void trigger_show_one(struct seq_file *m, const struct trace_trigger *t)
{
	int left = READ_ONCE(t->left);

	seq_puts(m, trigger_names[t->action]);
	if (t->target)
		seq_printf(m, ":%s:%s", t->target->system, t->target->name);
	if (left < 0)
		seq_puts(m, ":unlimited");
	else
		seq_printf(m, ":count=%d", left);
	if (t->filter)
		seq_printf(m, " if %s", t->filter->text);
	seq_putc(m, '\n');
}

static int trigger_show(struct seq_file *m, void *private)
{
	const struct trace_event *event = private;
	bool any = false;

	mutex_lock(&trace_mutex);
	for (const struct trace_trigger *t = triggers; t < triggers + TRIGGERS_MAX; t++)
		if (t->point == event->point) {
			trigger_show_one(m, t);
			any = true;
		}
	mutex_unlock(&trace_mutex);
	if (any)
		return 0;
	seq_puts(m, "# Available triggers:\n#");
	for (unsigned i = 0; i < TRIGGER_ACTIONS; i++)
		seq_printf(m, " %s", trigger_names[i]);
	seq_putc(m, '\n');
	return 0;
}

static const char *trigger_why(int error, const struct trace_filter *filter)
{
	if (filter && filter->wrong)
		return filter->wrong;
	if (error == -EEXIST)
		return "the event has a trigger of this kind; write it with ! to remove it";
	if (error == -ENOENT)
		return "the event has no such trigger; the file lists those that it has";
	if (error == -ENOSPC)
		return "all events have 32 triggers together; write one with ! to remove it";
	return "is no trigger; one is ACTION[:SYSTEM:EVENT][:N] [if FILTER]";
}

static int trigger_refuse(const char *buf, size_t n, int error, struct trace_filter *filter)
{
	if (error != -ENOMEM)
		trace_refuse("trigger", buf, n, trigger_why(error, filter));
	filter_free(filter);
	return error;
}

static ssize_t trigger_store(const char *buf, size_t n, void *private)
{
	const struct trace_event *event = private;
	struct trace_trigger wanted = { .point = event->point };
	bool remove = *buf == '!';
	int error = trigger_parse(buf + remove, event, &wanted, remove);

	if (error)
		return trigger_refuse(buf, n, error, wanted.filter);
	mutex_lock(&trace_mutex);
	error = trace_main_need();
	if (!error)
		error = remove ? trigger_remove(&wanted) : trigger_add(&wanted);
	trigger_mark(event);
	mutex_unlock(&trace_mutex);
	return error ? trigger_refuse(buf, n, error, wanted.filter) : (ssize_t)n;
}

const struct kernfs_file_ops trace_trigger_ops = { .show = trigger_show, .store = trigger_store };
