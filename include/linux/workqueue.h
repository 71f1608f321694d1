/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that runs later in process context. */
#ifndef LINUX_WORKQUEUE_H
#define LINUX_WORKQUEUE_H

#include <neurath/workqueue.h>
#include <linux/jiffies.h>

static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}
#define work_pending(w)		READ_ONCE((w)->pending)
#define delayed_work_pending(d)	work_pending(&(d)->work)
#define flush_delayed_work(d)	flush_work(&(d)->work)

#endif
