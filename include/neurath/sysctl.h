/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole numbers below /proc/sys/kernel.  Root may set them, and so may the kernel's command line
 * at the start: NAME=VALUE.
 */
#ifndef NEURATH_SYSCTL_H
#define NEURATH_SYSCTL_H

#include <neurath/kernfs.h>

struct sysctl {
	const char *name;
	int *value;			/* one word: read and written without a lock */
	int min, max;
	void (*changed)(void);		/* after a write to the file, may sleep; NULL */
};

extern const struct kernfs_file_ops sysctl_ops;
void sysctl_init(void);			/* from the command line; before the files can be written */

#define SYSCTL(id, sysctl_name, variable, lowest, highest, on_change) \
	SET_ENTRY(sysctl, struct sysctl, id##_sysctl) = { \
		sysctl_name, variable, lowest, highest, on_change }; \
	KERNFS_FILE(id##_file, "/proc/sys/kernel/" sysctl_name, S_IFREG | 0644, &sysctl_ops, \
		    (void *)&id##_sysctl)

#endif
