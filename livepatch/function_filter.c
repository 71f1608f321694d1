/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which functions the tracers trace: set_ftrace_filter, set_ftrace_notrace,
 * available_filter_functions.  A write has words:
 *
 *	GLOB			functions of the kernel and of all loaded modules
 *	GLOB:mod:MODULE		of that module; GLOB may be empty: all of its functions
 *	GLOB:mod:!MODULE	of the kernel and of all other modules
 *	!WORD			removes instead of adding
 *
 * A word of the first kind acts once.  A word with :mod: is kept, and acts again for each such
 * module that loads, until the filter is emptied or the same word is removed.
 *
 * An empty filter has no effect: all functions are traced.  A filter whose last functions left with
 * their module is not empty in this sense: a module that went is no reason to trace everything.
 */
#include "traced.h"
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/race.h>
#include <neurath/string.h>

#define MOD_COMMAND	":mod:"

/* A word, decoded; the texts are in the word. */
struct function_word {
	enum traced_filter filter;
	bool in;			/* adds */
	const char *text;		/* without '!' */
	size_t len;
	size_t glob_len;		/* of its start; 0: all functions */
	const char *mod;		/* a pattern; NULL: the kernel and all modules */
	size_t mod_len;
	bool mod_not;			/* the kernel, and modules that it does not match */
};

/* A word with :mod:, kept.  (traced.h: klp_mutex and traced_mutex) */
struct kept_word {
	struct kept_word *next;
	struct function_word word;
	char text[];
};
static struct kept_word *kept_words;

/* True from the first word on until the filter is emptied. (klp_mutex; read without a lock) */
static bool functions_chosen[TRACED_FILTERS];

bool function_is_chosen(const struct traced_slot *s)
{
	return (!functions_chosen[FILTER] || s->in[FILTER]) && !s->in[NOTRACE];
}

/* ---- words ------------------------------------------------------------------------- */

/* Finds the word in @buf without surrounding blanks. */
static size_t functions_next_word(const char **buf)
{
	size_t len = 0;

	while (**buf && strchr(" \t\n", **buf))
		++*buf;
	while ((*buf)[len] && !strchr(" \t\n", (*buf)[len]))
		len++;
	return len;
}

static int function_word_decode(struct function_word *w, const char *text, size_t len)
{
	const size_t command = strlen(MOD_COMMAND);

	w->in = *text != '!';
	w->text = text + !w->in;
	w->len = w->glob_len = len - !w->in;
	w->mod = NULL;
	for (size_t i = 0; i + command <= w->len; i++)
		if (!strncmp(w->text + i, MOD_COMMAND, command)) {
			w->glob_len = i;
			w->mod_not = w->text[i + command] == '!';
			w->mod = w->text + i + command + w->mod_not;
			w->mod_len = w->len - i - command - w->mod_not;
			return w->mod_len ? 0 : -EINVAL;
		}
	return w->len ? 0 : -EINVAL;
}

static bool word_names_table(const struct function_word *w, const struct traced_table *t)
{
	if (!w->mod)
		return true;
	return (t->mod && trace_glob(w->mod, w->mod_len, t->mod->name)) != w->mod_not;
}

/* Puts the functions of @t that @w names into the filter, or takes them out: their number. */
static unsigned functions_set_in(const struct function_word *w, struct traced_table *t)
{
	unsigned n = 0;

	if (!word_names_table(w, t))
		return 0;
	for (size_t i = 0; i < traced_nr(t); i++) {
		if (!traced_slot_is_there(t, i) ||
		    (w->glob_len && !trace_glob(w->text, w->glob_len, traced_slot_name(t, i))))
			continue;
		n++;
		WRITE_ONCE(t->slot[i].in[w->filter], w->in);
	}
	return n;
}

static bool functions_any_in(enum traced_filter filter)
{
	for_each_traced_table(t)
		for (size_t i = 0; t->slot && i < traced_nr(t); i++)
			if (t->slot[i].in[filter])
				return true;
	for (struct kept_word *k = kept_words; k; k = k->next)
		if (k->word.filter == filter)
			return true;
	return false;
}

/* ---- kept words -------------------------------------------------------------------- */

static bool word_is_same(const struct function_word *a, const struct function_word *b)
{
	return a->filter == b->filter && a->len == b->len && !strncmp(a->text, b->text, a->len);
}

static struct kept_word **word_find_kept(const struct function_word *w)
{
	struct kept_word **link = &kept_words;

	while (*link && !word_is_same(&(*link)->word, w))
		link = &(*link)->next;
	return link;
}

static int word_keep(const struct function_word *w)
{
	struct kept_word *k;

	if (*word_find_kept(w))
		return 0;
	k = kzalloc(sizeof(*k) + w->len + 1, GFP_KERNEL);
	if (!k)
		return -ENOMEM;
	memcpy(k->text, w->text, w->len);
	k->word = *w;
	k->word.text = k->text;
	k->word.mod = k->text + (w->mod - w->text);
	mutex_lock(&traced_mutex);
	k->next = kept_words;
	kept_words = k;
	mutex_unlock(&traced_mutex);
	return 0;
}

