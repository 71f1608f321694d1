/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports on the screen: red on black, from the top down, over the terminal driver's text.  When
 * the screen is full, lines continue at the top.  The driver draws only changes, so the lines
 * stay until text is written there.
 *
 * Only pixels of 24 or 32 bits are supported, as in the driver.  The letters are ASCII, from the
 * same font.  The build makes generated/font.h from it, which is empty if GRUB's font is missing.
 *
 * No lock: the only writer is the CPU that reports (kernel/sched/report.c) or panics.
 */
#include <generated/font.h>
#include <neurath/boot.h>
#include <neurath/console.h>
#include <neurath/init.h>
#include <neurath/string.h>
#include "console_screen.h"

/* for a larger screen only its upper lines are used */
#define SCREEN_MAPPED_MAX	(16UL << 20)
#define SCREEN_PIXELS		1		/* boot_framebuffer.type */
#define SCREEN_PAPER		0x000000u
#define SCREEN_INK		0xff5555u

static volatile u8 *screen;		/* NULL: no screen */
static unsigned screen_cols, screen_rows, screen_pitch, screen_bytes;
static unsigned screen_row, screen_col;

void __init console_screen_init(void *(*map)(phys_addr_t start, size_t size))
{
	const struct boot_framebuffer *fb = &boot_info.framebuffer;
	size_t size = min((size_t)fb->pitch * fb->height, SCREEN_MAPPED_MAX);

	if (!ARRAY_SIZE(screen_font) || !fb->address || fb->type != SCREEN_PIXELS ||
	    (fb->bpp != 32 && fb->bpp != 24) || !fb->pitch ||
	    boot_is_ram(fb->address, fb->address + size))
		return;
	screen_bytes = fb->bpp / 8;
	screen_pitch = fb->pitch;
	screen_cols = fb->width / SCREEN_FONT_WIDTH;
	screen_rows = (unsigned)(size / fb->pitch) / SCREEN_FONT_HEIGHT;
	if (screen_cols && screen_rows)
		screen = map(fb->address, size);
}

static void screen_pixel(volatile u8 *at, u32 color)
{
	at[0] = (u8)color;
	at[1] = (u8)(color >> 8);
	at[2] = (u8)(color >> 16);
}

static void screen_cell(unsigned row, unsigned col, char c)
{
	volatile u8 *line = screen + (size_t)row * SCREEN_FONT_HEIGHT * screen_pitch +
			    (size_t)col * SCREEN_FONT_WIDTH * screen_bytes;
	const u8 *glyph = screen_font[c > ' ' && c <= '~' ? c - ' ' : 0];

	for (unsigned y = 0; y < SCREEN_FONT_HEIGHT; y++, line += screen_pitch)
		for (unsigned x = 0; x < SCREEN_FONT_WIDTH; x++)
			screen_pixel(line + x * screen_bytes,
				     glyph[y] & 0x80 >> x ? SCREEN_INK : SCREEN_PAPER);
}

static void screen_end_line(void)
{
	while (screen_col < screen_cols)
		screen_cell(screen_row, screen_col++, ' ');
	screen_col = 0;
	screen_row = (screen_row + 1) % screen_rows;
}

void console_screen_line(const char *text, size_t n)
{
	if (!screen)
		return;
	for (size_t i = 0; i < n; i++) {
		if (screen_col == screen_cols)
			screen_end_line();
		screen_cell(screen_row, screen_col++, text[i]);
	}
	screen_end_line();
}
