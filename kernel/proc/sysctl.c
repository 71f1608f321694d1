/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/sys: names and limits of the system, and the few values that can be set.  A value of a
 * subsystem with its own lock is defined in that subsystem.
 */
#include <neurath/mm.h>
#include <neurath/random.h>
#include <neurath/utsname.h>
#include "internal.h"

KERNFS_DIR(sysctl_dir, "/proc/sys", 0555, NULL);
KERNFS_DIR(sysctl_kernel_dir, "/proc/sys/kernel", 0555, NULL);
KERNFS_DIR(sysctl_vm_dir, "/proc/sys/vm", 0555, NULL);
KERNFS_DIR(sysctl_fs_dir, "/proc/sys/fs", 0555, NULL);

/* ---- names ------------------------------------------------------------------------------ */

static int sysctl_uts_show(struct seq_file *m, void *offset)
{
	struct utsname u;

	utsname_get(&u);
	seq_printf(m, "%s\n", (const char *)&u + (size_t)offset);
	return 0;
}

#define UTS_FIELD(field)	((void *)offsetof(struct utsname, field))
static const struct kernfs_file_ops sysctl_uts_ops = { .show = sysctl_uts_show };
KERNFS_FILE(sysctl_ostype, "/proc/sys/kernel/ostype", S_IFREG | 0444, &sysctl_uts_ops,
	    UTS_FIELD(sysname));
KERNFS_FILE(sysctl_osrelease, "/proc/sys/kernel/osrelease", S_IFREG | 0444, &sysctl_uts_ops,
	    UTS_FIELD(release));
KERNFS_FILE(sysctl_version, "/proc/sys/kernel/version", S_IFREG | 0444, &sysctl_uts_ops,
	    UTS_FIELD(version));
KERNFS_FILE(sysctl_domainname, "/proc/sys/kernel/domainname", S_IFREG | 0444, &sysctl_uts_ops,
	    UTS_FIELD(domainname));

static ssize_t sysctl_hostname_store(const char *buf, size_t n, void *offset)
{
	size_t len = strnlen(buf, n);

	if (len && buf[len - 1] == '\n')
		len--;
	return utsname_set_nodename(buf, len) ? -EINVAL : (ssize_t)n;
}
static const struct kernfs_file_ops sysctl_hostname_ops = {
	.show = sysctl_uts_show, .store = sysctl_hostname_store };
KERNFS_FILE(sysctl_hostname, "/proc/sys/kernel/hostname", S_IFREG | 0644, &sysctl_hostname_ops,
	    UTS_FIELD(nodename));

/* ---- constant numbers ---------------------------------------------------------------------- */

static int sysctl_constant_show(struct seq_file *m, void *value)
{
	seq_printf(m, "%ld\n", (long)value);
	return 0;
}
static const struct kernfs_file_ops sysctl_constant_ops = { .show = sysctl_constant_show };
#define SYSCTL_CONSTANT(name, path, value) \
	KERNFS_FILE(sysctl_##name, "/proc/sys/" path, S_IFREG | 0444, &sysctl_constant_ops, \
		    (void *)(long)(value))
SYSCTL_CONSTANT(pid_max, "kernel/pid_max", PID_MAX);
SYSCTL_CONSTANT(threads_max, "kernel/threads-max", PID_MAX);
SYSCTL_CONSTANT(ngroups_max, "kernel/ngroups_max", 32);
SYSCTL_CONSTANT(cap_last_cap, "kernel/cap_last_cap", 40);
SYSCTL_CONSTANT(panic, "kernel/panic", 0);
SYSCTL_CONSTANT(randomize, "kernel/randomize_va_space", 0);
SYSCTL_CONSTANT(entropy, "kernel/random/entropy_avail", 256);
SYSCTL_CONSTANT(poolsize, "kernel/random/poolsize", 256);
SYSCTL_CONSTANT(overcommit, "vm/overcommit_memory", 0);
SYSCTL_CONSTANT(swappiness, "vm/swappiness", 0);
SYSCTL_CONSTANT(max_map_count, "vm/max_map_count", 65530);
SYSCTL_CONSTANT(file_max, "fs/file-max", 1048576);
SYSCTL_CONSTANT(nr_open, "fs/nr_open", NR_OPEN);

/* ---- state of the kernel --------------------------------------------------------------------- */

static int sysctl_tainted_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\n", get_taint());
	return 0;
}
KERNFS_SHOW(sysctl_tainted, "/proc/sys/kernel/tainted", 0444, sysctl_tainted_show);

static int sysctl_printk_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\t4\t1\t7\n", READ_ONCE(console_loglevel));
	return 0;
}

static ssize_t sysctl_printk_store(const char *buf, size_t n, void *v)
{
	int level = 0;
	size_t digits = 0;

	while (digits < n && buf[digits] >= '0' && buf[digits] <= '9' && digits < 4)
		level = level * 10 + (buf[digits++] - '0');
	if (!digits || level > 15)
		return -EINVAL;
	WRITE_ONCE(console_loglevel, level);
	return n;
}
static const struct kernfs_file_ops sysctl_printk_ops = {
	.show = sysctl_printk_show, .store = sysctl_printk_store };
KERNFS_FILE(sysctl_printk, "/proc/sys/kernel/printk", S_IFREG | 0644, &sysctl_printk_ops, NULL);

/* ---- random ids ----------------------------------------------------------------------------- */

static void sysctl_format_uuid(struct seq_file *m, u8 id[16])
{
	id[6] = (id[6] & 0x0f) | 0x40;	/* version 4: random */
	id[8] = (id[8] & 0x3f) | 0x80;
	for (unsigned int i = 0; i < 16; i++)
		seq_printf(m, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", id[i]);
	seq_putc(m, '\n');
}

static int sysctl_uuid_show(struct seq_file *m, void *v)
{
	u8 id[16];

	random_bytes(id, sizeof(id));
	sysctl_format_uuid(m, id);
	return 0;
}
KERNFS_SHOW(sysctl_uuid, "/proc/sys/kernel/random/uuid", 0444, sysctl_uuid_show);

static int sysctl_boot_id_show(struct seq_file *m, void *v)
{
	static u8 boot_id[16];
	static DEFINE_SPINLOCK_RANK(boot_id_lock, RANK_LEAF);
	static bool made;
	u8 id[16];

	random_bytes(id, sizeof(id));
	spin_lock(&boot_id_lock);
	if (!made)
		memcpy(boot_id, id, sizeof(id));
	made = true;
	memcpy(id, boot_id, sizeof(id));
	spin_unlock(&boot_id_lock);
	sysctl_format_uuid(m, id);
	return 0;
}
KERNFS_SHOW(sysctl_boot_id, "/proc/sys/kernel/random/boot_id", 0444, sysctl_boot_id_show);
