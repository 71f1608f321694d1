/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Driver of the 16550; uart.h is the contract. */
#include <errno.h>
#include <fcntl.h>
#include <sys/io.h>
#include <unistd.h>
#include <neurath.h>
#include "uart.h"

#define BASE		0x3f8
#define PORTS		8

#define DATA		(BASE + 0)	/* divisor low when DLAB is set */
#define IER		(BASE + 1)	/* divisor high when DLAB is set */
#define IIR		(BASE + 2)	/* FCR when written */
#define LCR		(BASE + 3)
#define MCR		(BASE + 4)
#define LSR		(BASE + 5)
#define SCRATCH		(BASE + 7)

#define IER_RECEIVE	0x01
#define IER_ROOM	0x02
#define IIR_NONE	0x01
#define FCR_ENABLE	0x01
#define FCR_TRIGGER_8	0x80
#define LCR_8N1		0x03
#define LCR_DLAB	0x80
#define MCR_DTR_RTS_OUT2 0x0b		/* OUT2 gates the interrupt line on PCs */
#define LSR_DATA	0x01
#define LSR_BREAK	0x10
#define LSR_ROOM	0x20
#define LSR_IDLE	0x40

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

/*
 * A BREAK and a letter is SysRq, which the kernel handles.  The kernel sees both in its
 * interrupt, unless this server runs first: then the server tells the kernel.  Reading the status
 * clears the BREAK, so it is stored until its zero has been read.
 */
static bool broken, armed;

static unsigned status(void)
{
	unsigned value = inb(LSR);

	broken |= (value & LSR_BREAK) != 0;
	return value;
}

static void press_sysrq(char key)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	/* An error is ignored: there is no way to report it. */
	if (fd >= 0 && write(fd, &key, 1) >= 0)
		close(fd);
}

int uart_receive(void)
{
	while (present && status() & LSR_DATA) {
		int byte = inb(DATA);

		if (armed) {
			armed = false;
			press_sysrq((char)byte);
		} else if (broken && byte == 0) {
			broken = false;
			armed = true;
		} else {
			return byte;
		}
	}
	return -1;
}

unsigned uart_can_send(void)
{
	if (!present)
		return UART_FIFO_BYTES;	/* discarded, so that writers do not hang */
	return status() & LSR_ROOM ? UART_FIFO_BYTES : 0;
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
	return !present || status() & LSR_IDLE;
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
