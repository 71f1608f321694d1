/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tty.c - the terminal: clients read, write and ioctl, a user types, the device takes more or fewer bytes, time
 * passes, requests are cancelled; the output goes to the terminal on the screen. The input chooses all of it.
 *
 * After each step: the counters of the line are in order, the cursor and the scrolling region are on the screen,
 * no reader waits for input that is there, and poll(2) has been told what is true. In a plain terminal (every second
 * input: no echo, no processing) the device gets the bytes that were written and the readers those that were typed.
 *
 * world: host
 * sources: user/servers/tty/io.c user/servers/tty/ioctl.c user/servers/tty/ldisc.c user/servers/tty/echo.c
 * sources: user/servers/tty/vt.c user/servers/tty/vtseq.c user/lib/srv.c user/lib/srv_util.c
 * flags: -Iuser/lib -Iuser/servers/tty -Wl,--wrap=srv_clock
 * length: 2048
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "fuzz.h"
#include "fake_port.h"
#include "screen.h"
#include "tty.h"
#include "uart.h"
#include "vt.h"

static struct ldisc the_line;
static struct port_attr the_attr;
struct ldisc *const line = &the_line;
struct port_attr *const attr = &the_attr;
static struct srv srv = { .name = "tty" };
static struct vt vt;
static int64_t now;
static bool plain;

/* ---- a plain terminal: what must arrive ------------------------------------------------------ */

static uint8_t written[1 << 16], typed_all[1 << 16];
static size_t nr_written, nr_sent, nr_typed, nr_read;

/* @n bytes have arrived that went in at @all + *at. */
static void arrives(const uint8_t *bytes, size_t n, const uint8_t *all, size_t *at)
{
	if (plain)
		CHECK(!memcmp(bytes, all + *at, n));
	*at += n;
}

/* ---- the device ---------------------------------------------------------------------------- */

static const uint8_t *typed;
static size_t nr_pending;
static unsigned room;			/* bytes that the device takes */

unsigned uart_can_send(void)
{
	return room < UART_FIFO_BYTES ? room : UART_FIFO_BYTES;
}

unsigned uart_send(const uint8_t *bytes, unsigned count)
{
	unsigned n = count < uart_can_send() ? count : uart_can_send();

	CHECK(!plain || nr_sent + n <= nr_written);
	arrives(bytes, n, written, &nr_sent);
	room -= n;
	return n;
}

void uart_want_room(bool want)
{
}

bool uart_is_drained(void)
{
	return room;
}

int uart_receive(void)
{
	if (!nr_pending)
		return -1;
	nr_pending--;
	return *typed++;
}

bool uart_pending(void)
{
	return nr_pending;
}

void screen_put(uint8_t byte)
{
	vt_put(&vt, byte);
}

int64_t screen_draw(void)
{
	return SRV_NEVER;
}

int64_t __wrap_srv_clock(void);
int64_t __wrap_srv_clock(void)
{
	return now;
}

/* ---- what else io.c calls ---------------------------------------------------------------------- */

void seat_serial(struct srv *s)
{
}

void seat_keyboard_irq(struct srv *s)
{
}

void keep_read_begins(uint64_t tag)
{
}

void keep_read_again(uint64_t tag)
{
}

void keep_written(uint64_t tag, uint64_t done)
{
}

uint64_t keep_write_done(uint64_t tag)
{
	return 0;
}

/* ---- requests that wait ------------------------------------------------------------------------- */

#define CALLS	16

static struct {
	struct fake_call *call;
	uint16_t op;
	uint32_t want;
	uint8_t *buffer;
} calls[CALLS];

static void take_answer(unsigned i)
{
	struct port_reply reply = fake_end(calls[i].call);

	CHECK(reply.status >= -4095);
	if (calls[i].op == PORT_READ && reply.status > 0) {
		CHECK(reply.status <= calls[i].want && reply.len == reply.status);
		arrives(calls[i].buffer, reply.status, typed_all, &nr_read);
	}
	if (calls[i].op == PORT_WRITE)
		CHECK(reply.status <= (int64_t)calls[i].want);
	free(calls[i].buffer);
	calls[i].call = NULL;
}

