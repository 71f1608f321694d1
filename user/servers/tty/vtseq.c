/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escape sequences of the screen's terminal.  Unknown sequences are skipped. */
#include <string.h>
#include "vt_internal.h"

#define PARAM_MAX	9999

/* Parameter @n, or @otherwise if it is missing or 0. */
static unsigned param(const struct vt *vt, unsigned n, unsigned otherwise)
{
	return n < vt->nr_params && vt->params[n] ? vt->params[n] : otherwise;
}

/* ---- colours ------------------------------------------------------------------------ */

/* The nearest of the eight colours to one of 256. */
static uint8_t of_256(unsigned colour)
{
	unsigned r, g, b, most;

	if (colour < 16)
		return colour & 7;
	if (colour >= 232)
		return colour < 244 ? 0 : 7;
	colour -= 16;
	r = colour / 36 % 6;
	g = colour / 6 % 6;
	b = colour % 6;
	most = r > g ? r : g;
	most = b > most ? b : most;
	if (!most)
		return 0;
	return (2 * r > most ? 1 : 0) | (2 * g > most ? 2 : 0) | (2 * b > most ? 4 : 0);
}

/* 38;5;N and 48;5;N, or ;2;R;G;B, which is skipped; returns the number of further parameters. */
static unsigned extended_colour(struct vt *vt, unsigned at, uint8_t *colour)
{
	if (param(vt, at + 1, 0) == 5 && at + 2 < vt->nr_params) {
		*colour = of_256(vt->params[at + 2]);
		return 2;
	}
	return param(vt, at + 1, 0) == 2 ? 4 : 0;
}

static unsigned set_rendition(struct vt *vt, unsigned at)
{
	unsigned p = vt->params[at];

	switch (p) {
	case 0:
		vt->pen = (struct vt_pen){ .fg = 7 };
		break;
	case 1:
	case 22:
		vt->pen.bold = p == 1;
		break;
	case 7:
	case 27:
		vt->pen.reverse = p == 7;
		break;
	case 30 ... 37:
		vt->pen.fg = p - 30;
		break;
	case 38:
		return extended_colour(vt, at, &vt->pen.fg);
	case 39:
		vt->pen.fg = 7;
		break;
	case 40 ... 47:
		vt->pen.bg = p - 40;
		break;
	case 48:
		return extended_colour(vt, at, &vt->pen.bg);
	case 49:
		vt->pen.bg = 0;
		break;
	case 90 ... 97:
		vt->pen.fg = (p - 90) | 8;
		break;
	case 100 ... 107:
		vt->pen.bg = p - 100;
		break;
	}
	return 0;
}

static void set_renditions(struct vt *vt)
{
	for (unsigned i = 0; i < vt->nr_params; i++)
		i += set_rendition(vt, i);
}

/* ---- effects of CSI sequences ------------------------------------------------------- */

static void erase_display(struct vt *vt, unsigned how)
{
	if (how == 0)
		vt_erase(vt, vt->y, vt->x, vt->rows - 1, vt->cols);
	else if (how == 1)
		vt_erase(vt, 0, 0, vt->y, vt->x + 1);
	else
		vt_erase(vt, 0, 0, vt->rows - 1, vt->cols);
}

static void erase_line(struct vt *vt, unsigned how)
{
	vt_erase(vt, vt->y, how ? 0 : vt->x, vt->y, how == 1 ? vt->x + 1 : vt->cols);
}

static void set_region(struct vt *vt)
{
	unsigned top = param(vt, 0, 1), bottom = param(vt, 1, vt->rows);

	if (bottom > vt->rows)
		bottom = vt->rows;
	if (top >= bottom)
		return;
	vt->top = top - 1;
	vt->bottom = bottom - 1;
	vt_move(vt, 0, 0);
}

static void set_mode(struct vt *vt, bool on)
{
	for (unsigned i = 0; i < vt->nr_params; i++) {
		if (!vt->private_mode && vt->params[i] == 4)
			vt->insert = on;
		if (vt->private_mode && vt->params[i] == 7)
			vt->no_wrap = !on;
		if (vt->private_mode && vt->params[i] == 25) {
			vt->hidden_cursor = !on;
			vt_move(vt, vt->x, vt->y);
		}
	}
}

static void save_cursor(struct vt *vt)
{
	vt->saved.x = vt->x;
	vt->saved.y = vt->y;
	vt->saved.pen = vt->pen;
}

static void restore_cursor(struct vt *vt)
{
	vt_move(vt, vt->saved.x, vt->saved.y);
	vt->pen = vt->saved.pen;
}

/* Lines are inserted and deleted inside the region only. */
static void shift_lines(struct vt *vt, int lines)
{
	if (vt->y < vt->top || vt->y > vt->bottom)
		return;
	vt_scroll(vt, vt->y, vt->bottom, lines);
	vt_move(vt, 0, vt->y);
}

