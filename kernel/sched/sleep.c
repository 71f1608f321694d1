/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleep for a time: schedule() with a timer on the sleeper's stack.  Process context, no
 * spinlocks.
 */
#include "rq.h"

static void sleep_timer_fired(struct timer *timer)
{
	/* The sleeper cannot return before this function has returned: timer_cancel_sync(). */
	wake_up_state(timer->arg, TASK_NORMAL);
}

bool schedule_until(u64 deadline_ns)
{
	struct timer timer;

	if (deadline_ns == ~0UL) {
		schedule();
		return false;
	}
	timer_init(&timer, sleep_timer_fired, current);
	timer_arm(&timer, deadline_ns);
	schedule();
	return !timer_cancel_sync(&timer);
}

#define MAX_SCHEDULE_TIMEOUT	((long)(~0UL >> 1))

long schedule_timeout(long timeout)
{
	u64 now = clock_ns(), deadline;
	long left;

	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule();
		return timeout;
	}
	if (timeout < 0) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	deadline = now + jiffies_to_nsecs((unsigned long)timeout);
	schedule_until(deadline);
	now = clock_ns();
	left = now < deadline ? (long)nsecs_to_jiffies(deadline - now) : 0;
	return min(left, timeout);
}

void msleep(unsigned ms)
{
	u64 deadline = clock_ns() + ms * NSEC_PER_MSEC;

	while (clock_ns() < deadline) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_until(deadline);
	}
}

int sleep_until_interruptible(u64 deadline_ns)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (signal_pending(current)) {
			__set_current_state(TASK_RUNNING);
			return -ERESTARTSYS;
		}
		if (clock_ns() >= deadline_ns) {
			__set_current_state(TASK_RUNNING);
			return 0;
		}
		schedule_until(deadline_ns);
	}
}
