/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions that the diffs of tests/patches/ edit. Each has a property that makes a patch from an
 * edit difficult. A read of /proc/edit calls all of them and prints a line for each; warn=N makes the
 * N-th warning function warn at the next read.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

static int warn;
module_param(warn, int, 0644);

struct edit_record {
	int number;
};

static struct edit_record *record;
static struct proc_dir_entry *file;

static noinline void edit_text(struct seq_file *m)
{
	seq_puts(m, "text: good morning\n");
}

static noinline void edit_first(struct seq_file *m)
{
	static int calls;

	seq_printf(m, "first: %d\n", ++calls);
}

static noinline void edit_second(struct seq_file *m)
{
	static int calls;

	seq_printf(m, "second: %d\n", ++calls);
}

/* Inlined in two functions, which share its variable. */
static inline __attribute__((always_inline)) int edit_shared(void)
{
	static int shared;

	return ++shared;
}

static noinline void edit_odd(struct seq_file *m)
{
	seq_printf(m, "odd: %d\n", edit_shared());
}

static noinline void edit_even(struct seq_file *m)
{
	seq_printf(m, "even: %d\n", edit_shared());
}

static noinline void edit_table(struct seq_file *m, unsigned int index)
{
	static const int primes[] = { 2, 3, 5, 7 };

	seq_printf(m, "table: %d\n", primes[index % ARRAY_SIZE(primes)]);
}

static noinline void edit_switch(struct seq_file *m, unsigned int number)
{
	seq_puts(m, "switch: ");
	switch (number) {
	case 0:
		seq_puts(m, "zero");
		break;
	case 1:
		seq_putc(m, '1');
		break;
	case 2:
		seq_printf(m, "%d", (int)number);
		break;
	case 3:
		edit_table(m, number);
		break;
	case 4:
		seq_printf(m, "%s", KBUILD_MODNAME);
		break;
	case 5:
		seq_printf(m, "five %u", number);
		break;
	default:
		seq_puts(m, "many");
	}
	seq_putc(m, '\n');
}

static noinline void edit_warn_one(void)
{
	WARN_ONCE(warn == 1, "edit: one\n");
}

static noinline void edit_warn_two(void)
{
	WARN_ONCE(warn == 2, "edit: two\n");
}

static noinline void edit_warn_three(void)
{
	WARN_ONCE(warn == 3, "edit: three\n");
}

static noinline void edit_record(struct seq_file *m)
{
	seq_printf(m, "record: %d\n", record->number);
}

static int edit_show(struct seq_file *m, void *v)
{
	edit_text(m);
	edit_first(m);
	edit_second(m);
	edit_odd(m);
	edit_even(m);
	edit_table(m, 1);
	for (unsigned int i = 0; i < 8; i++)
		edit_switch(m, i);
	edit_warn_one();
	edit_warn_two();
	edit_warn_three();
	edit_record(m);
	return 0;
}

static int __init edit_init(void)
{
	record = kzalloc(sizeof(*record), GFP_KERNEL);
	if (!record)
		return -ENOMEM;
	record->number = 7;
	file = proc_create_single("edit", 0444, NULL, edit_show);
	if (file)
		return 0;
	kfree(record);
	return -ENOMEM;
}

static void __exit edit_exit(void)
{
	proc_remove(file);
	kfree(record);
}

module_init(edit_init);
module_exit(edit_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Subject of the diffs in tests/patches");
