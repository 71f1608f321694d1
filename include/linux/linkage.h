/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linkage attributes. */
#ifndef LINUX_LINKAGE_H
#define LINUX_LINKAGE_H

#include <linux/compiler.h>
#include <linux/export.h>

#endif
