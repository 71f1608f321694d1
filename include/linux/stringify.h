/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns a macro argument into a string. */
#ifndef LINUX_STRINGIFY_H
#define LINUX_STRINGIFY_H

#include <neurath/compiler.h>

#endif
