/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_callbacks - a patch with the four callbacks for the kernel and for two modules. Each callback logs
 * its object and the state of that module. The parameter pre_patch_ret, writable at any time, is the
 * return value of pre_patch.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>

static int pre_patch_ret;
module_param(pre_patch_ret, int, 0644);
MODULE_PARM_DESC(pre_patch_ret, "what pre_patch returns (default=0)");

static const char *const state_names[] = {
	[MODULE_STATE_LIVE]	= "live",
	[MODULE_STATE_COMING]	= "coming",
	[MODULE_STATE_GOING]	= "going",
	[MODULE_STATE_UNFORMED]	= "unformed",
};

static void say(const char *callback, struct klp_object *obj)
{
	if (obj->mod)
		pr_info("%s: %s is %s\n", callback, obj->mod->name,
			state_names[obj->mod->state]);
	else
		pr_info("%s: vmlinux\n", callback);
}

static int pre_patch_callback(struct klp_object *obj)
{
	say(__func__, obj);
	return pre_patch_ret;
}

static void post_patch_callback(struct klp_object *obj)
{
	say(__func__, obj);
}

static void pre_unpatch_callback(struct klp_object *obj)
{
	say(__func__, obj);
}

static void post_unpatch_callback(struct klp_object *obj)
{
	say(__func__, obj);
}

static void new_work_func(struct work_struct *work)
{
	pr_info("%s\n", __func__);
}

static struct klp_func no_funcs[] = {
	{}
};

static struct klp_func busy_funcs[] = {
	{
		.old_name = "lx_busy_work_func",
		.new_func = new_work_func,
	}, {}
};

#define LX_CALLBACKS {					\
		.pre_patch = pre_patch_callback,	\
		.post_patch = post_patch_callback,	\
		.pre_unpatch = pre_unpatch_callback,	\
		.post_unpatch = post_unpatch_callback,	\
	}

static struct klp_object objs[] = {
	{
		.name = NULL,	/* vmlinux */
		.funcs = no_funcs,
		.callbacks = LX_CALLBACKS,
	}, {
		.name = "lx_mod",
		.funcs = no_funcs,
		.callbacks = LX_CALLBACKS,
	}, {
		.name = "lx_busy",
		.funcs = busy_funcs,
		.callbacks = LX_CALLBACKS,
	}, { }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int lx_callbacks_init(void)
{
	return klp_enable_patch(&patch);
}

static void lx_callbacks_exit(void)
{
}

module_init(lx_callbacks_init);
module_exit(lx_callbacks_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: callbacks");
