/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first serial port (16550): polled output of the kernel log.  The only input that it reads
 * is a BREAK and the letter that follows it (SysRq).
 *
 * The device belongs to the tty server in user space.  The server drives it by its interrupt, and
 * passes its bytes to the kernel, so that only one of the two writes at a time.  The functions
 * work from the first instruction on and in any context, without locks; the caller keeps lines
 * together (kernel/base/console.c).
 */
#include <neurath/arch.h>
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
#define SERIAL_SYSRQ_NS		(5 * NSEC_PER_SEC)	/* from the BREAK to the letter */
#define SERIAL_FIFO_BYTES	16UL
/* A byte needs 87 us at 115200 baud; a port that does not respond must not hang the kernel. */
#define SERIAL_SPIN_MAX		100000

static bool serial_present;

/* A BREAK was seen: reading the status clears it, before its zero is read. */
static bool serial_broken;

static u8 serial_status(void)
{
	u8 status = inb(SERIAL_LSR);

	if (unlikely(status & SERIAL_LSR_BREAK))
		WRITE_ONCE(serial_broken, true);
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

/*
 * SysRq: a BREAK, which the device reports as a zero, and a letter.  Handled here and not in the
 * driver, since the driver may be what hangs.  If the driver runs first, it does the same
 * (uart.c).  Only the boot CPU gets interrupts of the line.
 */
int serial_sysrq_key(u64 now)
{
	static u64 armed_until;

	for (unsigned int i = 0; serial_present && i < SERIAL_FIFO_BYTES; i++) {
		if (!(serial_status() & SERIAL_LSR_DATA)) {
			/* If there is no zero, the driver has read it. */
			WRITE_ONCE(serial_broken, false);
			return -1;
		}
		if (READ_ONCE(serial_broken)) {
			inb(SERIAL_DATA);
			WRITE_ONCE(serial_broken, false);
			armed_until = now + SERIAL_SYSRQ_NS;
			continue;
		}
		if (now >= armed_until)
			return -1;		/* the driver's byte */
		armed_until = 0;
		return inb(SERIAL_DATA);
	}
	return -1;
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
