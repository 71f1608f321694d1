/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wait queues. */
#ifndef LINUX_WAIT_H
#define LINUX_WAIT_H

#include <neurath/sched.h>
#include <neurath/wait.h>
#include <linux/spinlock.h>

#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(var)	DECLARE_WAIT_QUEUE_HEAD(var)
#define wake_up_interruptible(wq)	wake_up(wq)
#define wake_up_interruptible_all(wq)	wake_up_all(wq)

#endif
