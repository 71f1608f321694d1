/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body of klp_target and klp_target_b: modules that tests patch. They log when their init and
 * exit run.
 *
 *	/proc/NAME		alpha(), beta() and gamma() alias gamma_alias(): 1 2 3 unless patched
 *	/proc/NAME_block	block(): sleeps until NAME_release is read; 4 unless patched
 *	/proc/NAME_both		block(), and then gamma()
 *	parameter error		what init returns
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/wait.h>

static int error;
module_param(error, int, 0444);

static DECLARE_WAIT_QUEUE_HEAD(target_queue);
static int target_releases;

static noinline int target_alpha(void)
{
	return 1;
}

static noinline int target_beta(void)
{
	return 2;
}

static noinline int target_gamma(void)
{
	return 3;
}

/* A second name of the function. */
int target_gamma_alias(void) __attribute__((alias("target_gamma")));

static noinline int target_block(void)
{
	int seen = READ_ONCE(target_releases);

	/* A kick also ends the sleep, and the call is restarted. */
	if (wait_event_interruptible(target_queue, READ_ONCE(target_releases) != seen))
		return -ERESTARTSYS;
	return 4;
}

static int target_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d %d %d\n", target_alpha(), target_beta(), target_gamma());
	return 0;
}

static int target_show_block(struct seq_file *m, void *v)
{
	int value = target_block();

	if (value < 0)
		return value;
	seq_printf(m, "%d\n", value);
	return 0;
}

static int target_show_both(struct seq_file *m, void *v)
{
	int value = target_block();

	if (value < 0)
		return value;
	seq_printf(m, "%d %d\n", value, target_gamma());
	return 0;
}

static int target_show_release(struct seq_file *m, void *v)
{
	WRITE_ONCE(target_releases, target_releases + 1);
	wake_up_all(&target_queue);
	return 0;
}

static struct proc_dir_entry *target_entries[4];

static void target_remove_entries(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(target_entries); i++)
		if (target_entries[i])
			proc_remove(target_entries[i]);
}

static int __init target_init(void)
{
	pr_info("init\n");
	if (error)
		return error;
	target_entries[0] = proc_create_single(KBUILD_MODNAME, 0444, NULL, target_show);
	target_entries[1] = proc_create_single(KBUILD_MODNAME "_block", 0444, NULL,
					       target_show_block);
	target_entries[2] = proc_create_single(KBUILD_MODNAME "_release", 0444, NULL,
					       target_show_release);
	target_entries[3] = proc_create_single(KBUILD_MODNAME "_both", 0444, NULL,
					       target_show_both);
	return 0;
}

static void __exit target_exit(void)
{
	pr_info("exit\n");
	target_remove_entries();
}

module_init(target_init);
module_exit(target_exit);
MODULE_LICENSE("GPL");
