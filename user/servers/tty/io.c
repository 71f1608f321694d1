/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes.  A request that must wait is parked; io_progress() completes it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include "screen.h"
#include "tty.h"
#include "uart.h"

/* Bytes for the device before requests are handled again: Ctrl-C must get through. */
#define BURST		1024
#define CHUNK		512
#define TENTH_NS	100000000ll
#define DRAIN_CHECK_NS	1000000ll	/* the device has no interrupt for "all sent" */

static struct srv_queue readers, writers;
/* The end of the first reader's VTIME; only the first reader gets bytes, so one timer is enough. */
static int64_t read_deadline = SRV_NEVER;
static unsigned pushed_ready;

static unsigned tty_ready(struct srv *srv, uint64_t handle)
{
	size_t enough = line->termios.cc[VTIME] ? 1 : line->termios.cc[VMIN];
	unsigned mask = 0;

	if (line->termios.lflag & ICANON ? ldisc_has_line(line)
					: ldisc_raw_count(line) >= (enough ? enough : 1))
		mask |= POLLIN | POLLRDNORM;
	if (ldisc_out_room(line) > OUT_SIZE / 2)
		mask |= POLLOUT | POLLWRNORM;
	return mask;
}

/* An answer tells the readiness, too: what is pushed later is compared with this. */
static void answer(struct srv *srv, struct srv_queue *queue, int64_t status, const void *data,
		   uint32_t len)
{
	srv_answer(srv, queue->first, status, data, len);
	pushed_ready = tty_ready(srv, TTY_HANDLE);
}

/* ---- reading ------------------------------------------------------------------------ */

/* True if there is input for a read of @size bytes.  The caller handles VTIME. */
static bool can_read(size_t size)
{
	size_t min = line->termios.cc[VMIN];

	if (line->termios.lflag & ICANON)
		return ldisc_has_line(line);
	if (min > size)
		min = size;
	return ldisc_raw_count(line) >= (min ? min : 1);
}

/* A raw read with VMIN 0 and VTIME 0 never waits. */
static bool read_is_polling(void)
{
	return !(line->termios.lflag & ICANON) && !line->termios.cc[VMIN] &&
	       !line->termios.cc[VTIME];
}

static int64_t tty_read(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	static uint8_t data[IN_SIZE];
	size_t size = req->out_len < sizeof(data) ? req->out_len : sizeof(data);
	bool nonblock = req->arg[1] & O_NONBLOCK;

	if (size == 0)
		return 0;
	keep_read_again(req->tag);
	if (!readers.first && (can_read(size) || read_is_polling() ||
			       (nonblock && !(line->termios.lflag & ICANON) &&
				ldisc_raw_count(line)))) {
		size_t n;

		keep_read_begins(req->tag);
		n = ldisc_read(line, data, size);
		return srv_data(reply, n, data, n);
	}
	if (nonblock)
		return -EAGAIN;
	return srv_park(srv, &readers, req, 0);
}

/* VTIME: from the start when VMIN is 0, else from each byte on. */
static void set_read_deadline(size_t count_before)
{
	int64_t time = line->termios.cc[VTIME] * TENTH_NS;
	bool runs = readers.first && !(line->termios.lflag & ICANON) && time &&
		    (!line->termios.cc[VMIN] || ldisc_raw_count(line));

	if (!runs)
		read_deadline = SRV_NEVER;
	else if (read_deadline == SRV_NEVER || count_before != ldisc_raw_count(line))
		read_deadline = srv_clock() + time;
}

static void answer_reader(struct srv *srv)
{
	static uint8_t data[IN_SIZE];
	size_t size = readers.first->req.out_len;
	size_t n;

	keep_read_begins(readers.first->req.tag);
	n = ldisc_read(line, data, size < sizeof(data) ? size : sizeof(data));
	answer(srv, &readers, n, data, n);
}

static void serve_readers(struct srv *srv)
{
	static size_t count_before;

	if (readers.first && read_deadline != SRV_NEVER && srv_clock() >= read_deadline) {
		read_deadline = SRV_NEVER;
		answer_reader(srv);
	}
	while (readers.first && (can_read(readers.first->req.out_len) || read_is_polling()))
		answer_reader(srv);
	set_read_deadline(count_before);
	count_before = ldisc_raw_count(line);
}

/* ---- writing ------------------------------------------------------------------------ */

