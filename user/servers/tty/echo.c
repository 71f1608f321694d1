/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output side of the line discipline: output processing, echo, and erasing typed characters
 * on the screen.  It tracks the cursor's column, since a tab is erased by as many backspaces as
 * it has moved the cursor.
 */
#include <ctype.h>
#include <termios.h>
#include "ldisc.h"

#define TAB_WIDTH	8

static bool is_control(uint8_t byte)
{
	return byte < 0x20 || byte == 0x7f;
}

static bool is_utf8_tail(const struct ldisc *ld, uint8_t byte)
{
	return (ld->termios.iflag & IUTF8) && (byte & 0xc0) == 0x80;
}

static void put_raw(struct ldisc *ld, uint8_t byte)
{
	if (ldisc_out_room(ld))
		ld->out[ld->out_head++ % OUT_SIZE] = byte;
}

static void put_newline(struct ldisc *ld)
{
	if (ld->termios.oflag & ONLCR)
		put_raw(ld, '\r');
	if (ld->termios.oflag & (ONLCR | ONLRET))
		ld->column = 0;
	ld->edit_column = ld->column;	/* a new line starts here */
	put_raw(ld, '\n');
}

static void put_return(struct ldisc *ld)
{
	if (ld->termios.oflag & ONOCR && !ld->column)
		return;
	if (!(ld->termios.oflag & OCRNL) || ld->termios.oflag & ONLRET)
		ld->edit_column = ld->column = 0;
	put_raw(ld, ld->termios.oflag & OCRNL ? '\n' : '\r');
}

static void put_tab(struct ldisc *ld)
{
	unsigned spaces = TAB_WIDTH - ld->column % TAB_WIDTH;

	ld->column += spaces;
	if ((ld->termios.oflag & TABDLY) != TAB3)
		put_raw(ld, '\t');
	else
		while (spaces--)
			put_raw(ld, ' ');
}

bool ldisc_put(struct ldisc *ld, uint8_t byte)
{
	/* The longest result for one byte is a tab of spaces. */
	if (ldisc_out_room(ld) < TAB_WIDTH)
		return false;
	if (!(ld->termios.oflag & OPOST)) {
		put_raw(ld, byte);
		return true;
	}
	switch (byte) {
	case '\n':
		put_newline(ld);
		break;
	case '\r':
		put_return(ld);
		break;
	case '\t':
		put_tab(ld);
		break;
	case '\b':
		if (ld->column)
			ld->column--;
		put_raw(ld, byte);
		break;
	default:
		if (!is_control(byte) && !is_utf8_tail(ld, byte))
			ld->column++;
		put_raw(ld, byte);
	}
	return true;
}

size_t ldisc_write(struct ldisc *ld, const uint8_t *bytes, size_t count)
{
	size_t done = 0;

	while (done < count && ldisc_put(ld, bytes[done]))
		done++;
	return done;
}

/* True if a typed control character is shown as ^X. */
static bool shown_with_caret(const struct ldisc *ld, uint8_t byte)
{
	return (ld->termios.lflag & ECHOCTL) && is_control(byte) && byte != '\t';
}

static void show(struct ldisc *ld, uint8_t byte)
{
	if (shown_with_caret(ld, byte)) {
		ldisc_put(ld, '^');
		ldisc_put(ld, byte ^ 0x40);
	} else {
		ldisc_put(ld, byte);
	}
}

void echo_newline(struct ldisc *ld)
{
	if (ld->termios.lflag & ECHO ||
	    (ld->termios.lflag & ECHONL && ld->termios.lflag & ICANON))
		ldisc_put(ld, '\n');
}

void echo_byte(struct ldisc *ld, uint8_t byte)
{
	if (!(ld->termios.lflag & ECHO))
		return;
	if (ld->in_head == ld->in_ready)
		ld->edit_column = ld->column;
	show(ld, byte);
}

static uint8_t typed(const struct ldisc *ld, uint32_t position)
{
	return (uint8_t)ld->in[position % IN_SIZE];
}

static bool line_is_empty(const struct ldisc *ld)
{
	return ld->in_head == ld->in_ready;
}

/* The column at the end of the line being edited. */
static unsigned line_column(const struct ldisc *ld)
{
	unsigned column = ld->edit_column;

	for (uint32_t i = ld->in_ready; i != ld->in_head; i++) {
		uint8_t byte = typed(ld, i);

		if (byte == '\t')
			column += TAB_WIDTH - column % TAB_WIDTH;
		else if (shown_with_caret(ld, byte))
			column += 2;
		else if (!is_control(byte) && !is_utf8_tail(ld, byte))
			column++;
	}
	return column;
}

/* Removes the last character; with UTF-8 all of its bytes. */
static void drop_last(struct ldisc *ld)
{
	do
		ld->in_head--;
	while (!line_is_empty(ld) && is_utf8_tail(ld, typed(ld, ld->in_head)));
}

/* A tab is erased by moving only: the cells that it skipped were not overwritten. */
static void wipe(struct ldisc *ld, unsigned width, bool blank)
{
	while (width--) {
		ldisc_put(ld, '\b');
		if (blank) {
			ldisc_put(ld, ' ');
			ldisc_put(ld, '\b');
		}
	}
}

/* ECHOE applies only to single characters: words and lines are always wiped. */
static void erase_last(struct ldisc *ld, bool wiping)
{
	unsigned before = line_column(ld);
	uint8_t last;

	if (line_is_empty(ld))
		return;
	last = typed(ld, ld->in_head - 1);
	drop_last(ld);
	if (!(ld->termios.lflag & ECHO))
		return;
	if (wiping)
		wipe(ld, before - line_column(ld), last != '\t');
	else
		show(ld, ld->termios.cc[VERASE]);
}

void edit_erase(struct ldisc *ld)
{
	erase_last(ld, ld->termios.lflag & ECHOE);
}

/* Letters beyond ASCII: each UTF-8 character, otherwise the upper half of Latin-1. */
static bool last_is_word(const struct ldisc *ld)
{
	uint32_t at = ld->in_head - 1;
	uint8_t byte;

	while (at != ld->in_ready && is_utf8_tail(ld, typed(ld, at)))
		at--;
	byte = typed(ld, at);
	return isalnum(byte) || byte == '_' || byte >= 0xc0;
}

void edit_erase_word(struct ldisc *ld)
{
	while (!line_is_empty(ld) && !last_is_word(ld))
		erase_last(ld, true);
	while (!line_is_empty(ld) && last_is_word(ld))
		erase_last(ld, true);
}

void edit_kill(struct ldisc *ld)
{
	const uint32_t all = ECHO | ECHOE | ECHOK | ECHOKE;

	if (line_is_empty(ld))
		return;
	if ((ld->termios.lflag & all) == all) {
		while (!line_is_empty(ld))
			erase_last(ld, true);
		return;
	}
	ld->in_head = ld->in_ready;
	if (ld->termios.lflag & ECHO) {
		show(ld, ld->termios.cc[VKILL]);
		if (ld->termios.lflag & ECHOK)
			ldisc_put(ld, '\n');
	}
}

void edit_reprint(struct ldisc *ld)
{
	show(ld, ld->termios.cc[VREPRINT]);
	ldisc_put(ld, '\n');
	ld->edit_column = ld->column;
	for (uint32_t i = ld->in_ready; i != ld->in_head; i++)
		show(ld, typed(ld, i));
}
