/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that vt.c and vtseq.c share. */
#ifndef TTY_VT_INTERNAL_H
#define TTY_VT_INTERNAL_H

#include "vt.h"

/* ---- vt.c ---- */
void vt_reset(struct vt *vt);
/* Blanks from (row, col) up to column @end_col of @last_row. */
void vt_erase(struct vt *vt, unsigned row, unsigned col, unsigned last_row, unsigned end_col);
/*
 * Moves the lines of a region up, or down if negative; lines that leave at the very top are kept.
 */
void vt_scroll(struct vt *vt, unsigned top, unsigned bottom, int lines);
/* Inserts cells at the cursor, or deletes them if negative. */
void vt_shift_line(struct vt *vt, int cells);
/* Moves the cursor to this place, or as near as possible. */
void vt_move(struct vt *vt, int x, int y);
void vt_line_feed(struct vt *vt);

/* ---- vtseq.c ---- */
void vt_sequence_byte(struct vt *vt, uint8_t byte);
void vt_string_byte(struct vt *vt, uint8_t byte);

#endif
