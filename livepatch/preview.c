/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/kernel/livepatch/check: which tasks would block a patch of the given functions if it
 * were enabled now.  A program writes the functions and reads the answer through the same open
 * file:
 *
 *	vmlinux do_wait,1
 *	mod helper
 *
 *	vmlinux do_wait: patchable
 *	mod helper: the module is not loaded
 *	7 sh cpu 1 S asleep in do_wait+0x7a/0x11d
 *
 * The answer has a line for each function, then one for each task that stands in one of the
 * functions or whose stack is not reliable.  The look at a task is that of a transition
 * (kernel/sched/patch_stack.c) with other ranges; it changes nothing and does not affect a
 * running transition.  Two kinds of tasks are omitted: tasks that run, which a transition would
 * judge when they pass, and idle tasks, which a transition runs once (sched_run_idle_once()).
 *
 * It does not take klp_mutex, which a callback may hold without limit.  Changes during the look
 * make the answer out of date, which every answer is by the time it is read.
 */
#include "internal.h"
#include <neurath/hook.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>

#define PREVIEW_FUNCS	512	/* a question is at most a page long */

struct preview_func {
	char object[MODULE_NAME_LEN];
	char name[KSYM_NAME_LEN];
	unsigned long pos;
};

/* Takes the next word of *@at.  False at the end, or if the word is too long. */
static bool preview_word(const char **at, char *out, size_t size)
{
	size_t n = 0;

	while (**at == ' ' || **at == '\n' || **at == '\t')
		++*at;
	while ((*at)[n] && (*at)[n] != ' ' && (*at)[n] != '\n' && (*at)[n] != '\t')
		n++;
	if (n == 0 || n >= size)
		return false;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n;
	return true;
}

/* Parses "OBJECT NAME" or "OBJECT NAME,POSITION".  Returns 1, 0 at the end, or -EINVAL. */
static int preview_parse(const char **at, struct preview_func *func)
{
	char *comma;

	if (!preview_word(at, func->object, sizeof(func->object)))
		return **at ? -EINVAL : 0;
	if (!preview_word(at, func->name, sizeof(func->name)))
		return -EINVAL;
	func->pos = 0;
	comma = strchr(func->name, ',');
	if (!comma)
		return 1;
	*comma = '\0';
	return kstrtoul(comma + 1, 10, &func->pos) ? -EINVAL : 1;
}

/* The module, with a reference, or NULL. */
static struct module *preview_module(const char *name)
{
	unsigned long flags = irq_save();
	struct module *mod = find_module(name);

	if (mod && !try_module_get(mod))
		mod = NULL;
	irq_restore(flags);
	return mod;
}

static const char *preview_look_up(struct module *mod, const struct preview_func *func,
				   struct ksym *sym)
{
	int error = ksym_find(mod, func->name, func->pos, sym);

	if (error == -EEXIST)
		return "several functions have this name: say which, as NAME,POSITION";
	if (error)
		return "no such function";
	return slot_of_function(sym->start) ? NULL : "no entry slot: it cannot be patched";
}

/* Finds the symbol of @func; NULL, or a text that says what is wrong. */
static const char *preview_find(const struct preview_func *func, struct ksym *sym)
{
	struct module *mod;
	const char *trouble;

	if (strcmp(func->object, "vmlinux") == 0)
		return preview_look_up(NULL, func, sym);
	mod = preview_module(func->object);
	if (!mod)
		return "the module is not loaded";
	trouble = preview_look_up(mod, func, sym);
	module_put(mod);
	return trouble;
}

static void preview_add(struct klp_ranges *set, const struct preview_func *func,
			struct seq_file *answer)
{
	unsigned long start, size;
	struct ksym sym;
	const char *trouble = preview_find(func, &sym);

	seq_printf(answer, "%s %s: %s\n", func->object, func->name,
		   trouble ? trouble : "patchable");
	if (trouble)
		return;
	if (!klp_hook_newest_range(sym.start, &start, &size)) {
		start = sym.start;
		size = sym.size;
	}
	klp_ranges_insert(set, start, size);
}

static int preview_collect(struct klp_ranges *set, const char *text, struct seq_file *answer)
{
	struct preview_func *func = kmalloc(sizeof(*func), GFP_KERNEL);
	unsigned count = 0;
	int ret = func ? 1 : -ENOMEM;

	while (ret > 0) {
		ret = preview_parse(&text, func);
		if (ret > 0 && count++ == PREVIEW_FUNCS)
			ret = -E2BIG;
		if (ret > 0)
			preview_add(set, func, answer);
	}
	kfree(func);
	klp_ranges_sort(set);
	return ret < 0 ? ret : count ? 0 : -EINVAL;
}

static void preview_show(struct seq_file *m, struct task *task, const struct klp_ranges *set)
{
	struct klp_judgement look;

	klp_preview_task(task, set, &look);
	if (look.verdict != KLP_BLOCKED && look.verdict != KLP_UNRELIABLE)
		return;
	klp_show_look(m, task, &look, "");
	seq_putc(m, '\n');
}

static ssize_t preview_ask(const char *buf, size_t n, struct seq_file *answer)
{
	struct klp_ranges *set = klp_ranges_new(PREVIEW_FUNCS);
	struct task_walk walk;
	int error = set ? preview_collect(set, buf, answer) : -ENOMEM;

	if (!error) {
		for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
			preview_show(answer, t, set);
			cond_resched();
		}
	}
	kfree(set);
	return error ? error : (ssize_t)n;
}

static const struct kernfs_file_ops preview_ops = { .ask = preview_ask };
/* Unlisted: scripts written for Linux take each entry of this directory for a patch. */
SET_ENTRY(kernfs, struct kernfs_def, klp_preview_file) = {
	.path = "/sys/kernel/livepatch/check", .mode = S_IFREG | 0600, .ops = &preview_ops,
	.unlisted = true };
