/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patch divides by the number of CPUs, as in the example of docs/writing-a-patch.md. The example solves another
 * problem: the hand-out says what the second number must be.
 *
 * loses: P2 P5 P6 P7 P8
 */
/* file: labs/L1/work/idle.c */
// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/smp.h>

#define NSEC_PER_HUNDREDTH	10000000

/* Of kernel/proc/system.c: all CPUs. */
extern u64 proc_idle_ns(void) KLP_RELOC_SYMBOL(vmlinux, vmlinux, proc_idle_ns);

static int fixed_uptime_show(struct seq_file *m, void *v)
{
	unsigned long up = ktime_get_ns() / NSEC_PER_HUNDREDTH;
	unsigned long idle = proc_idle_ns() / NSEC_PER_HUNDREDTH / num_online_cpus();

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
