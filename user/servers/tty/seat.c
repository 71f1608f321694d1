/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's seat.  The serial line and the screen with its keyboard are one terminal: both show
 * all output, both give input.  The terminal has one size: that of the device with the latest
 * input.  Programs are notified of a change like that of a window (SIGWINCH).
 */
#include <signal.h>
#include "keyboard.h"
#include "keymap.h"
#include "screen.h"
#include "tty.h"

static bool at_screen;
static struct kwinsize serial_size;
static struct keymap keymap;

static void resize(struct srv *srv, struct kwinsize size)
{
	if (line->winsize.rows == size.rows && line->winsize.cols == size.cols)
		return;
	line->winsize = size;
	ctty_signal(srv->port, TTY_HANDLE, SIGWINCH);
}

void seat_serial(struct srv *srv)
{
	if (!at_screen)
		return;
	at_screen = false;
	resize(srv, serial_size);
}

void seat_screen(struct srv *srv)
{
	if (at_screen || !screen_present())
		return;
	at_screen = true;
	serial_size = line->winsize;
	resize(srv, (struct kwinsize){ .rows = screen_rows(), .cols = screen_cols() });
}

void seat_keyboard_irq(struct srv *srv)
{
	char bytes[KEY_BYTES];
	int code, n;

	while ((code = keyboard_receive()) >= 0) {
		n = keymap_code(&keymap, (uint8_t)code, bytes);
		if (n == KEY_PAGE_BACK || n == KEY_PAGE_FORTH)
			screen_page(n == KEY_PAGE_BACK ? 1 : -1);
		if (n > 0)
			seat_screen(srv);
		for (int i = 0; i < n; i++)
			ldisc_input(line, (uint8_t)bytes[i]);
	}
	irq_ack(srv->port, KEYBOARD_IRQ);
}
