/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the filter of an event for one record, in any context, NMIs included.  Numbers are compared
 * with their sign if the field has one.  No switch statement: its table of jumps is nothing for an
 * NMI.
 */
#include <neurath/hook.h>
#include "filter.h"
#include "writer.h"

static notrace u64 filter_load(const struct filter_step *s, const u8 *from)
{
	if (s->size == 1)
		return s->is_signed ? (u64)(s64)*(const s8 *)from : *from;
	if (s->size == 2)
		return s->is_signed ? (u64)(s64)*(const s16 *)from : *(const u16 *)from;
	if (s->size == 4)
		return s->is_signed ? (u64)(s64)*(const s32 *)from : *(const u32 *)from;
	return *(const u64 *)from;
}

static notrace bool filter_compare(const struct filter_step *s, u64 field)
{
	bool below = s->is_signed ? (s64)field < (s64)s->value : field < s->value;

	if (s->op == OP_EQUAL || s->op == OP_UNEQUAL)
		return (field == s->value) == (s->op == OP_EQUAL);
	if (s->op == OP_BITS)
		return field & s->value;
	if (s->op == OP_BELOW || s->op == OP_AT_LEAST)
		return below == (s->op == OP_BELOW);
	return (below || field == s->value) == (s->op == OP_AT_MOST);
}

static notrace bool filter_text_is(const struct filter_step *s, const char *field)
{
	for (unsigned i = 0; i < s->len; i++)
		if (i >= s->size || field[i] != s->text[i])
			return false;
	return s->len >= s->size || !field[s->len];
}

static notrace bool filter_test(const struct filter_step *s, const u8 *from)
{
	if (!s->is_text)
		return filter_compare(s, filter_load(s, from));
	if (s->op == OP_PATTERN)
		return trace_glob(s->text, s->len, (const char *)from);
	return filter_text_is(s, (const char *)from) == (s->op == OP_EQUAL);
}

static notrace void filter_look_around(struct filter_context *c, const struct trace_point *point)
{
	*(u64 *)&c->common = trace_common_now(point->id, current);
	c->cpu = (int)cpu_id();
	trace_copy(c->comm, current->comm, sizeof(c->comm));
}

notrace bool filter_passes(const struct trace_filter *filter, const struct trace_point *point,
			   const void *data)
{
	struct filter_context context;
	u64 bits = 1;			/* of a filter without steps */

	if (!filter)
		return true;
	filter_look_around(&context, point);
	for (const struct filter_step *s = filter->step; s < filter->step + filter->n; s++) {
		const u8 *base = s->of_context ? (const u8 *)&context : data;

		if (s->what == FILTER_TEST)
			bits = bits << 1 | filter_test(s, base + s->offset);
		else if (s->what == FILTER_NOT)
			bits ^= 1;
		else if (s->what == FILTER_AND)
			bits = bits >> 1 & (bits | ~1UL);
		else
			bits = bits >> 1 | (bits & 1);
	}
	return bits & 1;
}
