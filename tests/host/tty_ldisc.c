/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tty_ldisc.c - the line discipline against the one of the host: the same keys are typed into a
 * pseudo-terminal and into ours; screen output and program input must be the same bytes.
 *
 * sources: user/servers/tty/ldisc.c user/servers/tty/echo.c
 * flags: -D_GNU_SOURCE -Iuser/servers/tty -idirafter include
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <tap.h>
#include <termios.h>
#include "ldisc.h"

#define ROOM 8192

static struct ldisc ld;
static int signals, last_signal;

static void note_signal(struct ldisc *line, int signal)
{
	signals++;
	last_signal = signal;
}

static void setup(void)
{
	ldisc_init(&ld);
	ld.signal = note_signal;
	signals = 0;
}

static void type(const char *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ldisc_input(&ld, (uint8_t)keys[i]);
}

static size_t screen(char *out)
{
	size_t n = 0;

	while (ldisc_out_count(&ld))
		out[n++] = (char)ldisc_out_take(&ld);
	out[n] = '\0';
	return n;
}

static void expect_screen(const char *text)
{
	char shown[ROOM];

	screen(shown);
	CHECK_STR(shown, text);
}

static void expect_read(const char *text)
{
	char buf[ROOM];
	size_t n = ldisc_read(&ld, (uint8_t *)buf, sizeof(buf) - 1);

	buf[n] = '\0';
	CHECK_STR(buf, text);
}

/* ---- against the host --------------------------------------------------------------- */

static unsigned long rng;

static unsigned pick(unsigned n)
{
	rng = rng * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(rng >> 33) % n;
}

static int master, slave;

static void open_pty(void)
{
	struct ktermios termios;

	CHECK_EQ(openpty(&master, &slave, NULL, NULL, NULL), 0);
	fcntl(master, F_SETFL, O_NONBLOCK);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	termios = ld.termios;
	CHECK_EQ(ioctl(slave, TCSETS, &termios), 0);
}

static void use_termios(const struct ktermios *termios)
{
	ldisc_set_termios(&ld, termios);
	CHECK_EQ(ioctl(slave, TCSETS, termios), 0);
}

/* The host handles input in a work queue of its own, so this waits for output. */
static size_t host_screen(char *out, size_t wanted)
{
	struct pollfd pfd = { .fd = master, .events = POLLIN };
	size_t n = 0;

	while (poll(&pfd, 1, n < wanted ? 1000 : 20) > 0) {
		ssize_t got = read(master, out + n, ROOM - n);

		if (got <= 0)
			break;
		n += got;
	}
	out[n] = '\0';
	return n;
}

static void dump(const char *who, const char *bytes, size_t n)
{
	char text[400];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < n && used < sizeof(text) - 8; i++)
		used += snprintf(text + used, sizeof(text) - used,
				 (uint8_t)bytes[i] < 0x20 || (uint8_t)bytes[i] >= 0x7f ? "\\x%02x" : "%c",
				 (uint8_t)bytes[i]);
	tap_line("# %s: %s", who, text);
}

static void same_bytes(const char *what, const char *keys, size_t nkeys, const char *ours, size_t n,
		       const char *theirs, size_t m)
{
	if (n == m && memcmp(ours, theirs, n) == 0)
		return;
	tap_line("# iflag %o oflag %o lflag %o", ld.termios.iflag, ld.termios.oflag, ld.termios.lflag);
	dump("keys", keys, nkeys);
	dump("ours", ours, n);
	dump("host", theirs, m);
	CHECK_FAIL("%s differs", what);
}

static void compare(const char *keys, size_t n)
{
	char ours[ROOM], theirs[ROOM];
	size_t a, b;

	type(keys, n);
	CHECK_EQ(write(master, keys, n), n);
	a = screen(ours);
	b = host_screen(theirs, a);
	same_bytes("screen", keys, n, ours, a, theirs, b);
	for (;;) {
		bool has = ld.termios.lflag & ICANON ? ldisc_has_line(&ld) : ldisc_raw_count(&ld);
		ssize_t m = read(slave, theirs, sizeof(theirs));

		if (!has && m < 0)
			break;
		a = has ? ldisc_read(&ld, (uint8_t *)ours, sizeof(ours)) : 0;
		if (!has || m < 0)
			tap_line("# %s has something to read", has ? "only ours" : "only the host");
		same_bytes("input", keys, n, ours, a, theirs, m < 0 ? 0 : m);
		if (!has || m < 0)
			CHECK_FAIL("one of the two has nothing to read");
	}
}

static size_t random_keys(char *keys)
{
	static const char special[] = "\x7f\x7f\x7f\x15\x17\x17\x16\x12\t\t\x04\r\n\x01\x1b";
	size_t n = 0, count = 1 + pick(30);

	while (n < count) {
		if (pick(3) == 0) {
			keys[n++] = special[pick(sizeof(special) - 1)];
		} else if (pick(8) == 0) {
			memcpy(keys + n, "\xc3\xa4", 2);	/* a letter of two bytes */
			n += 2;
		} else {
			keys[n++] = pick(6) ? 'a' + pick(26) : ' ';
		}
	}
	return n;
}

static void edits_and_echoes_like_the_host(void)
{
	char keys[64];

	rng = tap_seed();
	setup();
	open_pty();
	for (int i = 0; i < 300; i++)
		compare(keys, random_keys(keys));
}

