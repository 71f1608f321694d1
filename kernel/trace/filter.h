/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filter: a condition over the fields of an event, as a program of steps in postfix order.
 *
 *	sig == 10 && !(code == 0)	TEST sig == 10, TEST code == 0, NOT, AND
 *
 * A TEST pushes its result on a stack of bits.  NOT changes the top bit.  AND and OR replace the
 * two top bits by one.  The program has no jump, so it ends.  filter_parse.c makes the program,
 * filter_write.c runs it.
 *
 * A filter does not change after filter_parse().  It belongs to one point or one trigger.
 */
#ifndef KERNEL_TRACE_FILTER_H
#define KERNEL_TRACE_FILTER_H

#include "internal.h"

#define FILTER_STEPS		256	/* at most */
#define FILTER_NESTING		32	/* the stack of bits has 64: see filter_parse.c */

enum filter_what { FILTER_TEST, FILTER_NOT, FILTER_AND, FILTER_OR };
/* The order of filter_op_names[]. */
enum filter_op { OP_EQUAL, OP_UNEQUAL, OP_AT_MOST, OP_AT_LEAST, OP_BELOW, OP_ABOVE, OP_BITS,
		 OP_PATTERN, FILTER_OPS };

/* What a filter may test besides the record; made for each evaluation. */
struct filter_context {
	struct trace_common common;
	int cpu;
	char comm[TASK_COMM_LEN];	/* of the task that writes the record */
};

struct filter_step {
	u8 what, op;			/* enum filter_what, enum filter_op */
	bool of_context;		/* the field is in struct filter_context, not in the data */
	bool is_text, is_signed;
	u16 offset, size;		/* of the field */
	u64 value;
	const char *text;		/* in the text of the filter, @len bytes */
	unsigned len;
};

struct trace_filter {
	char *text;			/* as it was written */
	const char *wrong;		/* why it is refused, and where; NULL: it is right */
	unsigned wrong_at;
	unsigned n;			/* steps; 0: a refused filter, which lets all pass */
	struct filter_step step[];
};

/*
 * The filter for @event in the first @len bytes of @text: 0, -ENOMEM, or -EINVAL; with -EINVAL
 * *@out says what is wrong.  Free it by filter_free(). (task)
 */
int filter_parse(const struct trace_event *event, const char *text, size_t len,
		 struct trace_filter **out);
void filter_free(struct trace_filter *filter);
/* True if the record passes; @filter may be NULL. (any) */
bool filter_passes(const struct trace_filter *filter, const struct trace_point *point,
		   const void *data);

#endif
