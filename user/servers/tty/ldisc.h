/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The line discipline: processing between the bytes of a terminal line and its readers and
 * writers.  Pure: no device, no clock, no system call.  The owner passes received bytes to
 * ldisc_input(), takes bytes to send from @out, and gets signals through @signal.
 *
 *	device -> ldisc_input() -> in -> ldisc_read()
 *	ldisc_write(), echo -> out -> device
 *
 * struct termios and the meaning of its flags are Linux's.
 */
#ifndef TTY_LDISC_H
#define TTY_LDISC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's struct termios, as in TCGETS; libc's has more fields. */
struct ktermios {
	uint32_t iflag, oflag, cflag, lflag;
	uint8_t line;
	uint8_t cc[19];
};
_Static_assert(sizeof(struct ktermios) == 36, "struct termios of the ABI");

struct kwinsize {
	uint16_t rows, cols, xpixel, ypixel;
};

#define IN_SIZE		4096	/* powers of two */
#define OUT_SIZE	4096

/* An input byte with its meaning for a canonical reader. */
#define IN_DELIM	0x100	/* ends a line */
#define IN_EOF		0x200	/* ends a line and is not part of it */

struct ldisc {
	struct ktermios termios;
	struct kwinsize winsize;

	/* Free-running counters; tail <= ready <= head. */
	uint16_t in[IN_SIZE];
	uint32_t in_tail;		/* next byte to be read */
	uint32_t in_ready;		/* canonical: end of the last complete line */
	uint32_t in_head;		/* end of the typed input */
	bool literal;			/* the next byte is data (VLNEXT) */

	uint8_t out[OUT_SIZE];
	uint32_t out_tail, out_head;
	bool stopped;			/* by VSTOP or TCOOFF */
	unsigned column;		/* of the cursor */
	unsigned edit_column;		/* start of the line being edited */

	void (*signal)(struct ldisc *ld, int signal);	/* to the foreground group */
	void *owner;
};

void ldisc_init(struct ldisc *ld);
/* One byte from the line: edits, echoes, signals. */
void ldisc_input(struct ldisc *ld, uint8_t byte);
/* Takes up to @size bytes for a reader, one line at most when canonical; count. */
size_t ldisc_read(struct ldisc *ld, uint8_t *buf, size_t size);
/* True if a canonical read would return; the number of bytes for a raw read. */
bool ldisc_has_line(const struct ldisc *ld);
size_t ldisc_raw_count(const struct ldisc *ld);
/* FIONREAD. */
size_t ldisc_readable_bytes(const struct ldisc *ld);
/* Processes bytes of a writer into @out while there is room; returns the bytes taken. */
size_t ldisc_write(struct ldisc *ld, const uint8_t *bytes, size_t count);
void ldisc_set_termios(struct ldisc *ld, const struct ktermios *termios);
void ldisc_flush_input(struct ldisc *ld);
void ldisc_flush_output(struct ldisc *ld);

static inline size_t ldisc_out_count(const struct ldisc *ld)
{
	return ld->out_head - ld->out_tail;
}

static inline size_t ldisc_out_room(const struct ldisc *ld)
{
	return OUT_SIZE - ldisc_out_count(ld);
}

/* The next byte to send; only if ldisc_out_count() is not 0. */
static inline uint8_t ldisc_out_take(struct ldisc *ld)
{
	return ld->out[ld->out_tail++ % OUT_SIZE];
}

/* Copies the next bytes to send; the sender advances out_tail. */
static inline unsigned ldisc_out_look(const struct ldisc *ld, uint8_t *bytes, unsigned size)
{
	unsigned n = 0;

	for (; n < size && n < ldisc_out_count(ld); n++)
		bytes[n] = ld->out[(ld->out_tail + n) % OUT_SIZE];
	return n;
}

/* ---- between ldisc.c and echo.c ----------------------------------------------------- */

/* Processed output of one byte; false: no room. */
bool ldisc_put(struct ldisc *ld, uint8_t byte);
/* Show typed input, if the flags require it. */
void echo_newline(struct ldisc *ld);
void echo_byte(struct ldisc *ld, uint8_t byte);
/* Removes the last typed byte (character, with IUTF8) from buffer and screen. */
void edit_erase(struct ldisc *ld);
void edit_erase_word(struct ldisc *ld);
void edit_kill(struct ldisc *ld);
void edit_reprint(struct ldisc *ld);

#endif
