/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page-wise mapped memory. */
#ifndef LINUX_VMALLOC_H
#define LINUX_VMALLOC_H

#include <neurath/mm.h>

#endif
