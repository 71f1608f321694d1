/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: the serial line, which the log and the terminal driver share.
 *
 * The driver is a server in user space, and writes a few bytes at a time by console_send().  The
 * log writes whole lines, at any moment and on any CPU.  Both do so under the console lock, so
 * that bytes of two lines do not mix.  If a message comes while a line is incomplete (a prompt, a
 * command being typed), the message starts on a new line.  The incomplete line is written again
 * below the messages: before its next byte, or after a short time. console_line stores its
 * contents.
 *
 * The lock is tried only for a limited time, so that no context can hang.  A writer that does not
 * get the lock writes without it, and then lines may mix.
 */
#include <neurath/arch.h>
#include <neurath/console.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include <neurath/console_line.h>
#include "console_screen.h"

/* A polled line at 115200 baud takes 10 ms; this limit is much longer. */
#define CONSOLE_SPINS		10000000

static u32 console_owner;		/* CPU + 1, 0 = free */
static struct console_line console_line; /* (console lock) */
static bool console_on_screen;		/* messages of a report: the screen shows these, too */
/* (console lock) an incomplete line must be written again; read without the lock */
static bool console_line_cut;
static u32 console_mending;		/* 1: console_mend() will be called (cmpxchg) */

/* False if the lock was not available in time: write anyway, lines may mix. */
static bool console_lock(void)
{
	u32 me = cpu_id() + 1;

	for (unsigned int i = 0; i < CONSOLE_SPINS; i++) {
		u32 owner = READ_ONCE(console_owner);

		/* An NMI in the middle of a line, or an owner that is stopped permanently. */
		if (owner == me || (owner && panic_in_progress()))
			return false;
		if (!owner && cmpxchg(&console_owner, 0, me) == 0)
			return true;
		cpu_relax();
	}
	return false;
}

static void console_unlock(bool locked)
{
	/* Pairs with the exchange in console_lock(): the next owner sees the line's state. */
	if (locked)
		smp_store_release(&console_owner, 0);
}

static void console_write_stamped(u64 time_ns, const char *line, size_t len)
{
	char stamp[32];
	int n = scnprintf(stamp, sizeof(stamp), "[%5lu.%06lu] ", time_ns / NSEC_PER_SEC,
			  time_ns % NSEC_PER_SEC / NSEC_PER_USEC);

	serial_write(stamp, (size_t)n);
	serial_write(line, len);
	serial_write("\n", 1);
	if (READ_ONCE(console_on_screen))
		console_screen_line(line, len);
}

void console_show_on_screen(bool on)
{
	WRITE_ONCE(console_on_screen, on && (!serial_is_there() || panic_in_progress()));
}

void console_message(u64 time_ns, const char *text, size_t len)
{
	unsigned long flags = irq_save();
	bool locked = console_lock();

	if (locked && !console_line_cut && console_line_is_open(&console_line)) {
		serial_write("\n", 1);
		WRITE_ONCE(console_line_cut, true);
	}
	for (;;) {
		const char *end = memchr(text, '\n', len);
		size_t line = end ? (size_t)(end - text) : len;

		console_write_stamped(time_ns, text, line);
		if (!end)
			break;
		text += line + 1;
		len -= line + 1;
	}
	console_unlock(locked);
	irq_restore(flags);
}

bool console_has_cut_line(void)
{
	return READ_ONCE(console_line_cut) && !READ_ONCE(console_mending);
}

/* Writes the interrupted line again.  Caller holds the console lock. */
static void console_mend_line(void)
{
	if (!console_line_cut)
		return;
	WARN_ON(!console_owner);
	WRITE_ONCE(console_line_cut, false);
	if (!console_line.lost)
		serial_write(console_line.text, console_line.len);
}

bool console_claim_mending(void)
{
	return READ_ONCE(console_line_cut) && cmpxchg(&console_mending, 0, 1) == 0;
}

void console_mend(void)
{
	bool locked = console_lock();

	WRITE_ONCE(console_mending, 0);
	if (locked)
		console_mend_line();
	console_unlock(locked);
}

size_t console_send(const char *bytes, size_t n)
{
	unsigned long flags = irq_save();
	bool locked = console_lock();

	if (locked)
		console_mend_line();
	n = serial_send(bytes, n);
	for (size_t i = 0; locked && i < n; i++)
		console_line_put(&console_line, bytes[i]);
	console_unlock(locked);
	irq_restore(flags);
	return n;
}
