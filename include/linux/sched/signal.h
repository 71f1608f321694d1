/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals. */
#ifndef LINUX_SCHED_SIGNAL_H
#define LINUX_SCHED_SIGNAL_H

#include <neurath/signal.h>
#include <linux/sched.h>

#endif
