/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The letters of the screen; tools/font.py makes the table when the server is built. */
#ifndef TTY_FONT_H
#define TTY_FONT_H

#include <stdint.h>

#define FONT_WIDTH	8
#define FONT_HEIGHT	16

struct glyph {
	uint32_t code;			/* Unicode; the table is sorted by it */
	uint8_t rows[FONT_HEIGHT];	/* leftmost pixel in the highest bit */
};

extern const struct glyph font_glyphs[];
extern const unsigned font_count;

#endif
