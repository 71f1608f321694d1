/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUs. */
#ifndef LINUX_SMP_H
#define LINUX_SMP_H

#include <linux/spinlock.h>

#endif
