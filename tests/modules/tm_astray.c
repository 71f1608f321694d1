/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_astray - a probe that counts the calls of a function (hits), and the calls on a stack that is
 * not current's (astray). In such a call the stack and the patch state belong to different tasks.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <neurath/mm.h>
#include <neurath/task.h>

static char *symbol = "ioport_switch";
module_param(symbol, charp, 0444);

static unsigned int hits, astray;
module_param(hits, uint, 0444);
module_param(astray, uint, 0444);

/* The trap of the probe uses the stack of the call, so regs->rsp shows that stack. */
static int astray_look(struct kprobe *p, struct pt_regs *regs)
{
	unsigned long base = (unsigned long)current->stack;

	hits++;
	if (regs->rsp <= base || regs->rsp > base + KSTACK_SIZE)
		astray++;
	return 0;
}

static struct kprobe astray_probe = { .pre_handler = astray_look };

static int __init astray_init(void)
{
	astray_probe.symbol_name = symbol;
	return register_kprobe(&astray_probe);
}

static void __exit astray_exit(void)
{
	unregister_kprobe(&astray_probe);
}

module_init(astray_init);
module_exit(astray_exit);
MODULE_LICENSE("GPL");
