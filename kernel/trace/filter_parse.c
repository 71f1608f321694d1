/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a filter as a program (filter.h).  The language is that of Linux:
 *
 *	CONDITION	FIELD OPERATOR VALUE | !CONDITION | (CONDITION)
 *			CONDITION && CONDITION | CONDITION || CONDITION
 *	OPERATOR	numbers: == != < <= > >= &	texts: == != ~
 *	VALUE		10, -1, 0x1f, 017; "text", 'text' or text
 *
 * && goes before ||.  FIELD is one of the format of the event, or CPU, or COMM.
 *
 * Parsed from left to right without recursion: what waits for its right side is in `pending`.  Each
 * && and || there has one value on the stack of bits of the running program, so this stack has
 * at most FILTER_NESTING + 1 bits.
 */
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "filter.h"

struct filter_parse {
	const struct trace_event *event;
	struct trace_filter *filter;
	const char *at;
	char pending[FILTER_NESTING];	/* each is one of: ( ! & | */
	unsigned nr_pending, room;
};

static const char *const filter_op_names[FILTER_OPS] = {
	"==", "!=", "<=", ">=", "<", ">", "&", "~" };

static const struct trace_field filter_context_fields[] = {
	{ .type = "int", .name = "CPU", .offset = offsetof(struct filter_context, cpu), .size = 4,
	  .is_signed = true },
	{ .type = "int", .name = "cpu", .offset = offsetof(struct filter_context, cpu), .size = 4,
	  .is_signed = true },
	{ .type = "char", .name = "COMM", .offset = offsetof(struct filter_context, comm),
	  .size = TASK_COMM_LEN, .count = TASK_COMM_LEN },
	{ .type = "char", .name = "comm", .offset = offsetof(struct filter_context, comm),
	  .size = TASK_COMM_LEN, .count = TASK_COMM_LEN },
	{ 0 }
};

static int filter_wrong(struct filter_parse *p, const char *at, const char *why)
{
	p->filter->wrong = why;
	p->filter->wrong_at = (unsigned)(at - p->filter->text);
	return -EINVAL;
}

static void filter_skip(struct filter_parse *p)
{
	while (*p->at && strchr(" \t\n", *p->at))
		p->at++;
}