/* Removes *@link from the list; NULL there is nothing. */
static bool word_drop_kept(struct kept_word **link)
{
	struct kept_word *k = *link;

	if (!k)
		return false;
	mutex_lock(&traced_mutex);
	*link = k->next;
	mutex_unlock(&traced_mutex);
	kfree(k);
	return true;
}

static void word_drop_all_kept(enum traced_filter filter)
{
	struct kept_word **link = &kept_words;

	while (*link)
		if ((*link)->word.filter == filter)
			word_drop_kept(link);
		else
			link = &(*link)->next;
}

/* A loaded module has what the word names. */
static bool word_is_met(const struct function_word *w)
{
	for_each_traced_table(t)
		if (word_names_table(w, t))
			return true;
	return false;
}

/* ---- modules ----------------------------------------------------------------------- */

void function_filters_coming(struct traced_table *t)
{
	assert_mutex_held(&klp_mutex);
	for (struct kept_word *k = kept_words; k; k = k->next)
		functions_set_in(&k->word, t);
}

/* ---- the files --------------------------------------------------------------------- */

static int functions_word(const struct function_word *w)
{
	unsigned n = 0;
	int error = 0;

	for_each_traced_table(t)
		n += functions_set_in(w, t);
	if (w->mod && w->in && (n || !word_is_met(w)))
		error = word_keep(w);
	else if (!n && (w->in || !w->mod || !*word_find_kept(w)))
		return -EINVAL;
	if (w->mod && !w->in)
		word_drop_kept(word_find_kept(w));
	functions_chosen[w->filter] = w->in || functions_any_in(w->filter);
	return error;
}

static const char *const functions_files[] = { "set_ftrace_filter", "set_ftrace_notrace" };

static int functions_words(enum traced_filter filter, const char *buf)
{
	size_t len;

	for (; (len = functions_next_word(&buf)); buf += len) {
		struct function_word w = { .filter = filter };
		int error = function_word_decode(&w, buf, len);

		error = error ? error : functions_word(&w);
		if (error == -EINVAL)
			trace_refuse(functions_files[filter], buf, len, "names no function; "
				     "available_filter_functions lists all, and a word is "
				     "NAME, PATTERN or PATTERN:mod:MODULE");
		if (error)
			return error;
	}
	return 0;
}

static ssize_t functions_store(const char *buf, size_t n, void *private)
{
	int error, applied;

	mutex_lock(&klp_mutex);
	error = traced_slots_need();
	if (!error) {
		error = functions_words((enum traced_filter)(long)private, buf);
		applied = function_trace_apply();
		error = error ? error : applied;
	}
	mutex_unlock(&klp_mutex);
	return error ? error : (ssize_t)n;
}

static void functions_truncate(void *private)
{
	enum traced_filter filter = (enum traced_filter)(long)private;

	mutex_lock(&klp_mutex);
	for_each_traced_table(t)
		for (size_t i = 0; t->slot && i < traced_nr(t); i++)
			WRITE_ONCE(t->slot[i].in[filter], false);
	word_drop_all_kept(filter);
	functions_chosen[filter] = false;
	function_trace_apply();
	mutex_unlock(&klp_mutex);
}

static void functions_show_one(struct seq_file *m, const struct traced_table *t, size_t i)
{
	seq_puts(m, traced_slot_name(t, i));
	if (t->mod)
		seq_printf(m, " [%s]", t->mod->name);
	seq_putc(m, '\n');
}

/* Reads each flag as it is. */
static int functions_show(struct seq_file *m, void *private)
{
	enum traced_filter filter = (enum traced_filter)(long)private;

	if (!READ_ONCE(functions_chosen[filter]))
		seq_printf(m, "#### %s functions %s ####\n", filter == FILTER ? "all" : "no",
			   filter == FILTER ? "enabled" : "disabled");
	mutex_lock(&traced_mutex);
	for_each_traced_table(t)
		for (size_t i = 0; t->slot && i < traced_nr(t); i++)
			if (READ_ONCE(t->slot[i].in[filter]))
				functions_show_one(m, t, i);
	for (struct kept_word *k = kept_words; k; k = k->next)
		if (k->word.filter == filter && !word_is_met(&k->word))
			seq_printf(m, "%s\n", k->text);
	mutex_unlock(&traced_mutex);
	return 0;
}

static const struct kernfs_file_ops functions_ops = {
	.show = functions_show, .store = functions_store, .truncate = functions_truncate };
/* private: which of the two filters */
KERNFS_FILE(klp_trace_filter, "/sys/kernel/tracing/set_ftrace_filter", S_IFREG | 0644,
	    &functions_ops, (void *)FILTER);
KERNFS_FILE(klp_trace_notrace, "/sys/kernel/tracing/set_ftrace_notrace", S_IFREG | 0644,
	    &functions_ops, (void *)NOTRACE);

static int available_functions_show(struct seq_file *m, void *private)
{
	mutex_lock(&traced_mutex);
	for_each_traced_table(t) {
		for (size_t i = 0; i < traced_nr(t); i++)
			if (traced_slot_is_there(t, i))
				functions_show_one(m, t, i);
		race_point();
	}
	mutex_unlock(&traced_mutex);
	return 0;
}
KERNFS_SHOW(klp_available_functions, "/sys/kernel/tracing/available_filter_functions", 0444,
	    available_functions_show);
