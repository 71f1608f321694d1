/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame buffer as a second place to which all output goes.  Drawing is put off: many lines
 * that scroll by are drawn once.  Without a screen everything does nothing.
 */
#ifndef TTY_SCREEN_H
#define TTY_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

/* 0, -ENODEV: there is none, or none that we can draw on; -errno. */
int screen_init(void);
bool screen_present(void);
unsigned screen_cols(void), screen_rows(void);
void screen_put(uint8_t byte);
/* Moves the view by half screens, back in time if positive. */
void screen_page(int half_pages);
/* Draws if it is time; when to call again (srv_clock()), SRV_NEVER if nothing is to be drawn. */
int64_t screen_draw(void);

#endif
