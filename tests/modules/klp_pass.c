/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch of any functions of the kernel: the parameter "target" names up to four, separated by
 * commas. The new version calls the body of the original after its entry slot. So every function can
 * be patched on a running system without a change of its behaviour, and tests can check the
 * transition.
 *
 *	target=schedule,sched_switch	the new versions stay on the stack while the originals run
 *	object=NAME			the functions are those of a module, not of the kernel
 *	delay_us=N			each call of the first function is delayed by N us before the original runs
 *	replace=1			replaces all older patches
 *
 * Parameter "calls" counts the calls of the new versions, "inside" the tasks that are in a new version now.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/delay.h>
#include <linux/livepatch.h>
#include <linux/string.h>

#define PASS_MAX	4

static char *target = "";
module_param(target, charp, 0444);
static char *object;
module_param(object, charp, 0444);
static int replace;
module_param(replace, int, 0444);
static unsigned int delay_us;
module_param(delay_us, uint, 0644);
static unsigned long calls;
module_param(calls, ulong, 0444);
static unsigned long inside;
module_param(inside, ulong, 0444);

/*
 * A call passes six registers and some words of the stack, although the function may have fewer
 * arguments. It returns two registers.
 */
typedef __int128 pass_result;
#define PASS_PARAMETERS	long a, long b, long c, long d, long e, long f, long s0, long s1, long s2, long s3, long s4, \
			long s5, long s6, long s7, long s8, long s9, long s10, long s11
#define PASS_ARGUMENTS	a, b, c, d, e, f, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
typedef pass_result (*pass_fn)(PASS_PARAMETERS);

static struct klp_func pass_funcs[PASS_MAX + 1];

#define DEFINE_PASS(n) \
	static noinline pass_result pass_##n(PASS_PARAMETERS) \
	{ \
		pass_fn body = (pass_fn)(pass_funcs[n].old_func + SLOT_SIZE); \
		pass_result result; \
		__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED); \
		__atomic_fetch_add(&inside, 1, __ATOMIC_RELAXED); \
		if (n == 0 && delay_us) \
			udelay(delay_us); \
		result = body(PASS_ARGUMENTS); \
		__atomic_fetch_sub(&inside, 1, __ATOMIC_RELAXED); \
		return result; \
	}
DEFINE_PASS(0)
DEFINE_PASS(1)
DEFINE_PASS(2)
DEFINE_PASS(3)

static struct klp_object pass_objs[] = {
	{ .funcs = pass_funcs },
	{ }
};

static struct klp_patch pass_patch = {
	.mod = THIS_MODULE,
	.objs = pass_objs,
};

static int __init pass_init(void)
{
	static void *const functions[PASS_MAX] = { pass_0, pass_1, pass_2, pass_3 };
	char *name = target;

	for (unsigned int n = 0; n < PASS_MAX && name; n++) {
		char *comma = strchr(name, ',');

		pass_funcs[n].old_name = name;
		pass_funcs[n].new_func = functions[n];
		if (comma)
			*comma = '\0';
		name = comma ? comma + 1 : NULL;
	}
	pass_objs[0].name = object;
	pass_patch.replace = replace;
	return klp_enable_patch(&pass_patch);
}

static void __exit pass_exit(void)
{
}

module_init(pass_init);
module_exit(pass_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
