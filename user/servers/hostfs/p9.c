/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 9P messages as bytes; p9.h is the contract. */
#include <errno.h>
#include <string.h>
#include "p9.h"

#define MAX_ERRNO	4095

/* ---- writing ------------------------------------------------------------------------ */

void p9_put(struct p9_writer *w, uint64_t value, unsigned bytes)
{
	if ((size_t)(w->end - w->at) < bytes) {
		w->bad = true;
		return;
	}
	for (unsigned i = 0; i < bytes; i++)
		*w->at++ = (uint8_t)(value >> 8 * i);
}

void p9_begin(struct p9_writer *w, void *buf, size_t size, unsigned type, unsigned tag)
{
	w->start = w->at = buf;
	w->end = w->start + size;
	w->bad = false;
	p9_put(w, 0, 4);
	p9_put(w, type, 1);
	p9_put(w, tag, 2);
}

void p9_put_bytes(struct p9_writer *w, const char *text, size_t len)
{
	if (len > UINT16_MAX || (size_t)(w->end - w->at) < len + 2) {
		w->bad = true;
		return;
	}
	p9_put(w, len, 2);
	memcpy(w->at, text, len);
	w->at += len;
}

void p9_put_string(struct p9_writer *w, const char *text)
{
	p9_put_bytes(w, text, strlen(text));
}

size_t p9_end(struct p9_writer *w, size_t more)
{
	size_t len = w->at - w->start;

	if (w->bad || len < P9_HEAD)
		return 0;
	w->at = w->start;
	p9_put(w, len + more, 4);
	w->at = w->start + len;
	return len;
}

/* ---- reading ------------------------------------------------------------------------ */

uint64_t p9_get(struct p9_reader *r, unsigned bytes)
{
	uint64_t value = 0;

	if ((size_t)(r->end - r->at) < bytes) {
		r->bad = true;
		r->at = r->end;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)*r->at++ << 8 * i;
	return value;
}

struct p9_qid p9_get_qid(struct p9_reader *r)
{
	struct p9_qid qid;

	qid.type = (uint8_t)p9_get(r, 1);
	qid.version = (uint32_t)p9_get(r, 4);
	qid.path = p9_get(r, 8);
	return qid;
}

const char *p9_get_string(struct p9_reader *r, size_t *len)
{
	const char *text;

	*len = p9_get(r, 2);
	if ((size_t)(r->end - r->at) < *len) {
		r->bad = true;
		r->at = r->end;
		*len = 0;
	}
	if (r->bad)
		return NULL;
	text = (const char *)r->at;
	r->at += *len;
	return text;
}

int p9_check(const struct p9_reader *r)
{
	return r->bad ? -EIO : 0;
}

int p9_open(struct p9_reader *r, const struct p9_answer *answer, unsigned type, unsigned tag)
{
	uint64_t said, answered_type, answered_tag;

	r->at = answer->buf;
	r->end = r->at + (answer->len < answer->size ? answer->len : answer->size);
	r->bad = false;
	said = p9_get(r, 4);
	answered_type = p9_get(r, 1);
	answered_tag = p9_get(r, 2);
	if (r->bad || said != answer->len || answered_tag != tag)
		return -EIO;
	if (answered_type == P9_ERROR + 1) {
		uint64_t error = p9_get(r, 4);

		/* An EINTR of the host is our own cancel, see job.c. */
		return error && error <= MAX_ERRNO && error != EINTR ? -(int)error : -EIO;
	}
	return answered_type == type + 1 ? 0 : -EIO;
}
