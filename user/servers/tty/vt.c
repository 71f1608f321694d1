/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grid: characters, scrolling, history; vt.h is the contract, vtseq.c the escape sequences. */
#include <stdlib.h>
#include <string.h>
#include "vt_internal.h"

#define REPLACEMENT	0xfffd

/* DEC's line drawing, from 0x60 on. */
static const uint16_t drawing[] = {
	0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518,
	0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524,
	0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

static struct vt_cell *line_of(struct vt *vt, unsigned row)
{
	return vt->cells + (size_t)row * vt->cols;
}

static void touch(struct vt *vt, unsigned row)
{
	vt->changed[row] = vt->any_changed = true;
}

static void touch_all(struct vt *vt)
{
	memset(vt->changed, true, vt->rows);
	vt->any_changed = true;
}

static struct vt_cell blank(const struct vt *vt)
{
	return (struct vt_cell){ .code = ' ', .fg = vt->pen.fg, .bg = vt->pen.bg };
}

static struct vt_cell written(const struct vt *vt, uint16_t code)
{
	uint8_t fg = vt->pen.fg | (vt->pen.bold ? 8 : 0), bg = vt->pen.bg;

	return vt->pen.reverse ? (struct vt_cell){ code, bg, fg & 7 } :
				 (struct vt_cell){ code, fg, bg };
}

void vt_reset(struct vt *vt)
{
	vt->pen = (struct vt_pen){ .fg = 7 };
	vt->x = vt->y = vt->top = 0;
	vt->bottom = vt->rows - 1;
	vt->wrap = vt->no_wrap = vt->insert = vt->hidden_cursor = vt->drawing = false;
	vt->state = VT_TEXT;
	vt->utf8_left = 0;
	memset(&vt->saved, 0, sizeof(vt->saved));
	vt->saved.pen = vt->pen;
	vt_erase(vt, 0, 0, vt->rows - 1, vt->cols);
}

bool vt_init(struct vt *vt, unsigned cols, unsigned rows)
{
	memset(vt, 0, sizeof(*vt));
	vt->cols = cols < VT_COLS_MAX ? cols : VT_COLS_MAX;
	vt->rows = rows < VT_ROWS_MAX ? rows : VT_ROWS_MAX;
	vt->cells = calloc((size_t)vt->cols * vt->rows, sizeof(*vt->cells));
	vt->history = calloc((size_t)vt->cols * VT_HISTORY, sizeof(*vt->history));
	if (!vt->cells || !vt->history)
		return false;
	vt_reset(vt);
	return true;
}

/* ---- moving lines ------------------------------------------------------------------- */

void vt_erase(struct vt *vt, unsigned row, unsigned col, unsigned last_row, unsigned end_col)
{
	for (; row <= last_row && row < vt->rows; row++, col = 0) {
		unsigned end = row == last_row ? end_col : vt->cols;

		for (unsigned x = col; x < end && x < vt->cols; x++)
			line_of(vt, row)[x] = blank(vt);
		touch(vt, row);
	}
}

static void keep_line(struct vt *vt, unsigned row)
{
	memcpy(vt->history + vt->scrolled % VT_HISTORY * vt->cols, line_of(vt, row),
	       vt->cols * sizeof(*vt->cells));
	vt->scrolled++;
}

void vt_scroll(struct vt *vt, unsigned top, unsigned bottom, int lines)
{
	unsigned height = bottom - top + 1;
	unsigned n = lines < 0 ? -lines : lines;
	size_t bytes;

	if (n > height)
		n = height;
	bytes = (size_t)(height - n) * vt->cols * sizeof(*vt->cells);
	if (lines > 0) {
		for (unsigned i = 0; top == 0 && i < n; i++)
			keep_line(vt, i);
		memmove(line_of(vt, top), line_of(vt, top + n), bytes);
		vt_erase(vt, bottom + 1 - n, 0, bottom, vt->cols);
	} else if (lines < 0) {
		memmove(line_of(vt, top + n), line_of(vt, top), bytes);
		vt_erase(vt, top, 0, top + n - 1, vt->cols);
	}
	for (unsigned row = top; row <= bottom; row++)
		touch(vt, row);
}

void vt_shift_line(struct vt *vt, int cells)
{
	struct vt_cell *line = line_of(vt, vt->y);
	unsigned room = vt->cols - vt->x, n = cells < 0 ? -cells : cells;

	if (n > room)
		n = room;
	if (cells > 0) {
		memmove(line + vt->x + n, line + vt->x, (room - n) * sizeof(*line));
		vt_erase(vt, vt->y, vt->x, vt->y, vt->x + n);
	} else {
		memmove(line + vt->x, line + vt->x + n, (room - n) * sizeof(*line));
		vt_erase(vt, vt->y, vt->cols - n, vt->y, vt->cols);
	}
}

void vt_move(struct vt *vt, int x, int y)
{
	touch(vt, vt->y);
	vt->x = x < 0 ? 0 : x >= (int)vt->cols ? vt->cols - 1 : (unsigned)x;
	vt->y = y < 0 ? 0 : y >= (int)vt->rows ? vt->rows - 1 : (unsigned)y;
	vt->wrap = false;
	touch(vt, vt->y);
}

void vt_line_feed(struct vt *vt)
{
	if (vt->y == vt->bottom)
		vt_scroll(vt, vt->top, vt->bottom, 1);
	else
		vt_move(vt, vt->x, vt->y + 1);
	vt->wrap = false;
}

/* ---- characters --------------------------------------------------------------------- */

static void put_character(struct vt *vt, uint32_t code)
{
	if (vt->drawing && code >= 0x60 && code < 0x60 + sizeof(drawing) / sizeof(drawing[0]))
		code = drawing[code - 0x60];
	if (code > 0xffff)
		code = REPLACEMENT;
	if (vt->wrap && !vt->no_wrap) {
		vt_move(vt, 0, vt->y);
		vt_line_feed(vt);
	}
	if (vt->insert)
		vt_shift_line(vt, 1);
	line_of(vt, vt->y)[vt->x] = written(vt, code);
	touch(vt, vt->y);
	if (vt->x + 1 < vt->cols)
		vt->x++;
	else
		vt->wrap = true;
}

/* One byte of text; invalid UTF-8 is shown as the replacement character. */
static void put_text(struct vt *vt, uint8_t byte)
{
	if (vt->utf8_left && (byte & 0xc0) == 0x80) {
		vt->utf8 = vt->utf8 << 6 | (byte & 0x3f);
		if (--vt->utf8_left == 0)
			put_character(vt, vt->utf8);
		return;
	}
	if (vt->utf8_left)
		put_character(vt, REPLACEMENT);
	vt->utf8_left = 0;
	if (byte < 0x80) {
		put_character(vt, byte);
	} else if ((byte & 0xe0) == 0xc0) {
		vt->utf8 = byte & 0x1f;
		vt->utf8_left = 1;
	} else if ((byte & 0xf0) == 0xe0) {
		vt->utf8 = byte & 0x0f;
		vt->utf8_left = 2;
	} else if ((byte & 0xf8) == 0xf0) {
		vt->utf8 = byte & 0x07;
		vt->utf8_left = 3;
	} else {
		put_character(vt, REPLACEMENT);
	}
}

/* Control characters work in the middle of escape sequences, too. */
static bool put_control(struct vt *vt, uint8_t byte)
{
	switch (byte) {
	case '\b':
		vt_move(vt, (int)vt->x - 1, vt->y);
		return true;
	case '\t':
		vt_move(vt, (vt->x | 7) + 1, vt->y);
		return true;
	case '\n':
	case '\v':
	case '\f':
		vt_line_feed(vt);
		return true;
	case '\r':
		vt_move(vt, 0, vt->y);
		return true;
	case 0x0e:
	case 0x0f:		/* other character set and back: only the vt's own line drawing */
		vt->drawing = byte == 0x0e;
		return true;
	case 0x18:
	case 0x1a:
		vt->state = VT_TEXT;
		return true;
	case 0x1b:
		vt->state = VT_ESCAPE;
		return true;
	}
	return byte < 0x20 || byte == 0x7f;
}

void vt_put(struct vt *vt, uint8_t byte)
{
	/* A view of old lines returns to the end when new output comes. */
	if (vt->view)
		vt_scroll_view(vt, -(int)vt->view);
	if (vt->state == VT_STRING || vt->state == VT_STRING_END)
		vt_string_byte(vt, byte);
	else if (put_control(vt, byte))
		;
	else if (vt->state == VT_TEXT)
		put_text(vt, byte);
	else
		vt_sequence_byte(vt, byte);
}

/* ---- the view ----------------------------------------------------------------------- */

void vt_scroll_view(struct vt *vt, int lines)
{
	long most = vt->scrolled < VT_HISTORY ? vt->scrolled : VT_HISTORY;
	long view = (long)vt->view + lines;

	view = view < 0 ? 0 : view > most ? most : view;
	if (view == vt->view)
		return;
	vt->view = view;
	touch_all(vt);
}

struct vt_cell vt_look(const struct vt *vt, unsigned row, unsigned col)
{
	if (row < vt->view)
		return vt->history[(vt->scrolled - vt->view + row) % VT_HISTORY * vt->cols + col];
	return vt->cells[(size_t)(row - vt->view) * vt->cols + col];
}

bool vt_cursor_at(const struct vt *vt, unsigned row, unsigned col)
{
	return !vt->hidden_cursor && row == vt->y + vt->view && col == vt->x;
}
