/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the console's current line, so that it can be written again: the bytes since
 * the last newline.  Pure: no device, no lock (console.c has one).
 *
 * Escape sequences that colour, erase, or move within the line are part of it.  Queries to the
 * terminal are not, since it would answer twice.  After a sequence that places the cursor, or an
 * unknown one, the output is a picture and not a line: it is not restored until the next newline.
 */
#ifndef CONSOLE_LINE_H
#define CONSOLE_LINE_H

#include <neurath/types.h>

#define CONSOLE_LINE_SIZE	512

struct console_line {
	char text[CONSOLE_LINE_SIZE];
	u16 len;
	u16 escape;		/* start of the sequence that is being received, in text */
	bool in_escape;
	bool lost;		/* longer than text: cannot be written again */
	bool picture;
};

void console_line_put(struct console_line *line, char byte);

/* True if a message would interrupt an incomplete line. */
static inline bool console_line_is_open(const struct console_line *line)
{
	return line->len && !line->picture;
}

#endif
