/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel memory. */
#ifndef LINUX_MM_H
#define LINUX_MM_H

#include <linux/slab.h>

#endif
