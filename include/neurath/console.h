/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The serial line, shared by the log and the terminal driver.  Lines are kept whole: if a message
 * comes while a line is incomplete, that line is written again below the message.
 */
#ifndef NEURATH_CONSOLE_H
#define NEURATH_CONSOLE_H

#include <neurath/types.h>

/* Writes the lines of a message, with time stamps. (any) */
void console_message(u64 time_ns, const char *text, size_t len);
/* True if a message has interrupted a line and its restoration is not claimed yet. (any) */
bool console_has_cut_line(void);
/* The same, and the caller claims it: it must call console_mend() soon. (any) */
bool console_claim_mending(void);
void console_mend(void);

/* Writes bytes of the terminal driver.  Returns how many the device took. (any but NMI) */
size_t console_send(const char *bytes, size_t n);

/*
 * From now on messages also go to the screen: for a machine that panics, or without a serial
 * line.  No effect without a screen.  Only for reports: the terminal driver owns the screen.
 * (any)
 */
void console_show_on_screen(bool on);
/* Prepares the screen for reports; @map maps device memory permanently.  Once. (boot) */
void console_screen_init(void *(*map)(phys_addr_t start, size_t size));

#endif
