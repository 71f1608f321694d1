/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of triggers, which trigger.c fills and trigger_write.c reads. */
#ifndef KERNEL_TRACE_TRIGGER_H
#define KERNEL_TRACE_TRIGGER_H

#include "filter.h"

#define TRIGGERS_MAX	32

enum trigger_action { TRACEON, TRACEOFF, STACKTRACE, ENABLE_EVENT, DISABLE_EVENT, TRIGGER_ACTIONS };

struct trace_trigger {
	const struct trace_point *point;	/* of its event; NULL: free */
	enum trigger_action action;
	const struct trace_event *target;	/* of enable_event and disable_event */
	int left;				/* (a) how often it may act; -1: no limit */
	struct trace_filter *filter;		/* for which records; NULL: for all */
};

extern struct trace_trigger triggers[TRIGGERS_MAX];

#endif
