/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/kernel/debug/dynamic_debug/control for one group of messages that is off by default:
 * which task could not change over at a look, and why.  The file `blockers` gives the same
 * answer on request; scripts written for Linux use these lines:
 *
 *	echo 'func klp_try_switch_task +p' >/sys/kernel/debug/dynamic_debug/control
 *
 * Then each task that cannot change over at a look is logged: at the start, and once a second.
 * Off after boot.  All other debug messages of live patching are always printed, and a query
 * for them changes nothing.
 */
#include "internal.h"
#include <neurath/kernfs.h>
#include <neurath/string.h>

#define DEBUG_FILE	"kernel/livepatch/transition.c"
#define DEBUG_LINE	"1"
#define DEBUG_FUNC	"klp_try_switch_task"

/* read and written without a lock: it only turns messages on and off */
static bool klp_debug_looks;

void klp_debug_look(const struct task *task, const struct klp_judgement *look)
{
	struct ksym sym;

	if (!READ_ONCE(klp_debug_looks))
		return;
	switch (look->verdict) {
	case KLP_ARRIVED:
	case KLP_CLEAR:
		break;
	case KLP_RUNNING:
		pr_debug(DEBUG_FUNC ": %s:%d is running\n", task->comm, task->pid);
		break;
	case KLP_UNRELIABLE:
		pr_debug(DEBUG_FUNC ": %s:%d has an unreliable stack\n", task->comm, task->pid);
		break;
	case KLP_BLOCKED:
		pr_debug(DEBUG_FUNC ": %s:%d is sleeping on function %s\n", task->comm, task->pid,
			 ksym_lookup(look->addr - 1, &sym) ? sym.name : "?");
	}
}

/* ---- queries: [file PATTERN] [func NAME] [module NAME] [line N] FLAGS ------------------ */

/* The next word of *@at, terminated in place; NULL at the end. */
static char *query_word(char **at)
{
	char *word = *at;

	while (*word == ' ' || *word == '\t')
		word++;
	if (!*word)
		return NULL;
	*at = word;
	while (**at && **at != ' ' && **at != '\t')
		++*at;
	if (**at)
		*(*at)++ = '\0';
	return word;
}

/* @pattern is a name, or a prefix followed by '*'. */
static bool query_matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return strncmp(pattern, name, n - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static int query_set_flags(const char *flags, bool concerned)
{
	bool print = strchr(flags, 'p') != NULL;

	if (!strchr("+-=", flags[0]))
		return -EINVAL;
	if (concerned && (print || flags[0] == '='))
		WRITE_ONCE(klp_debug_looks, print && flags[0] != '-');
	return 0;
}

static int query_run(char *text)
{
	static const struct { const char *key, *name; } known[] = {
		{ "file", DEBUG_FILE }, { "func", DEBUG_FUNC },
		{ "module", "livepatch" }, { "line", DEBUG_LINE },
	};
	bool concerned = true, empty = true;
	char *word, *value;

	while ((word = query_word(&text))) {
		unsigned i = 0;

		while (i < ARRAY_SIZE(known) && strcmp(word, known[i].key) != 0)
			i++;
		if (i == ARRAY_SIZE(known))
			return query_word(&text) ? -EINVAL : query_set_flags(word, concerned);
		value = query_word(&text);
		if (!value)
			return -EINVAL;
		empty = false;
		concerned = concerned && query_matches(value, known[i].name);
	}
	return empty ? 0 : -EINVAL;
}

static ssize_t klp_debug_store(const char *buf, size_t n, void *private)
{
	char line[160];
	int error = 0;

	for (const char *at = buf, *end; at < buf + n && !error; at = end + 1) {
		for (end = at; end < buf + n && *end != '\n' && *end != ';'; end++)
			;
		if ((size_t)(end - at) >= sizeof(line))
			return -EINVAL;
		memcpy(line, at, end - at);
		line[end - at] = '\0';
		error = query_run(line);
	}
	return error ? error : (ssize_t)n;
}

static int klp_debug_show(struct seq_file *m, void *private)
{
	seq_puts(m, "# filename:lineno [module]function flags format\n");
	seq_printf(m, DEBUG_FILE ":" DEBUG_LINE " [livepatch]" DEBUG_FUNC
		   " =%c \"%%s:%%d is ...\"\n", READ_ONCE(klp_debug_looks) ? 'p' : '_');
	return 0;
}

static const struct kernfs_file_ops klp_debug_ops = {
	.show = klp_debug_show,
	.store = klp_debug_store,
};
KERNFS_DIR(klp_debug_dir, "/sys/kernel/debug/dynamic_debug", 0755, NULL);
KERNFS_FILE(klp_debug, "/sys/kernel/debug/dynamic_debug/control", S_IFREG | 0644, &klp_debug_ops,
	    NULL);
