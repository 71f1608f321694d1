/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The meaning of keys: codes of a PC keyboard (set 1) to bytes of a terminal.  Pure.  US layout. */
#ifndef TTY_KEYMAP_H
#define TTY_KEYMAP_H

#include <stdbool.h>
#include <stdint.h>

struct keymap {
	bool shift[2], ctrl[2], alt[2];		/* held: left, right */
	bool caps;
	bool extended;				/* the prefix 0xe0 came */
	unsigned skip;				/* codes of the pause key */
};

/* Shift with the page keys: for the screen and not for the program */
#define KEY_PAGE_BACK	-1
#define KEY_PAGE_FORTH	-2
#define KEY_BYTES	8

/* Takes one code; stores the typed bytes in @bytes.  Returns their number, or KEY_PAGE_... */
int keymap_code(struct keymap *map, uint8_t code, char bytes[KEY_BYTES]);

#endif
