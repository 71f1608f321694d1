// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch with the four callbacks; the lesson is the purpose of each.
 *
 * The new version_proc_show() needs a buffer. The buffer must exist before the first task
 * uses the new function, and until the last task has left the new function.
 *
 *	pre_patch	before the first task changes over. Allocates the buffer. Only this callback
 *			may fail; the kernel then patches nothing (insmod ... refuse=1).
 *	post_patch	all tasks have changed over. Starts work that only new code may see.
 *	pre_unpatch	before the first task changes back. Stops this work again.
 *	post_unpatch	all tasks have changed back. Frees the memory of pre_patch.
 *
 * The module's init and exit cannot take the place of callbacks: a transition lies between
 * init and the first call, and a reversed transition runs pre_patch and post_unpatch, but
 * neither of the others.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define TEXT_SIZE	64

static bool refuse;
module_param(refuse, bool, 0);
MODULE_PARM_DESC(refuse, "let pre_patch fail (default=N)");

static char *text;
static bool everybody;		/* uses the new function: from post_patch to pre_unpatch */

static int patched_version_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s, seen by %s\n", text, READ_ONCE(everybody) ? "everybody" : "some");
	return 0;
}

static int get_text(struct klp_object *obj)
{
	pr_info("pre_patch: no task has switched\n");
	if (refuse)
		return -ENODEV;
	text = kmalloc(TEXT_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	scnprintf(text, TEXT_SIZE, "a version with callbacks");
	return 0;
}

static void start_announcing(struct klp_object *obj)
{
	pr_info("post_patch: all tasks have switched\n");
	WRITE_ONCE(everybody, true);
}

static void stop_announcing(struct klp_object *obj)
{
	pr_info("pre_unpatch: no task has gone back\n");
	WRITE_ONCE(everybody, false);
}

static void free_text(struct klp_object *obj)
{
	pr_info("post_unpatch: all tasks have gone back\n");
	kfree(text);
	text = NULL;
}

static struct klp_func version_funcs[] = {
	{ .old_name = "version_proc_show", .new_func = patched_version_show },
	{ }
};

static struct klp_object version_objs[] = {
	{
		.funcs = version_funcs,
		.callbacks = {
			.pre_patch = get_text,
			.post_patch = start_announcing,
			.pre_unpatch = stop_announcing,
			.post_unpatch = free_text,
		},
	},
	{ }
};

static struct klp_patch version_patch = {
	.mod = THIS_MODULE,
	.objs = version_objs,
};

static int __init callbacks_init(void)
{
	return klp_enable_patch(&version_patch);
}

static void __exit callbacks_exit(void)
{
	/* If a newer patch replaced this one, post_unpatch has not run. */
	kfree(text);
}

module_init(callbacks_init);
module_exit(callbacks_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch with the four callbacks");
MODULE_INFO(livepatch, "Y");
