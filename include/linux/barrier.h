/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory barriers. */
#ifndef LINUX_BARRIER_H
#define LINUX_BARRIER_H

#include <neurath/atomic.h>

#define mb()	smp_mb()
#define rmb()	smp_rmb()
#define wmb()	smp_wmb()

#endif
