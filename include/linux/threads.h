/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many CPUs there can be. */
#ifndef LINUX_THREADS_H
#define LINUX_THREADS_H

#include <neurath/types.h>

#endif
