/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tty server: one terminal (COM1, and the screen with its keyboard) under three names.
 *
 *	ldisc.c, echo.c	the line discipline, pure
 *	uart.c		the device
 *	io.c		reading and writing: parked requests, timers of VTIME, the interrupt
 *	ioctl.c		termios, window size, flushing, draining
 *	keep.c		state for the next process
 *	vt.c, vtseq.c	the terminal on the screen as cells, pure
 *	screen.c, font	drawing of the cells
 *	keyboard.c	the other device; keymap.c the meaning of keys, pure
 *	seat.c		the device that the user uses
 *	main.c		start, open, attributes
 *
 * All opens share the handle TTY_HANDLE, which is also the node number: it names the terminal, so
 * the kernel's name of a controlling terminal is (port, node).  One thread, no locks.
 */
#ifndef TTY_TTY_H
#define TTY_TTY_H

#include <srv.h>
#include "ldisc.h"

#define TTY_HANDLE	1

extern struct ldisc *const line;
extern struct port_attr *const attr;

/* ---- keep.c --------------------------------------------------------------------------------- */

/*
 * Maps the state of the last process: from now on *line and *attr exist. 1 = there is a state, 0
 * = none yet (fill it, then call keep_begin()), or -errno.
 */
int keep_open(struct srv *srv);
void keep_begin(void);
/* Request @tag is about to take bytes from the line; it came a second time: it has not got them. */
void keep_read_begins(uint64_t tag);
void keep_read_again(uint64_t tag);
/* Request @tag has given @done bytes to the line; the number it had given to the last process. */
void keep_written(uint64_t tag, uint64_t done);
uint64_t keep_write_done(uint64_t tag);

/* ---- seat.c -------------------------------------------------------------------------------- */

/* Input came from the serial line; the terminal is the screen's. */
void seat_serial(struct srv *srv);
void seat_screen(struct srv *srv);
void seat_keyboard_irq(struct srv *srv);

/* ---- io.c ----------------------------------------------------------------------------------- */

void io_register(struct srv *srv);
/*
 * Moves bytes where possible: to the device, typed bytes to parked readers, parked writers' bytes
 * into the buffer; completes drained waiters.  Called after every change of the line.
 */
void io_progress(struct srv *srv);
/* True if everything that was written has left the device. */
bool io_is_drained(void);

/* Bits of the interrupt note. */
#define TTY_IRQ_SERIAL	0
#define TTY_IRQ_KEYBOARD 1

/* ---- ioctl.c -------------------------------------------------------------------------------- */

void ioctl_register(struct srv *srv);
/* Completes requests that waited for the output to drain: true if there was one. */
bool ioctl_drained(struct srv *srv);
bool ioctl_waits_for_drain(void);

#endif
