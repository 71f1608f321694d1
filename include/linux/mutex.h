/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeping mutual exclusion. */
#ifndef LINUX_MUTEX_H
#define LINUX_MUTEX_H

#include <neurath/mutex.h>

static inline int mutex_lock_killable(struct mutex *m)
{
	return mutex_lock_interruptible(m);
}
#define mutex_destroy(m)	((void)(m))
#define lockdep_assert_held(m)	((void)(m))

#endif
