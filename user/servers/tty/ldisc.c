/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's side of the line discipline: input processing, editing, reading. See ldisc.h. */
#include <signal.h>
#include <string.h>
#include <termios.h>
#include "ldisc.h"

#define DISABLED	0	/* a control character that is disabled (_POSIX_VDISABLE) */

/* The initial settings of a login on a serial line. */
void ldisc_init(struct ldisc *ld)
{
	static const uint8_t defaults[19] = {
		[VINTR] = 3, [VQUIT] = 28, [VERASE] = 127, [VKILL] = 21, [VEOF] = 4, [VTIME] = 0,
		[VMIN] = 1, [VSTART] = 17, [VSTOP] = 19, [VSUSP] = 26, [VREPRINT] = 18,
		[VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
	};

	memset(ld, 0, sizeof(*ld));
	ld->termios.iflag = ICRNL | IXON | IUTF8;
	ld->termios.oflag = OPOST | ONLCR;
	ld->termios.cflag = B115200 | CS8 | CREAD | HUPCL | CLOCAL;
	ld->termios.lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	memcpy(ld->termios.cc, defaults, sizeof(defaults));
	ld->winsize.rows = 24;
	ld->winsize.cols = 80;
}

static bool has(const struct ldisc *ld, uint32_t lflag)
{
	return ld->termios.lflag & lflag;
}

/* True if @byte is the control character @which. */
static bool is_cc(const struct ldisc *ld, unsigned which, uint8_t byte)
{
	return byte == ld->termios.cc[which] && byte != DISABLED;
}

static size_t in_room(const struct ldisc *ld)
{
	return IN_SIZE - (ld->in_head - ld->in_tail);
}

static void in_append(struct ldisc *ld, uint16_t value)
{
	ld->in[ld->in_head++ % IN_SIZE] = value;
	if (!has(ld, ICANON) || value & (IN_DELIM | IN_EOF))
		ld->in_ready = ld->in_head;
}

static void bell(struct ldisc *ld)
{
	if (ld->termios.iflag & IMAXBEL)
		ldisc_put(ld, '\a');
}

void ldisc_flush_input(struct ldisc *ld)
{
	ld->in_tail = ld->in_ready = ld->in_head;
	ld->literal = false;
}

void ldisc_flush_output(struct ldisc *ld)
{
	ld->out_tail = ld->out_head;
}

static int signal_of(const struct ldisc *ld, uint8_t byte)
{
	if (!has(ld, ISIG))
		return 0;
	if (is_cc(ld, VINTR, byte))
		return SIGINT;
	if (is_cc(ld, VQUIT, byte))
		return SIGQUIT;
	return is_cc(ld, VSUSP, byte) ? SIGTSTP : 0;
}

static void input_signal(struct ldisc *ld, uint8_t byte, int signal)
{
	if (!has(ld, NOFLSH)) {
		ldisc_flush_input(ld);
		ldisc_flush_output(ld);
	}
	ld->stopped = false;
	echo_byte(ld, byte);
	ld->signal(ld, signal);
}

/* Stop and start; true if the byte is one of them. */
static bool input_flow(struct ldisc *ld, uint8_t byte)
{
	if (!(ld->termios.iflag & IXON))
		return false;
	if (is_cc(ld, VSTART, byte)) {
		ld->stopped = false;
		return true;
	}
	if (is_cc(ld, VSTOP, byte)) {
		ld->stopped = true;
		return true;
	}
	if (ld->termios.iflag & IXANY)
		ld->stopped = false;
	return false;
}

/* A newline moves the cursor; one quoted by VLNEXT is shown as ^J like other bytes. */
static void echo_typed(struct ldisc *ld, uint8_t byte)
{
	if (byte == '\n')
		echo_newline(ld);
	else
		echo_byte(ld, byte);
}

/* A byte of the line.  One place is reserved for the byte that ends the line. */
static void input_data(struct ldisc *ld, uint8_t byte, bool quoted)
{
	if (in_room(ld) <= (has(ld, ICANON) ? 1 : 0)) {
		bell(ld);
		return;
	}
	if (quoted)
		echo_byte(ld, byte);
	else
		echo_typed(ld, byte);
	in_append(ld, byte);
}

/* Editing keys; true if the byte is one. */
static bool input_edit(struct ldisc *ld, uint8_t byte)
{
	if (is_cc(ld, VERASE, byte) || (byte == '\b' && ld->termios.cc[VERASE] == 127))
		edit_erase(ld);
	else if (is_cc(ld, VKILL, byte))
		edit_kill(ld);
	else if (has(ld, IEXTEN) && is_cc(ld, VWERASE, byte))
		edit_erase_word(ld);
	else if (has(ld, IEXTEN) && has(ld, ECHO) && is_cc(ld, VREPRINT, byte))
		edit_reprint(ld);
	else
		return false;
	return true;
}

/* Bytes that end a line; true if the byte is one. */
static bool input_delimiter(struct ldisc *ld, uint8_t byte)
{
	if (is_cc(ld, VEOF, byte)) {
		if (in_room(ld))
			in_append(ld, byte | IN_EOF);
		return true;
	}
	if (byte != '\n' && !is_cc(ld, VEOL, byte) &&
	    !(has(ld, IEXTEN) && is_cc(ld, VEOL2, byte)))
		return false;
	if (!in_room(ld)) {
		bell(ld);
		return true;
	}
	echo_typed(ld, byte);
	in_append(ld, byte | IN_DELIM);
	return true;
}

static void input_canonical(struct ldisc *ld, uint8_t byte)
{
	if (has(ld, IEXTEN) && is_cc(ld, VLNEXT, byte)) {
		ld->literal = true;
		if (has(ld, ECHO) && has(ld, ECHOCTL)) {
			if (ld->in_head == ld->in_ready)
				ld->edit_column = ld->column;
			ldisc_put(ld, '^');
			ldisc_put(ld, '\b');
		}
		return;
	}
	if (!input_edit(ld, byte) && !input_delimiter(ld, byte))
		input_data(ld, byte, false);
}

/* Mappings of carriage return and newline; false if the byte is ignored. */
static bool input_map(const struct ldisc *ld, uint8_t *byte)
{
	uint32_t iflag = ld->termios.iflag;

	if (*byte == '\r') {
		if (iflag & IGNCR)
			return false;
		if (iflag & ICRNL)
			*byte = '\n';
	} else if (*byte == '\n' && iflag & INLCR) {
		*byte = '\r';
	}
	return true;
}

void ldisc_input(struct ldisc *ld, uint8_t byte)
{
	int signal;

	if (!(ld->termios.cflag & CREAD))
		return;
	if (ld->termios.iflag & ISTRIP)
		byte &= 0x7f;
	if (ld->literal) {
		ld->literal = false;
		input_data(ld, byte, true);
		return;
	}
	if (!input_map(ld, &byte) || input_flow(ld, byte))
		return;
	signal = signal_of(ld, byte);
	if (signal)
		input_signal(ld, byte, signal);
	else if (has(ld, ICANON))
		input_canonical(ld, byte);
	else
		input_data(ld, byte, false);
}

bool ldisc_has_line(const struct ldisc *ld)
{
	return ld->in_ready != ld->in_tail;
}

size_t ldisc_raw_count(const struct ldisc *ld)
{
	return ld->in_head - ld->in_tail;
}

size_t ldisc_readable_bytes(const struct ldisc *ld)
{
	return (has(ld, ICANON) ? ld->in_ready : ld->in_head) - ld->in_tail;
}

static size_t read_line(struct ldisc *ld, uint8_t *buf, size_t size)
{
	size_t n = 0;

	while (ld->in_tail != ld->in_ready) {
		uint16_t value = ld->in[ld->in_tail % IN_SIZE];

		/* An end of file directly behind the requested bytes belongs to them. */
		if (value & IN_EOF) {
			ld->in_tail++;
			break;
		}
		if (n == size)
			break;
		ld->in_tail++;
		buf[n++] = (uint8_t)value;
		if (value & IN_DELIM)
			break;
	}
	return n;
}

size_t ldisc_read(struct ldisc *ld, uint8_t *buf, size_t size)
{
	size_t n = 0;

	if (has(ld, ICANON))
		return read_line(ld, buf, size);
	while (n < size && ld->in_tail != ld->in_head)
		buf[n++] = (uint8_t)ld->in[ld->in_tail++ % IN_SIZE];
	if ((int32_t)(ld->in_ready - ld->in_tail) < 0)
		ld->in_ready = ld->in_tail;
	return n;
}

void ldisc_set_termios(struct ldisc *ld, const struct ktermios *termios)
{
	bool was_canonical = has(ld, ICANON);

	ld->termios = *termios;
	/* The typed input is kept, and can no longer be edited. */
	if (was_canonical != has(ld, ICANON))
		ld->in_ready = ld->in_head;
	if (!has(ld, ICANON) || !has(ld, IEXTEN))
		ld->literal = false;
	if (!(ld->termios.iflag & IXON))
		ld->stopped = false;
}
