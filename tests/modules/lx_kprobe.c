/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_kprobe - a probe at the entry of a function. One handler runs before the call. If has_post_handler
 * is set, another handler runs after the first instruction; such a probe needs the function's slot for
 * itself. The parameters before and after count the calls of the handlers.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static bool has_post_handler = true;
module_param(has_post_handler, bool, 0444);
static char *symbol = "cmdline_proc_show";
module_param(symbol, charp, 0444);

static unsigned int before, after;
module_param(before, uint, 0444);
module_param(after, uint, 0444);

static int __kprobes pre_handler(struct kprobe *p, struct pt_regs *regs)
{
	before++;
	return 0;
}

static void __kprobes post_handler(struct kprobe *p, struct pt_regs *regs,
				   unsigned long flags)
{
	after++;
}

static struct kprobe kp = {
	.pre_handler = pre_handler,
};

static int __init lx_kprobe_init(void)
{
	kp.symbol_name = symbol;
	if (has_post_handler)
		kp.post_handler = post_handler;
	return register_kprobe(&kp);
}

static void __exit lx_kprobe_exit(void)
{
	unregister_kprobe(&kp);
}

module_init(lx_kprobe_init)
module_exit(lx_kprobe_exit)
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Compatibility test: a probe beside live patches");