static void send_bytes(void)
{
	uint8_t bytes[UART_FIFO_BYTES];
	unsigned sent = 0, count;

	while (sent < BURST && !line->stopped && ldisc_out_count(line)) {
		count = uart_send(bytes, ldisc_out_look(line, bytes, sizeof(bytes)));
		if (!count)
			break;
		for (unsigned i = 0; i < count; i++)
			screen_put(bytes[i]);
		line->out_tail += count;
		sent += count;
	}
}

/* Takes the caller's bytes from *@done on while there is room; 0, or -errno of the copy. */
static int take_bytes(struct srv *srv, const struct port_request *req, uint64_t *done)
{
	uint8_t chunk[CHUNK];

	while (*done < req->in_len) {
		size_t len = req->in_len - *done, taken;
		int ret;

		if (len > sizeof(chunk))
			len = sizeof(chunk);
		ret = srv_fetch(srv, req, *done, chunk, len);
		if (ret < 0)
			return ret;
		taken = ldisc_write(line, chunk, len);
		*done += taken;
		keep_written(req->tag, *done);
		if (taken < len)
			break;
	}
	return 0;
}

static int64_t tty_write(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	uint64_t done = keep_write_done(req->tag);
	int ret = 0;

	if (!writers.first)
		ret = take_bytes(srv, req, &done);
	if (ret < 0)
		return done ? (int64_t)done : ret;
	if (done == req->in_len)
		return done;
	if (req->arg[1] & O_NONBLOCK)
		return done ? (int64_t)done : -EAGAIN;
	return srv_park(srv, &writers, req, done);
}

static void serve_writers(struct srv *srv)
{
	/* Not for a few bytes of room. */
	while (writers.first && ldisc_out_room(line) > OUT_SIZE / 2) {
		struct srv_parked *writer = writers.first;
		int ret = take_bytes(srv, &writer->req, &writer->done);

		if (ret < 0)
			answer(srv, &writers, writer->done ? (int64_t)writer->done : ret, NULL, 0);
		else if (writer->done == writer->req.in_len)
			answer(srv, &writers, writer->done, NULL, 0);
		else
			break;
	}
}

bool io_is_drained(void)
{
	return !ldisc_out_count(line) && uart_is_drained();
}

/* ---- progress ----------------------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/*
 * Arranges how output goes on: at once if there is room (the burst has ended), else by an
 * interrupt.  One look at the device decides: the kernel's log uses it, too, so the next look may
 * differ.
 */
static bool goes_on_at_once(void)
{
	bool sending = ldisc_out_count(line) && !line->stopped;
	bool room = sending && uart_can_send();

	uart_want_room(sending && !room);
	return room;
}

/* The time of the next check, if no message comes before. */
static int64_t next_deadline(void)
{
	int64_t next = read_deadline;

	if (goes_on_at_once())
		next = 0;
	else if (ioctl_waits_for_drain() && !ldisc_out_count(line))
		next = sooner(next, srv_clock() + DRAIN_CHECK_NS);
	return next;
}

void io_progress(struct srv *srv)
{
	unsigned mask;

	/* A request that waited for the drain may change the mode, and so what readers get. */
	do {
		send_bytes();
		serve_readers(srv);
		serve_writers(srv);
		send_bytes();
	} while (io_is_drained() && ioctl_drained(srv));
	srv->deadline = sooner(next_deadline(), screen_draw());
	mask = tty_ready(srv, TTY_HANDLE);
	if (mask != pushed_ready) {
		pushed_ready = mask;
		srv_push_ready(srv, TTY_HANDLE);
	}
}

/*
 * The line is edge triggered: the next edge comes only after the device has no more events, so
 * this loop ends only when the device reports none.
 */
static void serial_irq(struct srv *srv)
{
	int byte;

	do {
		while ((byte = uart_receive()) >= 0) {
			seat_serial(srv);
			ldisc_input(line, (uint8_t)byte);
		}
		send_bytes();
		uart_want_room(ldisc_out_count(line) && !line->stopped && !uart_can_send());
	} while (uart_pending());
	irq_ack(srv->port, UART_IRQ);
}

static void tty_irq(struct srv *srv, uint64_t bits)
{
	if (bits & 1 << TTY_IRQ_SERIAL)
		serial_irq(srv);
	if (bits & 1 << TTY_IRQ_KEYBOARD)
		seat_keyboard_irq(srv);
}

void io_register(struct srv *srv)
{
	srv->op[PORT_READ] = tty_read;
	srv->op[PORT_WRITE] = tty_write;
	srv->irq = tty_irq;
	srv->ready = tty_ready;
	srv->tick = io_progress;
	srv->after = io_progress;
}