/* The requests of a kind are answered in their order. */
static void take_answers(void)
{
	unsigned first;

	do {
		first = CALLS;
		for (unsigned i = 0; i < CALLS; i++)
			if (calls[i].call && calls[i].call->answered &&
			    (first == CALLS || calls[i].call->tag < calls[first].call->tag))
				first = i;
		if (first < CALLS)
			take_answer(first);
	} while (first < CALLS);
}

static unsigned free_slot(void)
{
	unsigned i = 0;

	while (i < CALLS && calls[i].call)
		i++;
	return i;
}

/* Makes a request with @in_len bytes at @in, and room for @out_len bytes, unless as many wait as can. */
static void request(struct port_request req, const void *in)
{
	unsigned i = free_slot();

	if (i == CALLS)
		return;
	req.handle = TTY_HANDLE;
	calls[i].buffer = malloc(req.in_len + req.out_len + 1);
	memcpy(calls[i].buffer, in, req.in_len);
	calls[i].op = req.op;
	calls[i].want = req.op == PORT_WRITE ? req.in_len : req.out_len;
	calls[i].call = fake_begin(&srv, req, calls[i].buffer, calls[i].buffer, false);
}

static void cancel(unsigned i, unsigned reason)
{
	if (!calls[i].call)
		return;
	fake_note(&srv, PORT_NOTE_CANCEL, reason, calls[i].call->tag);
	if (reason == PORT_CANCEL_GONE) {
		calls[i].call->tag = 0;
		free(calls[i].buffer);
		calls[i].call = NULL;
	}
}

/* ---- the steps ----------------------------------------------------------------------------------- */

static void type_bytes(struct fuzz_input *in)
{
	size_t n;

	typed = fuzz_bytes(in, fuzz_number(in, 1), &n);
	if (plain && nr_typed + n - nr_read > IN_SIZE)
		return;			/* would be lost */
	nr_pending = n;
	if (nr_typed + n <= sizeof(typed_all))
		memcpy(typed_all + nr_typed, typed, n);
	nr_typed += n;
	fake_note(&srv, PORT_NOTE_IRQ, 0, 1 << TTY_IRQ_SERIAL);
}

static void write_bytes(struct fuzz_input *in)
{
	unsigned repeat = 1 + fuzz_below(in, 40), flags = fuzz_below(in, 4) ? 0 : O_NONBLOCK;
	size_t n, all;
	unsigned most = fuzz_number(in, 1);
	const uint8_t *bytes = fuzz_bytes(in, most, &n);
	uint8_t *text;

	/* In a plain terminal all writers wait their turn: nothing is refused, so it is known what arrives. */
	if (plain && (free_slot() == CALLS || nr_written + n * repeat > sizeof(written) ||
		      nr_written - nr_sent + n * repeat > OUT_SIZE))
		return;
	all = n * repeat;
	text = malloc(all + 1);
	for (unsigned i = 0; i < repeat; i++)
		memcpy(text + i * n, bytes, n);
	if (plain)
		memcpy(written + nr_written, text, all);
	nr_written += all;
	request((struct port_request){ .op = PORT_WRITE, .in_len = all, .arg = { 0, plain ? 0 : flags } }, text);
	free(text);
}

static void control(struct fuzz_input *in)
{
	static const unsigned commands[] = { TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCSWINSZ, FIONREAD, TIOCOUTQ,
					     TCFLSH, TCXONC, TCSBRK, TIOCSTI, 0x1234 };
	static const uint8_t no_bytes[64];
	struct port_request req = { .op = PORT_IOCTL, .arg = { commands[fuzz_below(in, sizeof(commands) / 4)] } };
	struct ktermios termios = line->termios;
	size_t n;
	const uint8_t *bytes;

	req.arg[1] = fuzz_below(in, 5);
	bytes = fuzz_bytes(in, fuzz_below(in, 4) ? 0 : sizeof(termios), &n);
	if (plain)
		return;
	memcpy(&termios, bytes, n);
	/* Single flags are a shorter way to other settings than all bytes of the structure. */
	termios.lflag ^= 1u << fuzz_below(in, 32);
	termios.iflag ^= 1u << fuzz_below(in, 32);
	termios.oflag ^= 1u << fuzz_below(in, 32);
	termios.cc[fuzz_below(in, 19)] = fuzz_number(in, 1);
	req.in_len = fuzz_below(in, 8) ? sizeof(termios) : fuzz_below(in, 37);
	req.out_len = fuzz_below(in, 8) ? 36 : fuzz_below(in, 37);
	request(req, req.arg[0] == TIOCSWINSZ ? (const void *)no_bytes : &termios);
}

