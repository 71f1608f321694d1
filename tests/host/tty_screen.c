/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tty_screen.c - the terminal on the screen and the keyboard's map: what sequences do to the grid, old
 * lines, keys; and random bytes in grids of all sizes, which must stay inside the grid.
 *
 * sources: user/servers/tty/vt.c user/servers/tty/vtseq.c user/servers/tty/keymap.c
 * flags: -D_GNU_SOURCE -Iuser/servers/tty
 */
#include <tap.h>
#include "keymap.h"
#include "vt.h"

static struct vt vt;

static void put(const char *text)
{
	while (*text)
		vt_put(&vt, (uint8_t)*text++);
}

/* A row of the view, without the blanks at its end. */
static const char *row(unsigned y)
{
	static char text[VT_COLS_MAX + 1];
	unsigned end = 0;

	for (unsigned x = 0; x < vt.cols; x++) {
		uint16_t code = vt_look(&vt, y, x).code;

		text[x] = code < 0x7f ? (char)code : '?';
		if (code != ' ')
			end = x + 1;
	}
	text[end] = '\0';
	return text;
}

static void start(unsigned cols, unsigned rows)
{
	CHECK(vt_init(&vt, cols, rows));
}

static void text_wraps_at_the_edge_and_not_before(void)
{
	start(10, 3);
	put("0123456789");
	CHECK_EQ(vt.y, 0);
	put("a");
	CHECK_STR(row(0), "0123456789");
	CHECK_STR(row(1), "a");
	put("\r\n\033[?7l0123456789abc");
	CHECK_STR(row(2), "012345678c");
}

static void lines_leave_at_the_top_and_can_be_seen_again(void)
{
	char line[16];

	start(10, 3);
	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "%d\r\n", i);
		put(line);
	}
	CHECK_STR(row(0), "2998");
	vt_scroll_view(&vt, 5);
	CHECK_STR(row(0), "2993");
	CHECK_STR(row(2), "2995");
	CHECK(!vt_cursor_at(&vt, 2, 0));
	vt_scroll_view(&vt, 100000);
	CHECK_STR(row(0), "1998");
	vt_scroll_view(&vt, -1);
	CHECK_STR(row(0), "1999");
	put("x");
	CHECK_STR(row(0), "2998");
}

static void regions_scroll_alone(void)
{
	start(10, 5);
	put("a\r\nb\r\nc\r\nd\r\ne\033[2;4r\033[4;1H\n");
	CHECK_STR(row(0), "a");
	CHECK_STR(row(1), "c");
	CHECK_STR(row(3), "");
	CHECK_STR(row(4), "e");
	put("\033[2;1H\033M");
	CHECK_STR(row(1), "");
	CHECK_STR(row(2), "c");
	put("\033[3;1H\033[L");
	CHECK_STR(row(3), "c");
	put("\033[2M");
	CHECK_STR(row(3), "");
	CHECK_STR(row(4), "e");
	CHECK_EQ(vt.scrolled, 0);
}

static void lines_are_edited_in_place(void)
{
	start(10, 2);
	put("abcdef\033[3G\033[2@XY");
	CHECK_STR(row(0), "abXYcdef");
	put("\033[1G\033[3P");
	CHECK_STR(row(0), "Ycdef");
	put("\033[2G\033[2X");
	CHECK_STR(row(0), "Y  ef");
	put("\033[4hZ\033[4l");
	CHECK_STR(row(0), "YZ  ef");
	put("\033[3G\033[K");
	CHECK_STR(row(0), "YZ");
}

static void colours_and_utf8(void)
{
	start(20, 2);
	put("\033[1;31;44mA\033[0mB\033[7mC\033[m\303\244\342\224\200\377x\033(0q\033(B");
	CHECK_EQ(vt_look(&vt, 0, 0).fg, 9);
	CHECK_EQ(vt_look(&vt, 0, 0).bg, 4);
	CHECK_EQ(vt_look(&vt, 0, 1).fg, 7);
	CHECK_EQ(vt_look(&vt, 0, 2).fg, 0);
	CHECK_EQ(vt_look(&vt, 0, 2).bg, 7);
	CHECK_EQ(vt_look(&vt, 0, 3).code, 0xe4);
	CHECK_EQ(vt_look(&vt, 0, 4).code, 0x2500);
	CHECK_EQ(vt_look(&vt, 0, 5).code, 0xfffd);
	CHECK_EQ(vt_look(&vt, 0, 6).code, 'x');
	CHECK_EQ(vt_look(&vt, 0, 7).code, 0x2500);
}

