/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers below /proc/sys/kernel.  Contract: <neurath/sysctl.h>. */
#include <neurath/boot.h>
#include <neurath/init.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include <neurath/sysctl.h>

static int sysctl_set(const struct sysctl *s, const char *text)
{
	int value, error = kstrtoint(text, 10, &value);

	if (error)
		return error;
	if (value < s->min || value > s->max)
		return -EINVAL;
	WRITE_ONCE(*s->value, value);
	return 0;
}

static int sysctl_show(struct seq_file *m, void *private)
{
	const struct sysctl *s = private;

	seq_printf(m, "%d\n", READ_ONCE(*s->value));
	return 0;
}

static ssize_t sysctl_store(const char *buf, size_t n, void *private)
{
	const struct sysctl *s = private;
	int error = sysctl_set(s, buf);

	if (error)
		return error;
	if (s->changed)
		s->changed();
	return (ssize_t)n;
}

const struct kernfs_file_ops sysctl_ops = { .show = sysctl_show, .store = sysctl_store };

void __init sysctl_init(void)
{
	char text[16];

	SET_FOREACH(struct sysctl, s, sysctl) {
		if (boot_option(s->name, text, sizeof(text)) && sysctl_set(s, text))
			pr_err("%s=%s on the command line: not a number from %d to %d\n", s->name,
			       text, s->min, s->max);
	}
}
