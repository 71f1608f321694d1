/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws the cells of a terminal; screen.h is the contract.  A copy of the screen's contents is
 * kept, because reading the screen is slow and writing is not fast either: only cells that differ
 * are drawn.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <srv.h>
#include <uapi/screen.h>
#include "font.h"
#include "screen.h"
#include "vt.h"

#define FRAME_NS	20000000ll	/* minimum time between two drawings */

struct shown {
	struct vt_cell cell;
	bool cursor, valid;
};

static struct vt vt;
static struct screen_info info;
static volatile uint8_t *memory;	/* NULL: no screen */
static struct shown *shown;		/* contents of each cell on the screen */
static int64_t next_frame;

static const uint32_t palette[16] = {
	0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa,
	0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff, 0x55ffff, 0xffffff,
};

/* ---- one cell ----------------------------------------------------------------------- */

static const uint8_t *glyph_of(uint16_t code)
{
	static const uint8_t box[FONT_HEIGHT] = { 0, 0, 0, 0x7e, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42,
						  0x42, 0x42, 0x42, 0x7e, 0, 0 };
	unsigned low = 0, high = font_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (font_glyphs[middle].code == code)
			return font_glyphs[middle].rows;
		if (font_glyphs[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return box;
}

/* A pixel has four bytes, or three: blue, green, red. */
static void draw_pixel(volatile uint8_t *at, uint32_t color)
{
	if (info.depth == 32) {
		*(volatile uint32_t *)at = color;
		return;
	}
	at[0] = (uint8_t)color;
	at[1] = (uint8_t)(color >> 8);
	at[2] = (uint8_t)(color >> 16);
}

static void draw_pixels(unsigned row, unsigned col, struct vt_cell cell)
{
	const uint8_t *rows = glyph_of(cell.code);
	size_t bytes = info.depth / 8;
	volatile uint8_t *line = memory + (size_t)row * FONT_HEIGHT * info.pitch +
				 col * FONT_WIDTH * bytes;

	for (unsigned y = 0; y < FONT_HEIGHT; y++, line += info.pitch)
		for (unsigned x = 0; x < FONT_WIDTH; x++)
			draw_pixel(line + x * bytes,
				   palette[rows[y] & 0x80 >> x ? cell.fg : cell.bg]);
}

/* ---- changed cells ------------------------------------------------------------------ */

static void draw_cell(unsigned row, unsigned col)
{
	struct shown *old = &shown[row * vt.cols + col];
	struct vt_cell cell = vt_look(&vt, row, col);
	bool cursor = vt_cursor_at(&vt, row, col);

	if (old->valid && old->cursor == cursor && !memcmp(&old->cell, &cell, sizeof(cell)))
		return;
	*old = (struct shown){ cell, cursor, true };
	if (cursor)
		cell = (struct vt_cell){ cell.code, cell.bg, cell.fg };
	draw_pixels(row, col, cell);
}

int64_t screen_draw(void)
{
	if (!memory || !vt.any_changed)
		return SRV_NEVER;
	if (srv_clock() < next_frame)
		return next_frame;
	for (unsigned row = 0; row < vt.rows; row++) {
		for (unsigned col = 0; vt.changed[row] && col < vt.cols; col++)
			draw_cell(row, col);
		vt.changed[row] = false;
	}
	vt.any_changed = false;
	next_frame = srv_clock() + FRAME_NS;
	return SRV_NEVER;
}

void screen_put(uint8_t byte)
{
	if (memory)
		vt_put(&vt, byte);
}

void screen_page(int half_pages)
{
	if (memory)
		vt_scroll_view(&vt, half_pages * (int)(vt.rows / 2));
}

/* ---- start -------------------------------------------------------------------------- */

/* True if the screen can be drawn on; sets its size in cells. */
static bool measure(unsigned *cols, unsigned *rows)
{
	*cols = info.width / FONT_WIDTH;
	*rows = info.height / FONT_HEIGHT;
	return info.type == SCREEN_PIXELS && (info.depth == 32 || info.depth == 24) &&
	       *cols >= 20 && *rows >= 5;
}

int screen_init(void)
{
	unsigned cols, rows;
	long address = screen_map(&info);

	if (address < 0)
		return (int)address;
	if (!measure(&cols, &rows))
		return -ENODEV;
	if (!vt_init(&vt, cols, rows))
		return -ENOMEM;
	shown = calloc((size_t)vt.cols * vt.rows, sizeof(*shown));
	if (!shown)
		return -ENOMEM;
	memory = (volatile uint8_t *)address;
	return 0;
}

bool screen_present(void)
{
	return memory;
}

unsigned screen_cols(void)
{
	return vt.cols;
}

unsigned screen_rows(void)
{
	return vt.rows;
}
