/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /sys/devices/system/cpu: the list of CPUs, for getconf, nproc and top.  The directories of CPUs
 * are made once, when the number of CPUs is known.
 */
#include <neurath/init.h>
#include "internal.h"

static int sys_cpu_range_show(struct seq_file *m, void *v)
{
	if (nr_cpus > 1)
		seq_printf(m, "0-%u\n", nr_cpus - 1);
	else
		seq_puts(m, "0\n");
	return 0;
}
KERNFS_SHOW(sys_cpu_online, "/sys/devices/system/cpu/online", 0444, sys_cpu_range_show);
KERNFS_SHOW(sys_cpu_possible, "/sys/devices/system/cpu/possible", 0444, sys_cpu_range_show);
KERNFS_SHOW(sys_cpu_present, "/sys/devices/system/cpu/present", 0444, sys_cpu_range_show);

static int sys_cpu_max_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", NR_CPUS - 1);
	return 0;
}
KERNFS_SHOW(sys_cpu_kernel_max, "/sys/devices/system/cpu/kernel_max", 0444, sys_cpu_max_show);

static int sys_cpu_is_online_show(struct seq_file *m, void *v)
{
	seq_puts(m, "1\n");	/* a CPU that was started is never stopped */
	return 0;
}

void proc_create_cpu_dirs(void)
{
	static const struct kernfs_file_ops online_ops = { .show = sys_cpu_is_online_show };
	struct kernfs_node *dir = kernfs_find("/sys/devices/system/cpu"), *cpu_dir;
	char name[16];

	assert(dir);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		snprintf(name, sizeof(name), "cpu%u", cpu);
		cpu_dir = kernfs_create_dir(dir, name, 0755, NULL);
		if (IS_ERR(cpu_dir))
			break;		/* out of memory at boot: a later step will report it */
		kernfs_create_file(cpu_dir, "online", 0444, &online_ops, NULL);
	}
	kernfs_put(dir);
}