static bool filter_take(struct filter_parse *p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

/* The length of the word at p->at, which ends before a blank or one of @ends. */
static size_t filter_word(const struct filter_parse *p, const char *ends)
{
	size_t len = 0;

	while (p->at[len] && !strchr(" \t\n", p->at[len]) && !strchr(ends, p->at[len]))
		len++;
	return len;
}

/* Adds a step; the room for steps was counted or is the limit. */
static int filter_add(struct filter_parse *p, const struct filter_step *step)
{
	if (p->filter->n == p->room)
		return filter_wrong(p, p->at, "more than 256 conditions, && and ||");
	p->filter->step[p->filter->n++] = *step;
	return 0;
}

/* ---- FIELD OPERATOR VALUE ------------------------------------------------------------ */

static const struct trace_field *filter_field_in(const struct trace_field *f, const char *name,
						 size_t len)
{
	while (f->name && (strncmp(f->name, name, len) != 0 || f->name[len]))
		f++;
	return f->name ? f : NULL;
}

static int filter_parse_field(struct filter_parse *p, struct filter_step *s)
{
	size_t len = filter_word(p, "=!<>&~|()\"'");
	const struct trace_field *f = filter_field_in(p->event->fields, p->at, len);

	if (!len)
		return filter_wrong(p, p->at, "a condition is missing");
	s->of_context = !f;
	f = f ?: filter_field_in(trace_common_fields, p->at, len);
	f = f ?: filter_field_in(filter_context_fields, p->at, len);
	if (!f)
		return filter_wrong(p, p->at, "the event has no such field");
	s->is_text = f->count && f->size == f->count;
	if (f->count && !s->is_text)
		return filter_wrong(p, p->at, "an array cannot be compared");
	s->offset = f->offset;
	s->size = f->size;
	s->is_signed = f->is_signed;
	p->at += len;
	return 0;
}

static int filter_parse_op(struct filter_parse *p, struct filter_step *s)
{
	const char *at;

	filter_skip(p);
	at = p->at;
	for (s->op = 0; s->op < FILTER_OPS; s->op++)
		if (strncmp(at, "&&", 2) != 0 && filter_take(p, filter_op_names[s->op]))
			break;
	if (s->op == FILTER_OPS)
		return filter_wrong(p, at, "an operator is missing: == != < <= > >= & ~");
	if (s->is_text && s->op > OP_UNEQUAL && s->op != OP_PATTERN)
		return filter_wrong(p, at, "a text has only == != ~");
	if (!s->is_text && s->op == OP_PATTERN)
		return filter_wrong(p, at, "~ is only for texts");
	return 0;
}

static int filter_parse_text(struct filter_parse *p, struct filter_step *s)
{
	char quote[2] = { *p->at == '"' || *p->at == '\'' ? *p->at : '\0' };
	const char *from = p->at;

	if (*quote) {
		s->text = ++p->at;
		while (*p->at && *p->at != *quote)
			p->at++;
		s->len = (unsigned)(p->at - s->text);
		return filter_take(p, quote) ? 0 :
		       filter_wrong(p, from, "the closing quote is missing");
	}
	s->text = from;
	s->len = (unsigned)filter_word(p, "&|()\"'");
	p->at += s->len;
	return s->len ? 0 : filter_wrong(p, from, "a value is missing");
}

/* True if a field of @size bytes can have the value. */
static bool filter_fits(const struct filter_step *s)
{
	unsigned unused = 64 - 8 * s->size;

	return s->is_signed ? (u64)((s64)(s->value << unused) >> unused) == s->value :
			      s->value << unused >> unused == s->value;
}

static int filter_parse_number(struct filter_parse *p, struct filter_step *s)
{
	size_t len = filter_word(p, "=!<>&~|()");
	char digits[24];
	int error;

	if (!len)
		return filter_wrong(p, p->at, "a value is missing");
	strscpy(digits, p->at, min(sizeof(digits), len + 1));
	/* A signed field may also be given by its bits, as in 0xffffffffffffffff. */
	error = *digits == '-' ? kstrtol(digits, 0, (long *)&s->value) :
				 kstrtoul(digits, 0, &s->value);
	if (error == -EINVAL || (*digits == '-' && !s->is_signed && !error))
		return filter_wrong(p, p->at, error ? "the value is not a number" :
					      "the field cannot have this value");
	if (error || len >= sizeof(digits) || !filter_fits(s))
		return filter_wrong(p, p->at, "the field cannot have this value");
	p->at += len;
	return 0;
}

static int filter_parse_test(struct filter_parse *p)
{
	struct filter_step step = { .what = FILTER_TEST };
	int error = filter_parse_field(p, &step);

	if (!error)
		error = filter_parse_op(p, &step);
	filter_skip(p);
	if (!error)
		error = step.is_text ? filter_parse_text(p, &step) : filter_parse_number(p, &step);
	return error ? error : filter_add(p, &step);
}

/* ---- ! ( ) && || --------------------------------------------------------------------- */

static int filter_push(struct filter_parse *p, char what)
{
	if (p->nr_pending == FILTER_NESTING)
		return filter_wrong(p, p->at, "more than 32 open parentheses, ! and ||");
	p->pending[p->nr_pending++] = what;
	return 0;
}

/* Adds the steps of what is pending, down to the first that is not one of @which. */
static int filter_pop(struct filter_parse *p, const char *which)
{
	int error = 0;

	while (!error && p->nr_pending && strchr(which, p->pending[p->nr_pending - 1])) {
		char what = p->pending[--p->nr_pending];
		struct filter_step step = { .what = what == '!' ? FILTER_NOT :
						    what == '&' ? FILTER_AND : FILTER_OR };

		error = filter_add(p, &step);
	}
	return error;
}

/* "!", "(" and then a test. */
static int filter_parse_left(struct filter_parse *p)
{
	int error = 0;

	filter_skip(p);
	while (!error && (*p->at == '!' || *p->at == '(')) {
		error = filter_push(p, *p->at++);
		filter_skip(p);
	}
	error = error ? error : filter_parse_test(p);
	return error ? error : filter_pop(p, "!");
}

static int filter_parse_closing(struct filter_parse *p)
{
	const char *at = p->at;
	int error = filter_pop(p, "!&|");

	if (error)
		return error;
	if (!p->nr_pending)
		return filter_wrong(p, at, "the opening parenthesis is missing");
	p->nr_pending--;
	p->at++;
	return filter_pop(p, "!");
}

/* What follows a condition: ")", and then "&&", "||" or the end, which is *@end. */
static int filter_parse_link(struct filter_parse *p, bool *end)
{
	int error = 0;

	for (filter_skip(p); !error && *p->at == ')'; filter_skip(p))
		error = filter_parse_closing(p);
	*end = !*p->at;
	if (error || *end)
		return error;
	if (filter_take(p, "&&"))
		return filter_push(p, '&');
	if (!filter_take(p, "||"))
		return filter_wrong(p, p->at, "&& or || is missing");
	error = filter_pop(p, "&|");
	return error ? error : filter_push(p, '|');
}

static int filter_parse_all(struct filter_parse *p)
{
	bool end = false;
	int error = 0;

	while (!error && !end) {
		error = filter_parse_left(p);
		error = error ? error : filter_parse_link(p, &end);
	}
	error = error ? error : filter_pop(p, "!&|");
	if (!error && p->nr_pending)
		error = filter_wrong(p, p->at, "a closing parenthesis is missing");
	return error;
}

/* ---- the whole ----------------------------------------------------------------------- */

/* Each step has at least one of these characters. */
static unsigned filter_room(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += strchr("=!<>&~|", text[i]) != NULL;
	return min(n, (unsigned)FILTER_STEPS);
}

int filter_parse(const struct trace_event *event, const char *text, size_t len,
		 struct trace_filter **out)
{
	unsigned room = filter_room(text, len);
	struct filter_parse p = { .event = event, .room = room };
	int error;

	while (len && text[len - 1] == '\n')
		len--;
	p.filter = kzalloc(sizeof(*p.filter) + room * sizeof(*p.filter->step), GFP_KERNEL);
	if (!p.filter)
		return -ENOMEM;
	p.filter->text = kstrndup(text, len, GFP_KERNEL);
	if (!p.filter->text) {
		filter_free(p.filter);
		return -ENOMEM;
	}
	p.at = p.filter->text;
	error = filter_parse_all(&p);
	if (error)
		p.filter->n = 0;
	*out = p.filter;
	return error;
}

void filter_free(struct trace_filter *filter)
{
	if (filter)
		kfree(filter->text);
	kfree(filter);
}
