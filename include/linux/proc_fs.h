/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below /proc. */
#ifndef LINUX_PROC_FS_H
#define LINUX_PROC_FS_H

#include <neurath/procfs.h>
#include <linux/seq_file.h>

#endif
