/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of /proc about the whole machine, in Linux's formats.  The names cmdline_proc_show(),
 * meminfo_proc_show() and version_proc_show() are those that live patches expect.
 */
#include <neurath/boot.h>
#include <neurath/mm.h>
#include <neurath/utsname.h>
#include <neurath/printk.h>
#include <neurath/sysrq.h>
#include "../fs/fs_internal.h"
#include "internal.h"

int cmdline_proc_show(struct seq_file *m, void *v);
int meminfo_proc_show(struct seq_file *m, void *v);
int version_proc_show(struct seq_file *m, void *v);

int cmdline_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, boot_info.cmdline);
	seq_putc(m, '\n');
	return 0;
}
KERNFS_SHOW(proc_cmdline, "/proc/cmdline", 0444, cmdline_proc_show);

int version_proc_show(struct seq_file *m, void *v)
{
	struct utsname u;

	utsname_get(&u);
	seq_printf(m, "%s version %s (gcc " __VERSION__ ") %s\n", u.sysname, u.release, u.version);
	return 0;
}
KERNFS_SHOW(proc_version, "/proc/version", 0444, version_proc_show);

static void meminfo_sysrq(void)
{
	pr_emerg("memory: %lu of %lu pages free, %lu cached, %lu in slabs\n", pages_free(),
		 pages_total(), pages_cached(), pages_slab());
}
SYSRQ(memory, 'm', "memory", meminfo_sysrq);

static void meminfo_line(struct seq_file *m, const char *name, size_t pages)
{
	seq_printf(m, "%-16s%8zu kB\n", name, pages * (PAGE_SIZE / 1024));
}

int meminfo_proc_show(struct seq_file *m, void *v)
{
	size_t total = pages_total(), free = pages_free(), cached = pages_cached();
	size_t slab = pages_slab(), anon = total - free - cached - slab;

	meminfo_line(m, "MemTotal:", total);
	meminfo_line(m, "MemFree:", free);
	meminfo_line(m, "MemAvailable:", free + cached);
	meminfo_line(m, "Buffers:", 0);
	meminfo_line(m, "Cached:", cached);
	meminfo_line(m, "SwapCached:", 0);
	meminfo_line(m, "Active:", anon);
	meminfo_line(m, "Inactive:", cached);
	meminfo_line(m, "SwapTotal:", 0);
	meminfo_line(m, "SwapFree:", 0);
	meminfo_line(m, "Dirty:", 0);
	meminfo_line(m, "Writeback:", 0);
	meminfo_line(m, "AnonPages:", anon);
	meminfo_line(m, "Mapped:", cached);
	meminfo_line(m, "Shmem:", 0);
	meminfo_line(m, "KReclaimable:", 0);
	meminfo_line(m, "Slab:", slab);
	meminfo_line(m, "SReclaimable:", 0);
	meminfo_line(m, "SUnreclaim:", slab);
	meminfo_line(m, "VmallocTotal:", (VMAP_END - VMAP_BASE) / PAGE_SIZE);
	return 0;
}
KERNFS_SHOW(proc_meminfo, "/proc/meminfo", 0444, meminfo_proc_show);

/* The columns of Linux's version 2.1; nothing here is tunable. */
static int slabinfo_show(struct seq_file *m, void *v)
{
	struct kmem_cache_stat st;
	struct kmem_cache *cache = NULL;
	char name[32];

	seq_puts(m, "slabinfo - version: 2.1\n"
		    "# name            <active_objs> <num_objs> <objsize> <objperslab>"
		    " <pagesperslab>"
		    " : tunables <limit> <batchcount> <sharedfactor>"
		    " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	while ((cache = kmem_cache_stat(cache, &st))) {
		/* The general caches have one name; their size distinguishes them. */
		snprintf(name, sizeof(name), strcmp(st.name, "kmalloc") ? "%s" : "%s-%u", st.name,
			 st.size);
		seq_printf(m, "%-17s %6ld %6lu %6u %4u %4u : tunables 0 0 0 : slabdata %lu %lu 0\n",
			   name, max(st.used, 0L), st.slabs * st.per_slab, st.size, st.per_slab,
			   st.slab_pages, st.slabs, st.slabs);
	}
	return 0;
}
KERNFS_SHOW(proc_slabinfo, "/proc/slabinfo", 0400, slabinfo_show);

/* ---- time and load ------------------------------------------------------------------- */

u64 proc_idle_ns(void)
{
	u64 idle = 0;

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		struct sched_cpu_stat st;

		sched_cpu_stat(cpu, &st);
		idle += st.idle_ns;
	}
	return idle;
}

static int uptime_proc_show(struct seq_file *m, void *v)
{
	u64 up = clock_ns() / NSEC_PER_TICK, idle = proc_idle_ns() / NSEC_PER_TICK;

	seq_printf(m, "%lu.%02lu %lu.%02lu\n", (unsigned long)(up / USER_HZ),
		   (unsigned long)(up % USER_HZ), (unsigned long)(idle / USER_HZ),
		   (unsigned long)(idle % USER_HZ));
	return 0;
}
KERNFS_SHOW(proc_uptime, "/proc/uptime", 0444, uptime_proc_show);

