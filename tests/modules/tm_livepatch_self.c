/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_livepatch_self - uses every identifier of <linux/livepatch.h> in one source, so that a change of
 * the interface breaks the build. The module only taints the kernel, because its init fails.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

static int enable;
module_param(enable, int, 0644);

static const char *const state_names[] = {
	[MODULE_STATE_LIVE] = "live", [MODULE_STATE_COMING] = "coming",
	[MODULE_STATE_GOING] = "going", [MODULE_STATE_UNFORMED] = "unformed",
};

static int before_patch(struct klp_object *obj)
{
	if (klp_get_prev_state(1))
		return -EEXIST;
	pr_info("%s is %s\n", obj->mod ? obj->mod->name : "vmlinux",
		obj->mod ? state_names[obj->mod->state] : "there");
	return 0;
}

static void around_patch(struct klp_object *obj)
{
	pr_info("%s\n", obj->name ? obj->name : "vmlinux");
}

static asmlinkage int self_version_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", THIS_MODULE->name);
	return 0;
}

static struct klp_func funcs[] = {
	{
		.old_name = "version_proc_show",
		.new_func = self_version_show,
		.old_sympos = 1,
	}, { }
};

static struct klp_object objs[] = {
	{
		.funcs = funcs,
		.callbacks = {
			.pre_patch = before_patch,
			.post_patch = around_patch,
			.pre_unpatch = around_patch,
			.post_unpatch = around_patch,
		},
	}, { }
};

static struct klp_state states[] = { { .id = 1, .version = 1 }, { } };

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
	.states = states,
};

static int fill_shadow(void *obj, void *shadow_data, void *ctor_data)
{
	*(int *)shadow_data = *(int *)ctor_data;
	return 0;
}

static void drop_shadow(void *obj, void *shadow_data)
{
	pr_info("dropped %d\n", *(int *)shadow_data);
}

static int use_shadows(void)
{
	int object, first = 5, *shadow;

	shadow = klp_shadow_alloc(&object, 1, sizeof(int), GFP_KERNEL, fill_shadow, &first);
	if (!shadow)
		return -ENOMEM;
	if (klp_shadow_get(&object, 1) != shadow ||
	    klp_shadow_get_or_alloc(&object, 1, sizeof(int), GFP_KERNEL, fill_shadow, &first) !=
	    shadow)
		return -EINVAL;
	klp_shadow_free(&object, 1, drop_shadow);
	klp_shadow_free_all(1, NULL);
	return klp_shadow_get(&object, 1) ? -EINVAL : 0;
}

static int __init tm_livepatch_self_init(void)
{
	int error = use_shadows();

	if (error)
		return error;
	patch.replace = enable > 1;
	if (enable)
		return klp_enable_patch(&patch);
	return klp_get_state(&patch, 1) && !klp_get_state(&patch, 2) ? -ECANCELED : -EINVAL;
}

static void __exit tm_livepatch_self_exit(void)
{
}

module_init(tm_livepatch_self_init);
module_exit(tm_livepatch_self_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