static void unknown_sequences_end(void)
{
	start(20, 2);
	put("\033]0;title\aA\033]0;title\033\\B\033[>1;2cC\033[?1049hD\033#8E\033[38;5;196mF\033[6nG");
	CHECK_STR(row(0), "ABCDEFG");
	CHECK_EQ(vt_look(&vt, 0, 5).fg, 1);
}

static void random_bytes_stay_in_the_grid(void)
{
	static const char likely[] = "\033[;?0123456789ABCDHJKLMPSTXrhlmsu@d\n\r\b\t(0B]\a78cM";

	srand(tap_seed());
	for (int round = 0; round < 300; round++) {
		start(1 + rand() % 100, 1 + rand() % 60);
		for (int i = 0; i < 3000; i++) {
			vt_put(&vt, rand() % 3 ? likely[rand() % (sizeof(likely) - 1)] : rand());
			CHECK(vt.x < vt.cols && vt.y < vt.rows);
			CHECK(vt.top <= vt.bottom && vt.bottom < vt.rows);
			if (!(rand() % 50))
				vt_scroll_view(&vt, rand() % 200 - 100);
			(void)vt_look(&vt, rand() % vt.rows, rand() % vt.cols);
		}
		free(vt.cells);
		free(vt.history);
	}
}

/* ---- keys --------------------------------------------------------------------------- */

static const char *typed(const char *codes, size_t n)
{
	static char all[64];
	static struct keymap map;
	size_t len = 0;

	memset(&map, 0, sizeof(map));
	for (size_t i = 0; i < n; i++) {
		char bytes[KEY_BYTES];
		int count = keymap_code(&map, (uint8_t)codes[i], bytes);

		if (count == KEY_PAGE_BACK)
			all[len++] = '<';
		for (int b = 0; b < count; b++)
			all[len++] = bytes[b];
	}
	all[len] = '\0';
	return all;
}
#define TYPED(codes)	typed(codes, sizeof(codes) - 1)

static void keys_type_their_characters(void)
{
	CHECK_STR(TYPED("\x1e\x9e\x30\xb0\x39\x1c\x0e"), "ab \r\177");
	CHECK_STR(TYPED("\x2a\x1e\x02\x28\xaa\x1e"), "A!\"a");
	CHECK_STR(TYPED("\x3a\x1e\x02\x2a\x1e\xaa\x3a\x1e"), "A1aa");
	CHECK_STR(TYPED("\x1d\x2e\x9d\x2e"), "\003c");
	CHECK_STR(TYPED("\xe0\x1d\x20\xe0\x9d\x20"), "\004d");
	CHECK_STR(TYPED("\x38\x21\xb8"), "\033f");
	CHECK_STR(TYPED("\xe0\x48\xe0\xc8\xe0\x53\x3b"), "\033[A\033[3~\033OP");
	CHECK_STR(TYPED("\x2a\xe0\x49\xaa\xe0\x49"), "<\033[5~");
	CHECK_STR(TYPED("\xe0\x35\xe0\x1c\x48"), "/\r8");
	CHECK_STR(TYPED("\xe1\x1d\x45\xe1\x9d\xc5\x1e"), "a");
	CHECK_STR(TYPED("\xfa\xff\x7f\x59\xe0\x7f"), "");
}

int main(void)
{
	TAP_TEST(text_wraps_at_the_edge_and_not_before);
	TAP_TEST(lines_leave_at_the_top_and_can_be_seen_again);
	TAP_TEST(regions_scroll_alone);
	TAP_TEST(lines_are_edited_in_place);
	TAP_TEST(colours_and_utf8);
	TAP_TEST(unknown_sequences_end);
	TAP_TEST(random_bytes_stay_in_the_grid);
	TAP_TEST(keys_type_their_characters);
	return tap_done();
}