static void move_cursor(struct vt *vt, uint8_t final)
{
	int n = param(vt, 0, 1), x = vt->x, y = vt->y;

	switch (final) {
	case 'A':
	case 'F':
		y = y >= (int)vt->top && y - n < (int)vt->top ? (int)vt->top : y - n;
		break;
	case 'B':
	case 'E':
		y = y <= (int)vt->bottom && y + n > (int)vt->bottom ? (int)vt->bottom : y + n;
		break;
	case 'C':
		x += n;
		break;
	case 'D':
		x -= n;
		break;
	}
	vt_move(vt, final == 'E' || final == 'F' ? 0 : x, y);
}

static void csi(struct vt *vt, uint8_t final)
{
	int n = param(vt, 0, 1);

	switch (final) {
	case 'A' ... 'F':
		return move_cursor(vt, final);
	case 'G':
	case '`':
		return vt_move(vt, n - 1, vt->y);
	case 'd':
		return vt_move(vt, vt->x, n - 1);
	case 'H':
	case 'f':
		return vt_move(vt, (int)param(vt, 1, 1) - 1, n - 1);
	case 'J':
		return erase_display(vt, param(vt, 0, 0));
	case 'K':
		return erase_line(vt, param(vt, 0, 0));
	case 'L':
		return shift_lines(vt, -n);
	case 'M':
		return shift_lines(vt, n);
	case '@':
		return vt_shift_line(vt, n);
	case 'P':
		return vt_shift_line(vt, -n);
	case 'X':
		return vt_erase(vt, vt->y, vt->x, vt->y, vt->x + n);
	case 'S':
		return vt_scroll(vt, vt->top, vt->bottom, n);
	case 'T':
		return vt_scroll(vt, vt->top, vt->bottom, -n);
	case 'm':
		return set_renditions(vt);
	case 'r':
		return set_region(vt);
	case 'h':
	case 'l':
		return set_mode(vt, final == 'h');
	case 's':
		return save_cursor(vt);
	case 'u':
		return restore_cursor(vt);
	}
}

/* ---- parsing of sequences ----------------------------------------------------------- */

static void csi_byte(struct vt *vt, uint8_t byte)
{
	unsigned *p = &vt->params[vt->nr_params - 1];

	if (byte >= '0' && byte <= '9') {
		if (*p <= PARAM_MAX)
			*p = *p * 10 + (byte - '0');
	} else if (byte == ';' || byte == ':') {
		if (vt->nr_params < VT_PARAMS)
			vt->params[vt->nr_params++] = 0;
	} else if (byte == '?') {
		vt->private_mode = true;
	} else if (byte >= 0x40 && byte < 0x7f) {
		vt->state = VT_TEXT;
		if (!vt->private_mode || byte == 'h' || byte == 'l')
			csi(vt, byte);
	} else if (byte < 0x20 || byte >= 0x40) {
		vt->state = VT_TEXT;
	}
}

static void escape_byte(struct vt *vt, uint8_t byte)
{
	vt->state = VT_TEXT;
	switch (byte) {
	case '[':
		vt->state = VT_CSI;
		vt->nr_params = 1;
		vt->params[0] = 0;
		vt->private_mode = false;
		break;
	case ']':
	case 'P':
	case '^':
	case '_':
		vt->state = VT_STRING;
		break;
	case '(':
		vt->state = VT_CHARSET;
		break;
	case ')':
	case '*':
	case '+':
	case '#':
	case '%':
		vt->state = VT_SKIP;
		break;
	case 'D':
		vt_line_feed(vt);
		break;
	case 'E':
		vt_move(vt, 0, vt->y);
		vt_line_feed(vt);
		break;
	case 'M':
		if (vt->y == vt->top)
			vt_scroll(vt, vt->top, vt->bottom, -1);
		else
			vt_move(vt, vt->x, (int)vt->y - 1);
		break;
	case '7':
		save_cursor(vt);
		break;
	case '8':
		restore_cursor(vt);
		break;
	case 'c':
		vt_reset(vt);
		break;
	}
}

void vt_sequence_byte(struct vt *vt, uint8_t byte)
{
	switch (vt->state) {
	case VT_ESCAPE:
		escape_byte(vt, byte);
		break;
	case VT_CSI:
		csi_byte(vt, byte);
		break;
	case VT_CHARSET:
		vt->drawing = byte == '0';
		vt->state = VT_TEXT;
		break;
	default:
		vt->state = VT_TEXT;
		break;
	}
}

/* Titles and similar strings: up to BEL, or ESC and any byte. */
void vt_string_byte(struct vt *vt, uint8_t byte)
{
	if (vt->state == VT_STRING_END || byte == '\a' || byte == 0x18)
		vt->state = VT_TEXT;
	else if (byte == 0x1b)
		vt->state = VT_STRING_END;
}
