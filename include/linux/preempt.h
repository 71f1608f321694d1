/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel code is not preempted. */
#ifndef LINUX_PREEMPT_H
#define LINUX_PREEMPT_H

#include <linux/spinlock.h>

#endif
