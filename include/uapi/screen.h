/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen in the mode that the boot loader has set.
 *
 * long screen_map(struct screen_info *info)				uid 0
 *	Address of its memory, uncached, and its format.  -ENODEV: there is no screen.
 */
#ifndef UAPI_SCREEN_H
#define UAPI_SCREEN_H

#include <stdint.h>

/* one of the three colours in each byte of a pixel; blue is the first */
#define SCREEN_PIXELS	1
/* cells of a character and its colours; width and height in cells */
#define SCREEN_TEXT	2

struct screen_info {
	uint32_t type;		/* SCREEN_ */
	uint32_t width, height;
	uint32_t pitch;		/* bytes from one row to the next */
	uint32_t depth;		/* bits of a pixel or cell */
	uint32_t unused;
	uint64_t size;		/* of the mapping */
};
_Static_assert(sizeof(struct screen_info) == 32, "what a screen looks like is 32 bytes");

#endif
