/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's current line; console_line.h is the contract. */
#include <neurath/string.h>
#include <neurath/console_line.h>

#define ESCAPE	'\033'

/* Final letters of "ESC [ ..." that stay in the line (m K J C D P @ X), and of queries. */
static const char console_line_editing[] = "mKJCDP@X";
static const char console_line_asking[] = "nc";

/* "\r ESC [ K": the line is empty again, as in a program that counts in place. */
static bool console_line_is_wiped(const struct console_line *line, char last)
{
	return (last == 'K' || last == 'J') && line->len - line->escape == 3 &&
	       line->escape && line->text[line->escape - 1] == '\r';
}

static void console_line_end_escape(struct console_line *line, char last)
{
	bool asks = strchr(console_line_asking, last);

	line->in_escape = false;
	if (asks)
		line->len = line->escape;
	else if (console_line_is_wiped(line, last))
		line->len = 0;
	else if (!asks && !strchr(console_line_editing, last))
		line->picture = true;
}

/* Handles a byte behind ESC.  Only "ESC [ parameters letter" is supported. */
static void console_line_escape(struct console_line *line, char byte)
{
	unsigned int at = line->len - line->escape;	/* of this byte: 1 or more, it is stored */

	if (at == 2) {
		if (byte != '[') {
			line->in_escape = false;
			line->picture = true;
		}
		return;
	}
	if (byte >= '@' && byte <= '~')
		console_line_end_escape(line, byte);
}

void console_line_put(struct console_line *line, char byte)
{
	if (byte == '\n') {
		line->len = 0;
		line->in_escape = line->lost = line->picture = false;
		return;
	}
	if (byte == '\r' && !line->len)
		return;
	if (line->len == sizeof(line->text)) {
		line->lost = true;
		return;
	}
	if (byte == ESCAPE) {
		line->in_escape = true;
		line->escape = line->len;
	}
	line->text[line->len++] = byte;
	if (line->in_escape && byte != ESCAPE)
		console_line_escape(line, byte);
}
