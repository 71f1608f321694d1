/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text files of /proc and /sys. */
#ifndef LINUX_SEQ_FILE_H
#define LINUX_SEQ_FILE_H

#include <neurath/kernfs.h>
#include <linux/types.h>

#endif
