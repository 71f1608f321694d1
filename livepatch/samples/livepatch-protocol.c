// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A patch of two functions that must change together, and of the function that calls both.
 *
 * The new letter_seal() of livepatch-protocol-mod.c seals by another rule, and the new
 * letter_open() opens by this rule. A patch of only these two is not enough: a task changes
 * over when no function of the patch is on its stack, and neither of the two is on the stack
 * while a letter travels. The task would seal by the old rule, change over, and open by the
 * new rule. letter_send() spans both calls. With an unchanged copy of letter_send() in the
 * patch, a task with a travelling letter finishes by the old rule:
 *
 *	insmod livepatch-protocol-mod.ko
 *	echo 2000 > /sys/module/livepatch_protocol_mod/parameters/travel
 *	cat /proc/letter &
 *	insmod livepatch-protocol.ko		# waits for it; with careless=1 it does not
 *	wait					# clear; with careless=1 garbled
 *
 * The author of a patch has to find this function: the function in which the old and the new
 * rule must not meet.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/livepatch.h>

static bool careless;
module_param(careless, bool, 0);
MODULE_PARM_DESC(careless, "leave letter_send out of the patch (default=N)");

#define KEY	0x5a5a5a5aU

static unsigned int new_letter_seal(unsigned int text)
{
	return text ^ KEY;
}

static unsigned int new_letter_open(unsigned int sealed)
{
	return sealed ^ KEY;
}

/* Of the module; not exported. */
extern int travel KLP_RELOC_SYMBOL(livepatch_protocol_mod, livepatch_protocol_mod, travel);

static unsigned int new_letter_send(unsigned int text)
{
	unsigned int sealed = new_letter_seal(text);

	for (int ms = 0; ms < READ_ONCE(travel); ms++)
		msleep(1);
	return new_letter_open(sealed);
}

static struct klp_func letter_funcs[] = {
	{ .old_name = "letter_seal", .new_func = new_letter_seal },
	{ .old_name = "letter_open", .new_func = new_letter_open },
	{ .old_name = "letter_send", .new_func = new_letter_send },
	{ }
};

static struct klp_object letter_objs[] = {
	{ .name = "livepatch_protocol_mod", .funcs = letter_funcs },
	{ }
};

static struct klp_patch letter_patch = {
	.mod = THIS_MODULE,
	.objs = letter_objs,
};

static int __init protocol_init(void)
{
	if (careless)
		letter_funcs[2] = (struct klp_func){ };		/* the list ends here */
	return klp_enable_patch(&letter_patch);
}

static void __exit protocol_exit(void)
{
}

module_init(protocol_init);
module_exit(protocol_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Live patch of functions that must switch together");
MODULE_INFO(livepatch, "Y");
