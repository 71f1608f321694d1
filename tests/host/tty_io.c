/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal's output goes on, whatever else writes to the device: after each round there is a time
 * for the next one, or an interrupt is wanted.  And poll(2) hears of the room that there is.
 *
 * sources: user/servers/tty/io.c user/servers/tty/ldisc.c user/servers/tty/echo.c user/lib/srv.c user/lib/srv_util.c
 * flags: -D_GNU_SOURCE -Iuser/lib -Iuser/servers/tty -idirafter include
 */
#include <poll.h>
#include <tap.h>
#include <termios.h>
#include "fake_port.h"
#include "screen.h"
#include "tty.h"
#include "uart.h"

#define LOOKS	4

static struct ldisc the_line;
static struct port_attr the_attr;
struct ldisc *const line = &the_line;
struct port_attr *const attr = &the_attr;

/* ---- the device: the answer to each look is a bit ------------------------------------- */

static unsigned answers, looks;
static bool takes_bytes, room_wanted;
static unsigned refused;		/* so many tries fail, and then the device takes bytes */
static const char *typed = "";

unsigned uart_can_send(void)
{
	return answers >> looks++ % LOOKS & 1 ? UART_FIFO_BYTES : 0;
}

unsigned uart_send(const uint8_t *bytes, unsigned count)
{
	if (refused) {
		takes_bytes = --refused == 0;
		return 0;
	}
	return takes_bytes ? count : 0;
}

void uart_want_room(bool want)
{
	room_wanted = want;
}

static bool drained;

bool uart_is_drained(void)
{
	return drained;
}

int uart_receive(void)
{
	return *typed ? *typed++ : -1;
}

bool uart_pending(void)
{
	return false;
}

/* ---- what else io.c calls -------------------------------------------------------------- */

void screen_put(uint8_t byte)
{
}

int64_t screen_draw(void)
{
	return SRV_NEVER;
}

void seat_serial(struct srv *srv)
{
}

void seat_keyboard_irq(struct srv *srv)
{
}

bool ioctl_waits_for_drain(void)
{
	return false;
}

/* A waiting TCSETSW that turns lines on or off. */
static bool drain_waits;

bool ioctl_drained(struct srv *srv)
{
	struct ktermios termios = line->termios;
	bool waited = drain_waits;

	drain_waits = false;
	termios.lflag ^= ICANON;
	if (waited)
		ldisc_set_termios(line, &termios);
	return waited;
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

/* ---- the tests ------------------------------------------------------------------------- */

static struct srv srv = { .name = "tty" };

static void begin(size_t written)
{
	static const uint8_t text[OUT_SIZE];

	srv_start(&srv, 0, 0);
	io_register(&srv);
	ldisc_init(line);
	CHECK_EQ(ldisc_write(line, text, written), written);
}

static void one_round(unsigned bits)
{
	answers = bits;
	looks = 0;
	room_wanted = false;
	io_progress(&srv);
}

static void output_that_waits_goes_on_whatever_the_device_answers(void)
{
	begin(4);
	for (unsigned bits = 0; bits < 1u << LOOKS; bits++) {
		one_round(bits);
		CHECK(room_wanted || srv.deadline == 0);
	}
}

static void a_stopped_terminal_waits_for_its_key(void)
{
	begin(4);
	line->stopped = true;
	for (unsigned bits = 0; bits < 1u << LOOKS; bits++) {
		one_round(bits);
		CHECK(!room_wanted && srv.deadline == SRV_NEVER);
	}
}

/* A write fills more than half of the buffer, and the device takes it before the answer goes out. */
static void poll_hears_of_the_room_after_a_long_write(void)
{
	static const uint8_t text[OUT_SIZE / 2 + 100];
	struct port_request write = {
		.op = PORT_WRITE, .handle = TTY_HANDLE, .in_len = sizeof(text),
	};

	begin(0);
	refused = 2;
	answers = ~0u;
	CHECK_EQ(fake_do(&srv, write, text, NULL).status, sizeof(text));
	CHECK_EQ(ldisc_out_count(line), 0);
	CHECK(fake_ready_mask & POLLOUT);
}

/* In one round: the echo fills the buffer over the half, the reader gets its line, the device goes on. */
static void poll_hears_of_the_room_after_an_answer_without(void)
{
	struct port_request read = { .op = PORT_READ, .handle = TTY_HANDLE, .out_len = 100 };
	struct fake_call *call;
	char text[100];

	begin(OUT_SIZE / 2 - 4);
	call = fake_begin(&srv, read, text, text, false);
	CHECK(!call->answered && fake_ready_mask & POLLOUT);
	typed = "a line with its echo\r";
	refused = 2;			/* by the interrupt, and before the reader's turn */
	fake_note(&srv, PORT_NOTE_IRQ, 0, 1 << TTY_IRQ_SERIAL);
	CHECK_EQ(fake_end(call).status, 21);
	CHECK(ldisc_out_room(line) > OUT_SIZE / 2);
	CHECK(fake_ready_mask & POLLOUT);
}

/* "ab" is no line, but after the change of the mode it can be read. */
static void a_reader_gets_what_a_drained_change_of_the_mode_gives(void)
{
	struct port_request read = { .op = PORT_READ, .handle = TTY_HANDLE, .out_len = 100 };
	struct fake_call *call;
	char text[100];

	begin(0);
	takes_bytes = drained = true;
	call = fake_begin(&srv, read, text, text, false);
	typed = "ab";
	drain_waits = true;
	fake_note(&srv, PORT_NOTE_IRQ, 0, 1 << TTY_IRQ_SERIAL);
	CHECK(!drain_waits && call->answered);
	CHECK_EQ(fake_end(call).status, 2);
}

int main(void)
{
	TAP_TEST(output_that_waits_goes_on_whatever_the_device_answers);
	TAP_TEST(a_stopped_terminal_waits_for_its_key);
	TAP_TEST(poll_hears_of_the_room_after_a_long_write);
	TAP_TEST(poll_hears_of_the_room_after_an_answer_without);
	TAP_TEST(a_reader_gets_what_a_drained_change_of_the_mode_gives);
	return tap_done();
}
