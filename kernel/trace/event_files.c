/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as files: events/SYSTEM/EVENT/{enable,format,id}, `enable` of a system and of all
 * systems, `set_event` and `available_events`.
 *
 * `enable` of a group reads as 0, 1, or X if only some of its events are on.  Events of tracers
 * (system "ftrace") have only formats.
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include "internal.h"

/*
 * Sets every event of @system (NULL: all) whose name matches @name.  Returns their number. (held)
 */
static unsigned events_set(const char *system, size_t system_len, const char *name,
			   size_t name_len, bool on)
{
	unsigned n = 0;

	SET_FOREACH(struct trace_event, event, trace_event) {
		if (event->tracer || (system && !trace_glob(system, system_len, event->system)) ||
		    (name && !trace_glob(name, name_len, event->name)))
			continue;
		trace_event_set(event, TRACE_MAIN, on);
		n++;
	}
	return n;
}

/* "0", "1" or "X" for the events of @system, or of all. */
static char events_state(const char *system)
{
	unsigned n = 0, on = 0;

	SET_FOREACH(struct trace_event, event, trace_event) {
		if (event->tracer || (system && strcmp(system, event->system) != 0))
			continue;
		n++;
		on += trace_event_is_set(event, TRACE_MAIN);
	}
	return on == 0 ? '0' : on == n ? '1' : 'X';
}

/* ---- enable ----------------------------------------------------------------------------- */

static ssize_t enable_store(const char *buf, size_t n, const char *system, const char *name)
{
	unsigned long on;
	int error = kstrtoul(buf, 10, &on);

	if (error || on > 1)
		return trace_refuse("enable", buf, n, "is neither 0 nor 1");
	mutex_lock(&trace_mutex);
	error = on ? trace_main_need() : 0;
	if (!error)
		events_set(system, system ? strlen(system) : 0, name, name ? strlen(name) : 0, on);
	mutex_unlock(&trace_mutex);
	return error ? error : (ssize_t)n;
}

static int event_enable_show(struct seq_file *m, void *event)
{
	/* As on Linux, a star: a trigger may change it. */
	seq_printf(m, "%d%s\n", trace_event_is_set(event, TRACE_MAIN),
		   trace_event_is_target(event) ? "*" : "");
	return 0;
}

static ssize_t event_enable_store(const char *buf, size_t n, void *private)
{
	const struct trace_event *event = private;

	return enable_store(buf, n, event->system, event->name);
}

static const struct kernfs_file_ops event_enable_ops = {
	.show = event_enable_show, .store = event_enable_store };

/* private: the name of the system, or NULL. */
static int system_enable_show(struct seq_file *m, void *system)
{
	seq_printf(m, "%c\n", events_state(system));
	return 0;
}

static ssize_t system_enable_store(const char *buf, size_t n, void *system)
{
	return enable_store(buf, n, system, NULL);
}

static const struct kernfs_file_ops system_enable_ops = {
	.show = system_enable_show, .store = system_enable_store };
KERNFS_FILE(trace_enable_all, "/sys/kernel/tracing/events/enable", S_IFREG | 0644,
	    &system_enable_ops, NULL);

/* ---- format, id ------------------------------------------------------------------------- */

static void format_field(struct seq_file *m, const struct trace_field *f, unsigned offset)
{
	seq_printf(m, "\tfield:%s %s", f->type, f->name);
	if (f->count == TRACE_OPEN_ARRAY)
		seq_puts(m, "[]");
	else if (f->count)
		seq_printf(m, "[%u]", f->count);
	seq_printf(m, ";\toffset:%u;\tsize:%u;\tsigned:%d;\n", offset, f->size, f->is_signed);
}

static int event_format_show(struct seq_file *m, void *private)
{
	const struct trace_event *event = private;

	seq_printf(m, "name: %s\nID: %u\nformat:\n", event->name, event->point->id);
	for (const struct trace_field *f = trace_common_fields; f->name; f++)
		format_field(m, f, f->offset);
	seq_putc(m, '\n');
	for (const struct trace_field *f = event->fields; f->name; f++)
		format_field(m, f, f->offset + sizeof(struct trace_common));
	seq_printf(m, "\nprint fmt: %s\n", event->print);
	return 0;
}
static const struct kernfs_file_ops event_format_ops = { .show = event_format_show };

static int event_id_show(struct seq_file *m, void *private)
{
	const struct trace_event *event = private;

	seq_printf(m, "%u\n", event->point->id);
	return 0;
}
static const struct kernfs_file_ops event_id_ops = { .show = event_id_show };

