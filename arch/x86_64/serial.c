/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first serial port (16550), output by polling: where the kernel log goes.
 *
 * The device belongs to the tty server in user space, which drives it by its
 * interrupt; the kernel only ever writes to the transmit register when it is
 * empty, which disturbs nobody.  Works from the first instruction on and in any
 * context: no locks; the caller keeps lines together (kernel/lib/printk.c).
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
#define SERIAL_LSR_THRE		0x20
/* A real port needs 87 us for a byte at 115200 baud; one that is stuck must not hang us. */
#define SERIAL_SPIN_MAX		100000

static bool serial_present;

static void serial_putc(char c)
{
	for (unsigned int i = 0; i < SERIAL_SPIN_MAX; i++) {
		if (inb(SERIAL_LSR) & SERIAL_LSR_THRE)
			break;
		cpu_relax();
	}
	outb(SERIAL_DATA, (u8)c);
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

void __init serial_init(void)
{
	outb(SERIAL_IER, 0);
	outb(SERIAL_LCR, 0x80);		/* divisor */
	outb(SERIAL_DATA, 1);		/* 115200 baud */
	outb(SERIAL_IER, 0);
	outb(SERIAL_LCR, 0x03);		/* 8 bits, no parity, one stop bit */
	outb(SERIAL_FCR, 0x07);		/* FIFOs on and empty */
	outb(SERIAL_MCR, 0x0b);		/* DTR, RTS, interrupt line enabled */
	/* A port that is not there reads as all ones. */
	serial_present = inb(SERIAL_LSR) != 0xff;
}
