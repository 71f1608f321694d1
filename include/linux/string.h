/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings and memory. */
#ifndef LINUX_STRING_H
#define LINUX_STRING_H

#include <neurath/mm.h>
#include <neurath/string.h>
#include <linux/types.h>

#endif
