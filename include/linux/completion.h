/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for one event. */
#ifndef LINUX_COMPLETION_H
#define LINUX_COMPLETION_H

#include <neurath/sched.h>
#include <neurath/wait.h>

static inline void reinit_completion(struct completion *c)
{
	c->done = 0;
}

#endif
