/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's records of transitions, parsed: shared by timeline.c and timeline_out.c. */
#ifndef KLP_TIMELINE_H
#define KLP_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>

/* A line "NANOSECONDS CPU PID EVENT text" of ROOT "/timeline". */
struct record {
	unsigned long long ns;
	int cpu, pid;			/* of the task on the CPU */
	const char *event, *text;
};

/* The records of the transitions to show. */
struct timeline {
	struct record *records;
	size_t count;
	char patch[64];			/* of the last one */
};

/* The word behind " KEY=" or at the start of @text, in @out; false if there is none. */
bool timeline_word(const char *text, const char *key, char *out, size_t size);
long timeline_number(const char *text, const char *key, long otherwise);
/* A number for a task: its pid, or -1 - N for the idle task of CPU N. */
long timeline_task(const struct record *r);

void timeline_html(const struct timeline *t);
/* Trace events for Chrome and Perfetto. */
void timeline_json(const struct timeline *t);

#endif
