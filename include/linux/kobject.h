/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects that are directories below /sys. */
#ifndef LINUX_KOBJECT_H
#define LINUX_KOBJECT_H

#include <neurath/kobject.h>
#include <linux/sysfs.h>

#endif
