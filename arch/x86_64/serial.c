/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first serial port (16550): polled output of the kernel log, and the bytes of the tty server
 * in user space, which drives the device by its interrupt.
 *
 * Data and status are read and written only here, because both reads have an effect: the status
 * tells of a BREAK once.  A BREAK and the letter that follows it are SysRq.  The interrupt and the
 * driver both look for these, under serial_input_lock; the one that reads the letter acts.
 *
 * Output works from the first instruction on and in any context, without locks; the caller keeps
 * lines together (kernel/base/console.c).
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/spinlock.h>
#include <uapi/console.h>
#include "serial.h"
#include "x86.h"

#define SERIAL_PORT		0x3f8
#define SERIAL_DATA		(SERIAL_PORT + 0)
#define SERIAL_IER		(SERIAL_PORT + 1)
#define SERIAL_FCR		(SERIAL_PORT + 2)
#define SERIAL_LCR		(SERIAL_PORT + 3)
#define SERIAL_MCR		(SERIAL_PORT + 4)
#define SERIAL_LSR		(SERIAL_PORT + 5)
#define SERIAL_LSR_DATA		0x01
#define SERIAL_LSR_BREAK	0x10
#define SERIAL_LSR_THRE		0x20
#define SERIAL_LSR_TEMT		0x40
#define SERIAL_SYSRQ_NS		(5 * NSEC_PER_SEC)	/* from the BREAK to the letter */
#define SERIAL_FIFO_BYTES	16UL
/* A byte needs 87 us at 115200 baud; a port that does not respond must not hang the kernel. */
#define SERIAL_SPIN_MAX		100000

static bool serial_present;

/* BREAKs seen, in any context: reading the status clears them, before their zeros are read. */
static atomic_t serial_breaks;

static DEFINE_SPINLOCK_RANK(serial_input_lock, RANK_LEAF);
static int serial_breaks_over;		/* (serial_input_lock) the zeros of these have been read */
static u64 serial_armed_until;		/* (serial_input_lock) a letter before this time is SysRq */
/* (serial_input_lock) bytes of the driver that were read in the search for a letter */
static u8 serial_kept[SERIAL_FIFO_BYTES];
static unsigned int serial_kept_first, serial_kept_end;

static u8 serial_status(void)
{
	u8 status = inb(SERIAL_LSR);

	if (unlikely(status & SERIAL_LSR_BREAK))
		atomic_inc(&serial_breaks);
	return status;
}

static void serial_putc(char c)
{
	for (unsigned int i = 0; i < SERIAL_SPIN_MAX; i++) {
		if (serial_status() & SERIAL_LSR_THRE)
			break;
		cpu_relax();
	}
	outb(SERIAL_DATA, (u8)c);
}

bool serial_is_there(void)
{
	return serial_present;
}

void serial_write(const char *s, size_t n)
{
	if (!serial_present)
		return;
	for (; n; n--, s++) {
		if (*s == '\n')
			serial_putc('\r');
		serial_putc(*s);
	}
}

size_t serial_send(const char *bytes, size_t n)
{
	if (!serial_present)
		return n;		/* discarded, so that writers do not hang */
	if (!(serial_status() & SERIAL_LSR_THRE))
		return 0;
	n = min(n, SERIAL_FIFO_BYTES);
	for (size_t i = 0; i < n; i++)
		outb(SERIAL_DATA, (u8)bytes[i]);
	return n;
}

unsigned int serial_room(void)
{
	u8 status = serial_present ? serial_status() : SERIAL_LSR_THRE | SERIAL_LSR_TEMT;

	return (status & SERIAL_LSR_THRE ? CONSOLE_HAS_ROOM : 0) |
	       (status & SERIAL_LSR_TEMT ? CONSOLE_IS_DRAINED : 0);
}

/* True while the zero of a BREAK may be in the device: one look may tell of several BREAKs. */
static bool serial_is_broken(void)
{
	return atomic_read(&serial_breaks) != serial_breaks_over;
}

/* True if the device has a byte. */
static bool serial_has_input(void)
{
	/* Read first: the zero of a later BREAK may come after the look. */
	int breaks = atomic_read(&serial_breaks);

	if (serial_status() & SERIAL_LSR_DATA)
		return true;
	serial_breaks_over = breaks;
	return false;
}

/* The next byte of the device that is input: SERIAL_SYSRQ and a letter, a byte, or -1. */
static int serial_next(u64 now)
{
	assert_spin_held(&serial_input_lock);
	while (serial_has_input()) {
		u8 byte = inb(SERIAL_DATA);

		if (!byte && serial_is_broken()) {
			serial_armed_until = now + SERIAL_SYSRQ_NS;
		} else if (now < serial_armed_until) {
			serial_armed_until = 0;
			return SERIAL_SYSRQ | byte;
		} else {
			return byte;
		}
	}
	return -1;
}

int serial_receive(u64 now)
{
	unsigned long flags;
	int byte = -1;

	spin_lock_irqsave(&serial_input_lock, flags);
	if (serial_kept_first < serial_kept_end)
		byte = serial_kept[serial_kept_first++];
	else if (serial_present)
		byte = serial_next(now);
	spin_unlock_irqrestore(&serial_input_lock, flags);
	return byte;
}

/* Searches the device for the letter of a SysRq. The driver gets the other bytes later. */
static int serial_find_key(u64 now)
{
	if (serial_kept_first == serial_kept_end)
		serial_kept_first = serial_kept_end = 0;
	while (serial_kept_end < SERIAL_FIFO_BYTES) {
		int byte = serial_next(now);

		if (byte < 0 || byte & SERIAL_SYSRQ)
			return byte;
		serial_kept[serial_kept_end++] = (u8)byte;
	}
	return -1;
}

/* Here and not only in the driver, since the driver may be what hangs. */
int serial_sysrq_key(u64 now)
{
	int byte = -1;

	if (!serial_present)
		return -1;
	spin_lock(&serial_input_lock);
	serial_status();
	/* Without a BREAK the bytes stay in the device. */
	if (serial_is_broken() || now < serial_armed_until)
		byte = serial_find_key(now);
	spin_unlock(&serial_input_lock);
	return byte < 0 ? -1 : byte & 0xff;
}

void __init serial_init(void)
{
	outb(SERIAL_IER, 0);
	outb(SERIAL_LCR, 0x80);		/* divisor */
	outb(SERIAL_DATA, 1);		/* 115200 baud */
	outb(SERIAL_IER, 0);
	outb(SERIAL_LCR, 0x03);		/* 8 bits, no parity, one stop bit */
	outb(SERIAL_FCR, 0x07);		/* FIFOs on and empty */
	outb(SERIAL_MCR, 0x0b);		/* DTR, RTS, interrupt line enabled */
	/* A port that does not exist reads as all ones. */
	serial_present = inb(SERIAL_LSR) != 0xff;
}
