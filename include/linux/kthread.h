/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel threads. */
#ifndef LINUX_KTHREAD_H
#define LINUX_KTHREAD_H

#include <neurath/sched.h>
#include <linux/err.h>
#include <linux/sched.h>

#endif
