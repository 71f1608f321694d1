/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The maximum number of CPUs. */
#ifndef LINUX_THREADS_H
#define LINUX_THREADS_H

#include <neurath/types.h>

#endif
