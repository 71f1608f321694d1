/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 9P2000.L messages as bytes: little-endian numbers and counted strings, a head of size, type
 * and tag.  Pure functions on buffers.
 *
 * Writing or reading past the end only sets `bad`, so a sequence of calls is checked once, at its
 * end.  A reader's data comes from the other side: lengths are checked here, meanings by the
 * caller.
 */
#ifndef HOSTFS_P9_H
#define HOSTFS_P9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The request; the number of its answer is one higher. */
enum p9_type {
	P9_ERROR = 6,		/* only its answer exists */
	P9_STATFS = 8,
	P9_LOPEN = 12,
	P9_LCREATE = 14,
	P9_SYMLINK = 16,
	P9_MKNOD = 18,
	P9_READLINK = 22,
	P9_GETATTR = 24,
	P9_SETATTR = 26,
	P9_READDIR = 40,
	P9_FSYNC = 50,
	P9_LINK = 70,
	P9_MKDIR = 72,
	P9_RENAMEAT = 74,
	P9_UNLINKAT = 76,
	P9_VERSION = 100,
	P9_ATTACH = 104,
	P9_FLUSH = 108,
	P9_WALK = 110,
	P9_READ = 116,
	P9_WRITE = 118,
	P9_CLUNK = 120,
};

#define P9_HEAD		7		/* size, type, tag */
/* header and a count: the bytes before the data of a read */
#define P9_COUNTED	11
#define P9_IO_HEAD	24	/* room that read, write and readdir reserve for the other fields */
#define P9_NOTAG	0xffff
#define P9_NOFID	0xffffffffu
#define P9_WALK_MAX	16
#define P9_STRING_MAX	4096

#define P9_QID_DIR	0x80
#define P9_QID_SYMLINK	0x02

/* The identity of a file on the host. */
struct p9_qid {
	uint8_t type;
	uint32_t version;
	uint64_t path;
};

struct p9_writer {
	uint8_t *start, *at, *end;
	bool bad;
};

void p9_begin(struct p9_writer *w, void *buf, size_t size, unsigned type, unsigned tag);
void p9_put(struct p9_writer *w, uint64_t value, unsigned bytes);
void p9_put_bytes(struct p9_writer *w, const char *text, size_t len);
void p9_put_string(struct p9_writer *w, const char *text);
/*
 * Fills in the size, with @more bytes of data that follow elsewhere.  Returns the bytes written;
 * 0 = it did not fit.
 */
size_t p9_end(struct p9_writer *w, size_t more);

struct p9_reader {
	const uint8_t *at, *end;
	bool bad;
};

/* An answer of @len bytes, whose first bytes, at most @size, are in @buf. */
struct p9_answer {
	const void *buf;
	size_t size, len;
};

/*
 * Begins to read @answer.  0; the error that it carries (negative errno of Linux); -EIO if it is
 * not an answer to a request @type with @tag.
 */
int p9_open(struct p9_reader *r, const struct p9_answer *answer, unsigned type, unsigned tag);
uint64_t p9_get(struct p9_reader *r, unsigned bytes);
struct p9_qid p9_get_qid(struct p9_reader *r);
/* A string without NUL; NULL if there is none. */
const char *p9_get_string(struct p9_reader *r, size_t *len);
/* 0, or -EIO if data was missing. */
int p9_check(const struct p9_reader *r);

#endif
