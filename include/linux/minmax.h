/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Minimum and maximum. */
#ifndef LINUX_MINMAX_H
#define LINUX_MINMAX_H

#include <neurath/compiler.h>

#endif
