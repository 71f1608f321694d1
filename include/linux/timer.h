/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One-shot timers of modules: deadlines in jiffies, functions in interrupt context. */
#ifndef LINUX_TIMER_H
#define LINUX_TIMER_H

#include <neurath/arch.h>
#include <neurath/handed.h>
#include <neurath/timer.h>
#include <linux/jiffies.h>
#include <linux/list.h>

struct timer_list {
	struct timer timer;
	unsigned long expires;		/* in jiffies */
	void (*function)(struct timer_list *timer);
};

static inline void timer_list_expired(struct timer *timer)
{
	struct timer_list *t = container_of(timer, struct timer_list, timer);

	t->function(t);
}

#define DEFINE_TIMER(_name, _function) \
	struct timer_list _name = { \
		.timer = { .fn = timer_list_expired }, .function = _function }
#define from_timer(var, timer_pointer, member) \
	container_of(timer_pointer, typeof(*var), member)

static inline void timer_setup(struct timer_list *t, void (*fn)(struct timer_list *),
			       unsigned int flags)
{
	(void)flags;
	timer_init(&t->timer, timer_list_expired, t);
	t->function = fn;
}

static inline int timer_pending(const struct timer_list *t)
{
	return t->timer.armed;
}

/* 1 if it was armed before. */
static inline int mod_timer(struct timer_list *t, unsigned long expires)
{
	int pending = timer_pending(t);
	long ticks = expires - jiffies;

	t->expires = expires;
	if (!handed_check_callback("timer", t, t->function))
		return pending;
	timer_arm(&t->timer, clock_ns() + (ticks > 0 ? ticks : 0) * (NSEC_PER_SEC / HZ));
	return pending;
}

static inline void add_timer(struct timer_list *t)
{
	mod_timer(t, t->expires);
}

static inline int del_timer(struct timer_list *t)
{
	return timer_cancel(&t->timer);
}

static inline int del_timer_sync(struct timer_list *t)
{
	return timer_cancel_sync(&t->timer);
}
#define timer_delete		del_timer
#define timer_delete_sync	del_timer_sync
#define timer_shutdown_sync	del_timer_sync

#endif
