/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys to bytes; keymap.h is the contract. */
#include <string.h>
#include "keymap.h"

#define RELEASE		0x80
#define PREFIX		0xe0
#define PREFIX_PAUSE	0xe1
#define PAUSE_CODES	5	/* after its prefix: press and release at once */
#define CODES		0x59

enum { CTRL = 0x1d, LEFT_SHIFT = 0x2a, RIGHT_SHIFT = 0x36, ALT = 0x38, CAPS = 0x3a,
       KEYPAD_SLASH = 0x35, KEYPAD_ENTER = 0x1c, PAGE_UP = 0x49, PAGE_DOWN = 0x51 };

/* By code. 0: the key types no character. */
static const char plain[CODES] =
	"\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 \0"
	"\0\0\0\0\0\0\0\0\0\0\0\0" "789-456+1230.";
static const char shifted[CODES] =
	"\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 \0"
	"\0\0\0\0\0\0\0\0\0\0\0\0" "789-456+1230.";

/* Keys that type a sequence. */
static const struct {
	uint8_t code;
	bool extended;
	const char *bytes;
} sequences[] = {
	{ 0x48, true, "\033[A" }, { 0x50, true, "\033[B" }, { 0x4d, true, "\033[C" },
	{ 0x4b, true, "\033[D" }, { 0x47, true, "\033[1~" }, { 0x4f, true, "\033[4~" },
	{ 0x52, true, "\033[2~" }, { 0x53, true, "\033[3~" }, { 0x49, true, "\033[5~" },
	{ 0x51, true, "\033[6~" },
	{ 0x3b, false, "\033OP" }, { 0x3c, false, "\033OQ" }, { 0x3d, false, "\033OR" },
	{ 0x3e, false, "\033OS" }, { 0x3f, false, "\033[15~" }, { 0x40, false, "\033[17~" },
	{ 0x41, false, "\033[18~" }, { 0x42, false, "\033[19~" }, { 0x43, false, "\033[20~" },
	{ 0x44, false, "\033[21~" }, { 0x57, false, "\033[23~" }, { 0x58, false, "\033[24~" },
};

/* Keys that are held down; true if @key is one. */
static bool take_modifier(struct keymap *map, uint8_t key, bool pressed, bool extended)
{
	switch (key) {
	case LEFT_SHIFT:
	case RIGHT_SHIFT:
		/* With the prefix it is a fake code that some keys send in addition. */
		if (!extended)
			map->shift[key == RIGHT_SHIFT] = pressed;
		return true;
	case CTRL:
		map->ctrl[extended] = pressed;
		return true;
	case ALT:
		map->alt[extended] = pressed;
		return true;
	case CAPS:
		map->caps ^= pressed;
		return true;
	}
	return false;
}

/* The byte of Ctrl with a character; -1: none. */
static int with_ctrl(char c)
{
	if (c >= '@' && c < 0x7f)
		return c & 0x1f;
	switch (c) {
	case ' ':
	case '2':
		return 0;
	case '/':
		return 0x1f;
	case 0x7f:
		return '\b';
	}
	return c < ' ' ? c : -1;
}

static char character(const struct keymap *map, uint8_t key, bool extended)
{
	bool shift = map->shift[0] || map->shift[1];
	char c = plain[key];

	if (extended)
		return key == KEYPAD_SLASH ? '/' : key == KEYPAD_ENTER ? '\r' : 0;
	if (map->caps && c >= 'a' && c <= 'z')
		shift = !shift;
	return shift ? shifted[key] : c;
}

static int type_sequence(const char *bytes, char out[KEY_BYTES])
{
	int n = (int)strlen(bytes);

	memcpy(out, bytes, n);
	return n;
}

static int press(struct keymap *map, uint8_t key, bool extended, char bytes[KEY_BYTES])
{
	bool shift = map->shift[0] || map->shift[1];
	int n = 0, c;

	if (extended && shift && (key == PAGE_UP || key == PAGE_DOWN))
		return key == PAGE_UP ? KEY_PAGE_BACK : KEY_PAGE_FORTH;
	for (unsigned i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if (sequences[i].code == key && sequences[i].extended == extended)
			return type_sequence(sequences[i].bytes, bytes);
	c = key < CODES ? (unsigned char)character(map, key, extended) : 0;
	if (!c)
		return 0;
	if (map->ctrl[0] || map->ctrl[1])
		c = with_ctrl((char)c);
	if (c < 0)
		return 0;
	if (map->alt[0] || map->alt[1])
		bytes[n++] = 0x1b;
	bytes[n++] = (char)c;
	return n;
}

int keymap_code(struct keymap *map, uint8_t code, char bytes[KEY_BYTES])
{
	bool extended = map->extended;

	if (map->skip) {
		map->skip--;
		return 0;
	}
	map->extended = code == PREFIX;
	if (code == PREFIX)
		return 0;
	if (code == PREFIX_PAUSE) {
		map->skip = PAUSE_CODES;
		return 0;
	}
	if (take_modifier(map, code & ~RELEASE, !(code & RELEASE), extended) || code & RELEASE)
		return 0;
	return press(map, code, extended, bytes);
}
