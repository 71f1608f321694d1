/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports on the screen: the interface for console.c. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include <neurath/types.h>

/* Writes one line, which may be wider than the screen; no effect without a screen. (any) */
void console_screen_line(const char *text, size_t n);

#endif
