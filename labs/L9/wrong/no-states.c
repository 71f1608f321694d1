/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patches do not declare their states. So the second patch may be loaded again on top of the third, whose data it
 * does not understand.
 *
 * loses: P10
 */
/* file: labs/L9/work/count.c */
// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/cmdline says how often it was shown: a new field, which no structure has. */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <neurath/boot.h>

#define READS	0x19		/* shadow variable of boot_info: atomic_t, times shown */
extern struct boot_info boot_info KLP_RELOC_SYMBOL(vmlinux, vmlinux, boot_info);

static int count_show(struct seq_file *m, void *v)
{
	atomic_t *reads = klp_shadow_get_or_alloc(&boot_info, READS, sizeof(*reads), GFP_KERNEL, NULL, NULL);

	if (!reads)
		return -ENOMEM;
	seq_printf(m, "%zu %d %s\n", strlen(boot_info.cmdline), atomic_inc_return(reads), boot_info.cmdline);
	return 0;
}

static void count_forget(struct klp_object *obj)
{
	klp_shadow_free_all(READS, NULL);
}

static struct klp_func cmdline_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = count_show },
	{ }
};

static struct klp_object cmdline_objs[] = {
	{ .funcs = cmdline_funcs, .callbacks = { .post_unpatch = count_forget } },
	{ }
};

static struct klp_patch cmdline_patch = {
	.mod = THIS_MODULE,
	.objs = cmdline_objs,
	.replace = true,
};

static int __init count_init(void)
{
	return klp_enable_patch(&cmdline_patch);
}

static void __exit count_exit(void)
{
}

module_init(count_init);
module_exit(count_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
/* file: labs/L9/work/bytes.c */
// SPDX-License-Identifier: GPL-2.0-or-later
/* The number of /proc/cmdline has another meaning: bytes given out, where count.c has counted times. */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <neurath/boot.h>

#define READS	0x19		/* of count.c: atomic_t, times shown */
#define BYTES	0x1a		/* shadow variable of boot_info: atomic_t, bytes of the command line given out */
extern struct boot_info boot_info KLP_RELOC_SYMBOL(vmlinux, vmlinux, boot_info);

static atomic_t *bytes_get(void)
{
	return klp_shadow_get_or_alloc(&boot_info, BYTES, sizeof(atomic_t), GFP_KERNEL, NULL, NULL);
}

static int bytes_show(struct seq_file *m, void *v)
{
	int length = strlen(boot_info.cmdline);
	atomic_t *bytes = bytes_get();

	if (!bytes)
		return -ENOMEM;
	seq_printf(m, "%d %d %s\n", length, atomic_add_return(length, bytes), boot_info.cmdline);
	return 0;
}

static int bytes_prepare(struct klp_object *obj)
{
	return bytes_get() ? 0 : -ENOMEM;
}

/* No task counts times any more. */
static void bytes_convert(struct klp_object *obj)
{
	atomic_t *reads = klp_shadow_get(&boot_info, READS);

	if (!reads)
		return;
	atomic_add(atomic_read(reads) * strlen(boot_info.cmdline), bytes_get());
	klp_shadow_free_all(READS, NULL);
}

static void bytes_forget(struct klp_object *obj)
{
	klp_shadow_free_all(BYTES, NULL);
}

static struct klp_func cmdline_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = bytes_show },
	{ }
};

static struct klp_object cmdline_objs[] = {
	{ .funcs = cmdline_funcs, .callbacks = { .pre_patch = bytes_prepare, .post_patch = bytes_convert, .post_unpatch = bytes_forget } },
	{ }
};

static struct klp_patch cmdline_patch = {
	.mod = THIS_MODULE,
	.objs = cmdline_objs,
	.replace = true,
};

static int __init bytes_init(void)
{
	return klp_enable_patch(&cmdline_patch);
}

static void __exit bytes_exit(void)
{
}

module_init(bytes_init);
module_exit(bytes_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
