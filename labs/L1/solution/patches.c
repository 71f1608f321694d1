/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The three patches of a student's solution. */
/* file: labs/L1/work/idle.c */
// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#define NSEC_PER_HUNDREDTH	10000000

/* Of kernel/proc/system.c: all CPUs. */
extern u64 proc_idle_ns(void) KLP_RELOC_SYMBOL(vmlinux, vmlinux, proc_idle_ns);

static int fixed_uptime_show(struct seq_file *m, void *v)
{
	unsigned long up = ktime_get_ns() / NSEC_PER_HUNDREDTH;
	unsigned long idle = proc_idle_ns() / NSEC_PER_HUNDREDTH;

	seq_printf(m, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
	return 0;
}

static struct klp_func idle_funcs[] = {
	{ .old_name = "uptime_proc_show", .new_func = fixed_uptime_show },
	{ }
};

static struct klp_object idle_objs[] = {
	{ .funcs = idle_funcs },
	{ }
};

static struct klp_patch idle_patch = {
	.mod = THIS_MODULE,
	.objs = idle_objs,
};

static int __init idle_init(void)
{
	return klp_enable_patch(&idle_patch);
}

static void __exit idle_exit(void)
{
}

module_init(idle_init);
module_exit(idle_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
/* file: labs/L1/work/name.c */
// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

static int fixed_comm_show(struct seq_file *m, void *v)
{
	struct task_struct *t = v;

	seq_printf(m, "%s\n", t->comm);
	return 0;
}

static struct klp_func name_funcs[] = {
	{ .old_name = "proc_comm_show", .new_func = fixed_comm_show },
	{ }
};

static struct klp_object name_objs[] = {
	{ .funcs = name_funcs },
	{ }
};

static struct klp_patch name_patch = {
	.mod = THIS_MODULE,
	.objs = name_objs,
};

static int __init name_init(void)
{
	return klp_enable_patch(&name_patch);
}

static void __exit name_exit(void)
{
}

module_init(name_init);
module_exit(name_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
/* file: labs/L1/work/may.diff */
--- a/kernel/process/sys_sched.c
+++ b/kernel/process/sys_sched.c
@@ -34,5 +34,5 @@
 {
 	const struct credentials *mine = &current->process->cred, *its = &t->process->cred;

-	return is_superuser() || mine->euid == its->uid || its->euid;
+	return is_superuser() || mine->euid == its->uid || mine->euid == its->euid;
 }