static int loadavg_proc_show(struct seq_file *m, void *v)
{
	struct task_walk walk;
	unsigned long load[3];
	unsigned int tasks = 0;
	pid_t last = 0;

	sched_loadavg(load);
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		tasks++;
		last = t->pid;
	}
	for (unsigned int i = 0; i < 3; i++) {
		unsigned long hundredths = (load[i] * 100 + 1024) >> 11;

		seq_printf(m, "%lu.%02lu ", hundredths / 100, hundredths % 100);
	}
	seq_printf(m, "%u/%u %d\n", nr_running(), tasks, last);
	return 0;
}
KERNFS_SHOW(proc_loadavg, "/proc/loadavg", 0444, loadavg_proc_show);

static void stat_cpu_line(struct seq_file *m, const char *name, const struct sched_cpu_stat *st)
{
	seq_printf(m, "%s %lu 0 %lu %lu 0 0 0 0 0 0\n", name,
		   (unsigned long)(st->user_ns / NSEC_PER_TICK),
		   (unsigned long)(st->sys_ns / NSEC_PER_TICK),
		   (unsigned long)(st->idle_ns / NSEC_PER_TICK));
}

static unsigned int stat_blocked_tasks(void)
{
	struct task_walk walk;
	unsigned int n = 0;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		if (task_state_letter(t) == 'D')
			n++;
	}
	return n;
}

static int stat_proc_show(struct seq_file *m, void *v)
{
	struct sched_cpu_stat sum = { 0 }, st;
	char name[16];

	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		sched_cpu_stat(cpu, &st);
		sum.user_ns += st.user_ns;
		sum.sys_ns += st.sys_ns;
		sum.idle_ns += st.idle_ns;
		sum.switches += st.switches;
	}
	stat_cpu_line(m, "cpu ", &sum);
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		sched_cpu_stat(cpu, &st);
		snprintf(name, sizeof(name), "cpu%u", cpu);
		stat_cpu_line(m, name, &st);
	}
	seq_printf(m, "intr %lu\nctxt %lu\nbtime %lu\nprocesses %u\n",
		   (unsigned long)arch_irq_total(), (unsigned long)sum.switches,
		   (unsigned long)(clock_realtime_offset_ns() / NSEC_PER_SEC), total_forks);
	seq_printf(m, "procs_running %u\nprocs_blocked %u\n", nr_running(), stat_blocked_tasks());
	return 0;
}
KERNFS_SHOW(proc_stat, "/proc/stat", 0444, stat_proc_show);

/* ---- file systems ------------------------------------------------------------------------ */

/* The types for mount(2); servers mount themselves. */
static int filesystems_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "nodev\tproc\nnodev\tsysfs\nnodev\tdevtmpfs\n");
	return 0;
}
KERNFS_SHOW(proc_filesystems, "/proc/filesystems", 0444, filesystems_proc_show);

/* There are no disks. fdisk reads the heading and crashes without it. */
static int partitions_proc_show(struct seq_file *m, void *v)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	return 0;
}
KERNFS_SHOW(proc_partitions, "/proc/partitions", 0444, partitions_proc_show);

/* The names that scripts expect in the third column; a server's mount has the server's name. */
static const char *mounts_type(const struct mount *mnt)
{
	static const struct {
		const char *tree, *type;
	} types[] = { { "proc", "proc" }, { "sys", "sysfs" }, { "dev", "devtmpfs" } };
	const char *source = mount_source(mnt);

	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		if (mnt->tree && strcmp(types[i].tree, source) == 0)
			return types[i].type;
	}
	return mnt->tree ? mnt->ops->fstype : source;
}

static void mounts_show(struct seq_file *m, const struct mount *mnt, const char *at)
{
	const char *type = mounts_type(mnt);

	seq_printf(m, "%s %s %s rw,relatime 0 0\n", mount_source(mnt), at, type);
	/* A file system of its own on Linux: its tools look here for the place. */
	if (!strcmp(type, "sysfs"))
		seq_printf(m, "tracefs %s/kernel/tracing tracefs rw,relatime 0 0\n", at);
}

/* There is one mount table; a process sees the part below its root. */
int proc_mounts_show(struct seq_file *m, void *v)
{
	char *root = proc_copy_path(v, PROC_PATH_ROOT);
	struct mount *mnt;

	if (IS_ERR(root))
		return PTR_ERR(root);
	for (unsigned int i = 0; (mnt = mount_nth(i)); i++) {
		const char *at = mnt->len ? mnt->prefix : "/";

		if (!strcmp(root, "/") || path_is_below(at, root))
			mounts_show(m, mnt, path_seen_from(at, root));
		mount_put(mnt);
	}
	kfree(root);
	return 0;
}