static void step(struct fuzz_input *in)
{
	unsigned n;

	switch (fuzz_below(in, 9)) {
	case 0:
	case 1:
		return type_bytes(in);
	case 2:
	case 3:
		return write_bytes(in);
	case 4:
		n = fuzz_number(in, 2) % 8192;
		return request((struct port_request){ .op = PORT_READ, .out_len = n,
						      .arg = { 0, fuzz_below(in, 4) ? 0 : O_NONBLOCK } }, "");
	case 5:
		return control(in);
	case 6:
		n = fuzz_below(in, CALLS);
		return cancel(n, fuzz_below(in, 2) ? PORT_CANCEL_GONE : PORT_CANCEL_SIGNAL);
	case 7:
		room = fuzz_number(in, 2) % 5000;
		now += fuzz_number(in, 1) * 10000000ll;
		srv.tick(&srv);
		break;
	case 8:
		vt_scroll_view(&vt, (int)fuzz_number(in, 2) - 32768);
	}
}

/* ---- what is always true ---------------------------------------------------------------------------- */

static bool readable(void)
{
	size_t want = line->termios.cc[VTIME] ? 1 : line->termios.cc[VMIN];

	return line->termios.lflag & ICANON ? ldisc_has_line(line) : ldisc_raw_count(line) >= (want ? want : 1);
}

static void check_all(void)
{
	unsigned told = 0;

	CHECK(line->in_ready - line->in_tail <= line->in_head - line->in_tail);
	CHECK(line->in_head - line->in_tail <= IN_SIZE && ldisc_out_count(line) <= OUT_SIZE);
	CHECK(vt.x < vt.cols && vt.y < vt.rows && vt.top <= vt.bottom && vt.bottom < vt.rows);
	CHECK(vt.nr_params <= VT_PARAMS && vt.utf8_left < 4);
	told |= readable() ? POLLIN | POLLRDNORM : 0;
	told |= ldisc_out_room(line) > OUT_SIZE / 2 ? POLLOUT | POLLWRNORM : 0;
	CHECK_EQ(fake_ready_mask, told);
	for (unsigned i = 0; i < CALLS; i++)
		if (calls[i].call && calls[i].op == PORT_READ && line->termios.lflag & ICANON)
			CHECK(!ldisc_has_line(line));
}

static void take_signal(struct ldisc *ld, int signal)
{
	CHECK(!plain);
}

static void begin(struct fuzz_input *in)
{
	unsigned cols;

	ldisc_init(line);
	line->signal = take_signal;
	nr_written = nr_sent = nr_typed = nr_read = nr_pending = 0;
	fake_nr_signals = 0;
	room = 0;
	free(vt.cells);
	free(vt.history);
	cols = 1 + fuzz_below(in, 20);
	vt_init(&vt, cols, 1 + fuzz_below(in, 12));
	plain = fuzz_below(in, 2);
	if (plain) {
		line->termios.iflag = line->termios.oflag = line->termios.lflag = 0;
		line->termios.cc[VMIN] = 1;
		line->termios.cc[VTIME] = 0;
	}
	/* Tells the kernel what is true at the beginning. */
	request((struct port_request){ .op = PORT_IOCTL, .arg = { TIOCOUTQ }, .out_len = 4 }, "");
	take_answers();
}

static void end(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		cancel(i, PORT_CANCEL_GONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct fuzz_input in = { bytes, bytes + size };

	if (!srv.ready) {
		srv_start(&srv, 0, 0);
		io_register(&srv);
		ioctl_register(&srv);
	}
	begin(&in);
	while (fuzz_left(&in)) {
		step(&in);
		take_answers();
		check_all();
	}
	end();
	return 0;
}
