/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame buffer as a second output device.  Drawing is postponed: many lines that scroll past
 * are drawn once.  Without a screen the functions have no effect.
 */
#ifndef TTY_SCREEN_H
#define TTY_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

/* 0; -ENODEV: no screen, or an unsupported one; -errno. */
int screen_init(void);
bool screen_present(void);
unsigned screen_cols(void), screen_rows(void);
void screen_put(uint8_t byte);
/* Moves the view by half screens, back in time if positive. */
void screen_page(int half_pages);
/* Draws if it is time.  Returns when to call again (srv_clock()); SRV_NEVER = nothing to draw. */
int64_t screen_draw(void);

#endif
