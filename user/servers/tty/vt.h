/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal as a grid of cells: the effects of bytes on a vt102, with today's colours, UTF-8 and
 * line drawing.  Pure: no device, no clock.  Lines that leave at the top are kept, and the view
 * can be moved back over them.
 *
 * It does not answer queries of programs (ESC [ 6 n ...): another terminal, at the serial line,
 * gets the same bytes and answers.
 */
#ifndef TTY_VT_H
#define TTY_VT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VT_COLS_MAX	320
#define VT_ROWS_MAX	160
#define VT_HISTORY	1000	/* lines */
#define VT_PARAMS	16

/* Colours: 0-7 black red green yellow blue magenta cyan white, and 8 more for bright. */
struct vt_cell {
	uint16_t code;		/* Unicode */
	uint8_t fg, bg;
};

struct vt_pen {
	uint8_t fg, bg;
	bool bold, reverse;
};

struct vt {
	unsigned cols, rows;
	struct vt_cell *cells;		/* rows * cols */
	struct vt_cell *history;	/* ring of VT_HISTORY lines */
	unsigned long scrolled;		/* number of lines that have left at the top */
	unsigned view;			/* number of lines that the view is moved back */
	bool changed[VT_ROWS_MAX];	/* rows of the view that must be drawn */
	bool any_changed;

	unsigned x, y;
	bool wrap;			/* the next character begins a new line first */
	unsigned top, bottom;		/* the region that scrolls, inclusive */
	struct vt_pen pen;
	bool no_wrap, insert, hidden_cursor, drawing;
	struct {
		unsigned x, y;
		struct vt_pen pen;
	} saved;

	enum { VT_TEXT, VT_ESCAPE, VT_CSI, VT_STRING, VT_STRING_END, VT_SKIP, VT_CHARSET } state;
	unsigned params[VT_PARAMS], nr_params;
	bool private_mode;
	uint32_t utf8;			/* incomplete character */
	unsigned utf8_left;
};

/* At most VT_COLS_MAX x VT_ROWS_MAX cells, blank.  False: no memory. */
bool vt_init(struct vt *vt, unsigned cols, unsigned rows);
void vt_put(struct vt *vt, uint8_t byte);
/* Moves the view back (or forward, if negative) by up to @lines lines. */
void vt_scroll_view(struct vt *vt, int lines);
/* The cell that is visible at this place. */
struct vt_cell vt_look(const struct vt *vt, unsigned row, unsigned col);
/* True if the cursor is visible at this cell. */
bool vt_cursor_at(const struct vt *vt, unsigned row, unsigned col);

#endif
