/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/lock_stat: for each CPU the longest hold of a spinlock and the longest time with
 * interrupts off, with the lock's name.  Writing 0 resets both.  Only debug builds measure; other
 * builds show zeroes.
 */
#include <neurath/kernfs.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>

static int lock_stat_show(struct seq_file *m, void *private)
{
	seq_printf(m, "cpu hold_ns lock irq_off_ns by\n");
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		struct lock_stat stat;

		lock_stat_read(cpu, &stat);
		seq_printf(m, "%u %llu %s %llu %s\n", cpu, (unsigned long long)stat.hold_ns,
			   stat.hold_name ? stat.hold_name : "-",
			   (unsigned long long)stat.irq_off_ns,
			   stat.irq_off_name ? stat.irq_off_name : "-");
	}
	return 0;
}

static ssize_t lock_stat_store(const char *buf, size_t n, void *private)
{
	long value;
	int error = kstrtol(buf, 0, &value);

	if (error)
		return error;
	if (value != 0)
		return -EINVAL;
	lock_stat_reset();
	return (ssize_t)n;
}

static const struct kernfs_file_ops lock_stat_ops = {
	.show = lock_stat_show,
	.store = lock_stat_store,
};
KERNFS_FILE(lock_stat, "/proc/lock_stat", S_IFREG | 0600, &lock_stat_ops, NULL);
