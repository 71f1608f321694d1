/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation flags. */
#ifndef LINUX_GFP_H
#define LINUX_GFP_H

#include <linux/slab.h>

#endif