/* ---- set_event, available_events -------------------------------------------------------- */

static int available_events_show(struct seq_file *m, void *private)
{
	SET_FOREACH(struct trace_event, event, trace_event)
		if (!event->tracer)
			seq_printf(m, "%s:%s\n", event->system, event->name);
	return 0;
}
KERNFS_SHOW(trace_available_events, "/sys/kernel/tracing/available_events", 0444,
	    available_events_show);

static int set_event_show(struct seq_file *m, void *private)
{
	SET_FOREACH(struct trace_event, event, trace_event)
		if (!event->tracer && trace_event_is_set(event, TRACE_MAIN))
			seq_printf(m, "%s:%s\n", event->system, event->name);
	return 0;
}

/* "[!]SYSTEM:EVENT", "[!]SYSTEM:", "[!]NAME", where NAME is a system or an event. (held) */
static int set_event_word(const char *word, size_t len)
{
	bool on = *word != '!';
	const char *colon;
	size_t system;

	if (!on)
		word++, len--;
	colon = memchr(word, ':', len);
	if (!colon)
		return events_set(word, len, NULL, 0, on) + events_set(NULL, 0, word, len, on) ?
		       0 : -EINVAL;
	system = (size_t)(colon - word);
	len -= system + 1;
	return events_set(system ? word : NULL, system, len ? colon + 1 : NULL, len, on) ?
	       0 : -EINVAL;
}

static ssize_t set_event_store(const char *buf, size_t n, void *private)
{
	int error;

	mutex_lock(&trace_mutex);
	error = trace_main_need();
	for (const char *at = buf; !error && *at;) {
		size_t len = 0;

		while (at[len] && !strchr(" \t\n,", at[len]))
			len++;
		if (len && set_event_word(at, len))
			error = trace_refuse("set_event", at, len,
					     "no such event; available_events lists all");
		at += len + (at[len] != '\0');
	}
	mutex_unlock(&trace_mutex);
	return error ? error : (ssize_t)n;
}

static void set_event_truncate(void *private)
{
	mutex_lock(&trace_mutex);
	events_set(NULL, 0, NULL, 0, false);
	mutex_unlock(&trace_mutex);
}

static const struct kernfs_file_ops set_event_ops = {
	.show = set_event_show, .store = set_event_store, .truncate = set_event_truncate };
KERNFS_FILE(trace_set_event, "/sys/kernel/tracing/set_event", S_IFREG | 0644, &set_event_ops,
	    NULL);

/* ---- creation of the folders ------------------------------------------------------------ */

/* The node @name of @dir, created if it does not exist; NULL: no memory. */
static struct kernfs_node *events_folder(struct kernfs_node *dir, const char *path,
					 const struct trace_event *event)
{
	char file[96];
	struct kernfs_node *node;

	snprintf(file, sizeof(file), "%s/%s", path, event->system);
	node = kernfs_find(file);
	if (node)
		return node;
	node = kernfs_create_dir(dir, event->system, 0755, NULL);
	if (IS_ERR(node))
		return NULL;
	kernfs_get(node);
	if (!event->tracer)
		kernfs_create_file(node, "enable", 0644, &system_enable_ops,
				   (void *)event->system);
	if (!event->tracer)
		kernfs_create_file(node, "filter", 0644, &trace_system_filter_ops,
				   (void *)event->system);
	return node;
}

static void event_folder(struct kernfs_node *system, const struct trace_event *event)
{
	struct kernfs_node *dir = kernfs_create_dir(system, event->name, 0755, NULL);
	void *private = (void *)event;

	if (IS_ERR(dir))
		return;
	if (!event->tracer)
		kernfs_create_file(dir, "enable", 0644, &event_enable_ops, private);
	if (!event->tracer)
		kernfs_create_file(dir, "filter", 0644, &trace_event_filter_ops, private);
	if (!event->tracer)
		kernfs_create_file(dir, "trigger", 0644, &trace_trigger_ops, private);
	kernfs_create_file(dir, "format", 0444, &event_format_ops, private);
	kernfs_create_file(dir, "id", 0444, &event_id_ops, private);
}

void __init trace_event_files_init(void)
{
	struct kernfs_node *events = kernfs_find("/sys/kernel/tracing/events"), *system;

	SET_FOREACH(struct trace_event, event, trace_event) {
		system = events_folder(events, "/sys/kernel/tracing/events", event);
		if (!system)
			continue;
		event_folder(system, event);
		kernfs_put(system);
	}
	kernfs_put(events);
}