static void every_flag_means_the_same_as_on_the_host(void)
{
	static const uint32_t iflags[] = { ICRNL, INLCR, IGNCR, ISTRIP, IUTF8 };
	static const uint32_t lflags[] = { ECHO, ECHOE, ECHOK, ECHOCTL, ECHOKE, IEXTEN, ECHONL };
	static const uint32_t oflags[] = { ONLCR, OCRNL, ONOCR, ONLRET, TAB3 };
	char keys[64];

	rng = tap_seed();
	setup();
	open_pty();
	for (int i = 0; i < 300; i++) {
		struct ktermios termios = ld.termios;

		/* Each line starts empty, because new flags during an edit are not compared. */
		compare("\n", 1);
		compare("\r", 1);
		compare("\x04", 1);
		termios.iflag ^= iflags[pick(5)];
		termios.lflag ^= lflags[pick(7)];
		termios.oflag ^= oflags[pick(5)];
		use_termios(&termios);
		compare(keys, random_keys(keys));
	}
}

static void raw_mode_passes_every_byte(void)
{
	char keys[256];
	struct ktermios termios;

	setup();
	open_pty();
	termios = ld.termios;
	termios.iflag = 0;
	termios.oflag = 0;
	termios.lflag = 0;
	termios.cc[VMIN] = 1;
	use_termios(&termios);
	for (int i = 0; i < 256; i++)
		keys[i] = (char)i;
	compare(keys, sizeof(keys));
}

/* ---- cases with known results ------------------------------------------------------- */

static void control_keys_signal_and_flush(void)
{
	setup();
	type("abc\x03", 4);
	CHECK_EQ(signals, 1);
	CHECK_EQ(last_signal, SIGINT);
	CHECK(!ldisc_has_line(&ld));
	expect_screen("^C");
	type("\x1a", 1);
	CHECK_EQ(last_signal, SIGTSTP);
	type("\x1c", 1);
	CHECK_EQ(last_signal, SIGQUIT);
	ld.termios.lflag &= ~ISIG;
	type("\x03\n", 2);
	CHECK_EQ(signals, 3);
	expect_read("\x03\n");
}

static void stop_and_start_hold_output(void)
{
	setup();
	type("\x13", 1);
	CHECK(ld.stopped);
	type("\x11", 1);
	CHECK(!ld.stopped);
	type("\x13\x03", 2);
	CHECK(!ld.stopped);
	CHECK(!ldisc_has_line(&ld));
}

static void a_full_line_can_still_be_ended(void)
{
	char buf[ROOM];

	setup();
	for (int i = 0; i < IN_SIZE + 100; i++) {
		type("x", 1);
		screen(buf);
	}
	type("\n", 1);
	CHECK(ldisc_has_line(&ld));
	CHECK_EQ(ldisc_read(&ld, (uint8_t *)buf, sizeof(buf)), IN_SIZE);
	CHECK_EQ(buf[IN_SIZE - 1], '\n');
	CHECK_EQ(ldisc_read(&ld, (uint8_t *)buf, sizeof(buf)), 0);
}

static void end_of_file_reads_as_nothing(void)
{
	setup();
	type("\x04", 1);
	CHECK(ldisc_has_line(&ld));
	expect_read("");
	CHECK(!ldisc_has_line(&ld));
	type("abc\x04", 4);
	expect_read("abc");
	CHECK(!ldisc_has_line(&ld));
}

static void output_stops_when_the_buffer_is_full(void)
{
	uint8_t bytes[OUT_SIZE + 10];
	char shown[2 * ROOM];

	setup();
	memset(bytes, 'y', sizeof(bytes));
	CHECK(ldisc_write(&ld, bytes, sizeof(bytes)) < OUT_SIZE);
	CHECK_EQ(ldisc_write(&ld, bytes, 1), 0);
	CHECK(screen(shown) > OUT_SIZE - 16);
	CHECK_EQ(ldisc_write(&ld, bytes, 1), 1);
	/* Echo of typed keys is lost; it does not overwrite waiting output. */
	ldisc_write(&ld, bytes, sizeof(bytes));
	for (int i = 0; i < 5000; i++)
		type("k", 1);
	CHECK(ldisc_out_count(&ld) <= OUT_SIZE);
}

static void leaving_line_mode_keeps_what_was_typed(void)
{
	struct ktermios raw;

	setup();
	type("half", 4);
	CHECK(!ldisc_has_line(&ld));
	raw = ld.termios;
	raw.lflag &= ~ICANON;
	ldisc_set_termios(&ld, &raw);
	expect_read("half");
}

int main(void)
{
	TAP_TEST(edits_and_echoes_like_the_host);
	TAP_TEST(every_flag_means_the_same_as_on_the_host);
	TAP_TEST(raw_mode_passes_every_byte);
	TAP_TEST(control_keys_signal_and_flush);
	TAP_TEST(stop_and_start_hold_output);
	TAP_TEST(a_full_line_can_still_be_ended);
	TAP_TEST(end_of_file_reads_as_nothing);
	TAP_TEST(output_stops_when_the_buffer_is_full);
	TAP_TEST(leaving_line_mode_keeps_what_was_typed);
	return tap_done();
}
