/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Driver of the 16550; uart.h is the contract.  Data and status of the device are the kernel's: it
 * shares the line for its log, and for SysRq.
 */
#include <errno.h>
#include <sys/io.h>
#include <neurath.h>
#include <uapi/console.h>
#include "uart.h"

#define BASE		0x3f8
#define PORTS		8

#define DATA		(BASE + 0)	/* divisor low when DLAB is set */
#define IER		(BASE + 1)	/* divisor high when DLAB is set */
#define IIR		(BASE + 2)	/* FCR when written */
#define LCR		(BASE + 3)
#define MCR		(BASE + 4)
#define SCRATCH		(BASE + 7)

#define IER_RECEIVE	0x01
#define IER_ROOM	0x02
#define IIR_NONE	0x01
#define FCR_ENABLE	0x01
#define FCR_TRIGGER_8	0x80
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define MCR_DTR_RTS_OUT2 0x0b		/* OUT2 gates the interrupt line on PCs */

static uint8_t enabled;		/* the value of IER */
static bool present;

static void set_enabled(uint8_t value)
{
	if (value == enabled)
		return;
	enabled = value;
	outb(value, IER);
}

int uart_init(void)
{
	long ret = ioport_grant(BASE, PORTS);

	if (ret < 0)
		return (int)ret;
	outb(0x5a, SCRATCH);
	if (inb(SCRATCH) != 0x5a)
		return -ENODEV;
	outb(0, IER);
	outb(LCR_DLAB | LCR_8N1, LCR);
	outb(1, DATA);			/* 115200 baud */
	outb(0, IER);
	outb(LCR_8N1, LCR);
	/* Not cleared: these bytes may be input of the firmware or of a fast typist. */
	outb(FCR_ENABLE | FCR_TRIGGER_8, IIR);
	outb(MCR_DTR_RTS_OUT2, MCR);
	present = true;
	enabled = 0;
	set_enabled(IER_RECEIVE);
	return 0;
}

int uart_receive(void)
{
	long byte = present ? console_receive() : -EAGAIN;

	return byte < 0 ? -1 : (int)byte;
}

unsigned uart_can_send(void)
{
	/* Without a device bytes are discarded, so that writers do not hang. */
	return !present || console_room() & CONSOLE_HAS_ROOM ? UART_FIFO_BYTES : 0;
}

unsigned uart_send(const uint8_t *bytes, unsigned count)
{
	long sent;

	if (!present)
		return count;
	sent = console_send(bytes, count);
	return sent > 0 ? (unsigned)sent : 0;
}

bool uart_is_drained(void)
{
	return !present || console_room() & CONSOLE_IS_DRAINED;
}

void uart_want_room(bool want)
{
	if (present)
		set_enabled(want ? IER_RECEIVE | IER_ROOM : IER_RECEIVE);
}

bool uart_pending(void)
{
	return present && !(inb(IIR) & IIR_NONE);
}
