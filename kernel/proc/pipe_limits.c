/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/sys/fs/pipe-*: the limits of kernel/fs/pipe_size.c. */
#include <neurath/errno.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "../fs/fs_internal.h"

static int pipe_sysctl_show(struct seq_file *m, void *value)
{
	seq_printf(m, "%lu\n", READ_ONCE(*(unsigned long *)value));
	return 0;
}

static ssize_t pipe_sysctl_store(const char *buf, size_t n, void *value)
{
	unsigned long new;
	int error = kstrtoul(buf, 0, &new);

	if (error)
		return error;
	if (value == &pipe_max_size) {
		new = new < PAGE_SIZE ? 0 : pipe_round_size(new);
		if (!new)
			return -EINVAL;
	}
	WRITE_ONCE(*(unsigned long *)value, new);
	return n;
}

static const struct kernfs_file_ops pipe_sysctl_ops = {
	.show = pipe_sysctl_show, .store = pipe_sysctl_store };
#define PIPE_SYSCTL(path, value) \
	KERNFS_FILE(sysctl_##value, "/proc/sys/fs/" path, S_IFREG | 0644, &pipe_sysctl_ops, &value)
PIPE_SYSCTL("pipe-max-size", pipe_max_size);
PIPE_SYSCTL("pipe-user-pages-hard", pipe_user_pages_hard);
PIPE_SYSCTL("pipe-user-pages-soft", pipe_user_pages_soft);
