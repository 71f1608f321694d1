/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch of the module klp_late (and of klp_oracle, which can keep the transition open). Its
 * callbacks log the state of the object. LATE_VERSION makes several patches of this source:
 * /proc/klp_late then begins with 1000 * LATE_VERSION + late_helper(late_counter). This value
 * needs relocations against static symbols of a module that may load later.
 *
 *	pre		the return value of pre_patch of klp_late; writable
 *	twin=N		patches also late_twin_1, at position N (0: the name is unique)
 *	replace=1	replaces all older patches
 *	look=1		the exit function uses the symbols of klp_late, which must be loaded then
 *	again		(writing) enables the patch again
 *	busy=1		a thread uses the symbols of klp_late all the time, from init to exit, and
 *			counts in "rounds"; klp_late must be loaded all the time
 *	astray		the faults that this thread found
 */
#include <linux/module.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/sched.h>
#include <linux/string.h>

static int pre, twin = -1, replace, look, busy;
static unsigned long rounds, astray;
module_param(look, int, 0444);
module_param(busy, int, 0444);
module_param(rounds, ulong, 0444);
module_param(astray, ulong, 0444);
module_param(pre, int, 0644);
module_param(twin, int, 0444);
module_param(replace, int, 0444);

extern int late_helper(int x) KLP_RELOC_SYMBOL(klp_late, klp_late, late_helper);
extern int late_counter KLP_RELOC_SYMBOL(klp_late, klp_late, late_counter);
extern const char *kernel_build_id(void) KLP_RELOC_SYMBOL(vmlinux, vmlinux, kernel_build_id);
/* A relocation in data. */
int (*late_pointer)(int x) = late_helper;

static int late_value_patched(void)
{
	if (late_pointer != late_helper || READ_ONCE(late_pointer)(1) != 2)
		return -1;
	return 1000 * LATE_VERSION + late_helper(late_counter);
}

static int late_twin_patched(void)
{
	return 10 * LATE_VERSION;
}

/* Pauses like the original function: a task that sleeps in either version keeps a transition open. */
extern void oracle_pause(int kind) KLP_RELOC_SYMBOL(klp_oracle, klp_oracle, oracle_pause);

static int late_oracle_outer(int kind)
{
	oracle_pause(kind);
	return 1000 * LATE_VERSION;
}

static const char *late_object_state(const struct klp_object *obj)
{
	static const char *const names[] = { "live", "coming", "going", "unformed" };

	return obj->mod ? names[obj->mod->state] : "kernel";
}

static void late_note(const char *callback, const struct klp_object *obj)
{
	pr_info(KBUILD_MODNAME ": %s %s (%s)\n", callback, obj->name ? obj->name : "vmlinux",
		late_object_state(obj));
}

static int late_pre_patch(struct klp_object *obj)
{
	late_note("pre_patch", obj);
	return obj->name && strcmp(obj->name, "klp_late") == 0 ? pre : 0;
}

static void late_post_patch(struct klp_object *obj)
{
	late_note("post_patch", obj);
}

static void late_pre_unpatch(struct klp_object *obj)
{
	late_note("pre_unpatch", obj);
}

static void late_post_unpatch(struct klp_object *obj)
{
	late_note("post_unpatch", obj);
}

#define LATE_CALLBACKS {			\
	.pre_patch = late_pre_patch,		\
	.post_patch = late_post_patch,		\
	.pre_unpatch = late_pre_unpatch,	\
	.post_unpatch = late_post_unpatch,	\
}

static struct klp_func late_no_funcs[] = { { } };

static struct klp_func late_funcs[] = {
	{ .old_name = "late_value", .new_func = late_value_patched },
	{ },		/* late_twin_1, if asked for */
	{ }
};

static struct klp_func late_oracle_funcs[] = {
	{ .old_name = "oracle_outer", .new_func = late_oracle_outer },
	{ }
};

static struct klp_object late_objs[] = {
	{ .funcs = late_no_funcs, .callbacks = LATE_CALLBACKS },
	{ .name = "klp_late", .funcs = late_funcs, .callbacks = LATE_CALLBACKS },
	{ .name = "klp_oracle", .funcs = late_oracle_funcs, .callbacks = LATE_CALLBACKS },
	{ }
};

static struct klp_patch late_patch = {
	.mod = THIS_MODULE,
	.objs = late_objs,
};

/* Enables the patch again, after it is gone. */
static int late_again_set(const char *value, const struct kernel_param *kp)
{
	return klp_enable_patch(&late_patch);
}

static const struct kernel_param_ops late_again_ops = { .set = late_again_set };
module_param_cb(again, &late_again_ops, NULL, 0200);

/* Uses the symbols all the time, as a thread or timer of a patch may as long as its target is loaded. */
static int late_use(void *arg)
{
	while (!kthread_should_stop()) {
		for (int i = 0; i < 1000; i++) {
			int (*helper)(int x) = READ_ONCE(late_pointer);

			if (helper != late_helper || late_helper(i) != 2 * i)
				astray++;
		}
		rounds++;
		cond_resched();
	}
	return 0;
}

static struct task_struct *late_user;

static int late_enable(void)
{
	int error = klp_enable_patch(&late_patch);

	if (error || !busy)
		return error;
	late_user = kthread_run(late_use, NULL, "late_use");
	return PTR_ERR_OR_ZERO(late_user);
}

static int __init late_patch_init(void)
{
	pr_info(KBUILD_MODNAME ": kernel %s\n", kernel_build_id());
	late_patch.replace = replace;
	if (twin >= 0) {
		late_funcs[1].old_name = "late_twin_1";
		late_funcs[1].new_func = late_twin_patched;
		late_funcs[1].old_sympos = twin;
	}
	return late_enable();
}

static void __exit late_patch_exit(void)
{
	if (late_user)
		kthread_stop(late_user);
	/* With look=1 the target is still loaded, so the relocations are valid up to here. */
	if (look)
		pr_info(KBUILD_MODNAME ": exit sees %d\n", late_helper(late_counter));
}

module_init(late_patch_init);
module_exit(late_patch_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
