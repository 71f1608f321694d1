/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resource limits of the Linux ABI. */
#ifndef UAPI_RESOURCE_H
#define UAPI_RESOURCE_H

#include <neurath/types.h>

#define RLIMIT_CPU	0
#define RLIMIT_FSIZE	1
#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_CORE	4
#define RLIMIT_RSS	5
#define RLIMIT_NPROC	6
#define RLIMIT_NOFILE	7
#define RLIMIT_MEMLOCK	8
#define RLIMIT_AS	9
#define RLIM_INFINITY	(~0UL)

struct rlimit64 {
	u64 cur;
	u64 max;
};

#endif
