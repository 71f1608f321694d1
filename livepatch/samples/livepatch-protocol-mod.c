// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A module with two functions that must agree, for livepatch-protocol.c: one seals a letter,
 * the other opens it, and the letter travels between the two calls.
 *
 * Each read of /proc/letter sends one letter through both functions. The parameter `travel'
 * is the time of the journey in milliseconds. A letter that was sealed by one rule and opened
 * by another is garbled.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static int travel = 10;
module_param(travel, int, 0644);
MODULE_PARM_DESC(travel, "how long a letter is under way, in ms (default=10)");

static noinline unsigned int letter_seal(unsigned int text)
{
	return text + 1;
}

static noinline unsigned int letter_open(unsigned int sealed)
{
	return sealed - 1;
}

/* Returns the text that arrives. On the stack for the whole journey; the other two briefly. */
static noinline unsigned int letter_send(unsigned int text)
{
	unsigned int sealed = letter_seal(text);

	/* Each round reads the parameter: a change also affects travelling letters. */
	for (int ms = 0; ms < READ_ONCE(travel); ms++)
		msleep(1);
	return letter_open(sealed);
}

static int letter_show(struct seq_file *m, void *v)
{
	unsigned int text = 0x6c657474;

	seq_puts(m, letter_send(text) == text ? "clear\n" : "garbled\n");
	return 0;
}

static struct proc_dir_entry *letter_file;

static int __init letter_init(void)
{
	letter_file = proc_create_single("letter", 0444, NULL, letter_show);
	return letter_file ? 0 : -ENOMEM;
}

static void __exit letter_exit(void)
{
	proc_remove(letter_file);
}

module_init(letter_init);
module_exit(letter_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Target of livepatch-protocol");
