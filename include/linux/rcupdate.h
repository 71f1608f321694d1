/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pointers that are read without a lock. */
#ifndef LINUX_RCUPDATE_H
#define LINUX_RCUPDATE_H

#include <neurath/rcu.h>
#include <neurath/sched.h>
#include <linux/list.h>

#define rcu_dereference(p)		smp_load_acquire(&(p))
#define rcu_dereference_protected(p, c)	(p)
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), v)
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)

#endif
