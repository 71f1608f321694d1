/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline_out.c - a transition for a browser: as one page of HTML that needs nothing else, and as
 * trace events in the JSON that ui.perfetto.dev and chrome://tracing read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "klp.h"
#include "timeline.h"

#define TEMPLATE	"/usr/share/klp/timeline.html"
#define DATA_MARK	"@@DATA@@"

/* ---- HTML ------------------------------------------------------------------------------- */

/* Text must not end its HTML element: '<' and '%' are written as numbers. */
static void put_plain(const char *text)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '%')
			printf("%%%02x", *text);
		else
			putchar(*text);
	}
}

static void put_records(const struct timeline *t)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct record *r = &t->records[i];

		printf("%llu %d %d %s ", r->ns, r->cpu, r->pid, r->event);
		put_plain(r->text);
		putchar('\n');
	}
}

void timeline_html(const struct timeline *t)
{
	FILE *file = fopen(TEMPLATE, "re");
	char line[4096];

	if (!file) {
		complain(TEMPLATE ": %s", strerror(errno));
		exit(REFUSED);
	}
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, DATA_MARK, strlen(DATA_MARK)) == 0)
			put_records(t);
		else
			fputs(line, stdout);
	}
	fclose(file);
}

/* ---- JSON ------------------------------------------------------------------------------- */

enum { TRACK_PATCH = 1, TRACK_CPUS, TRACK_TASKS };	/* "pid" of a trace event */

/* Where an event without length is drawn: in its row, or across all rows. */
#define OF_ROW	",\"s\":\"t\""
#define OF_ALL	",\"s\":\"g\""

static bool any;			/* an event was written: a comma comes first */

static void put_string(const char *text, size_t len)
{
	putchar('"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 32 || c > 126)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

struct event {
	const char *phase, *name;
	int track;
	long row;
	const char *text;		/* may be NULL */
	const char *more;		/* further members, with leading commas; may be NULL */
};

/* Writes @e at the time of @r. */
static void put_event(const struct record *r, struct event e)
{
	printf("%s\n{\"ph\":\"%s\",\"name\":", any ? "," : "", e.phase);
	any = true;
	put_string(e.name, strlen(e.name));
	printf(",\"ts\":%llu.%03llu,\"pid\":%d,\"tid\":%ld%s", r->ns / 1000, r->ns % 1000,
	       e.track, e.row, e.more ? e.more : "");
	if (e.text) {
		printf(",\"args\":{\"text\":");
		put_string(e.text, strlen(e.text));
		putchar('}');
	}
	putchar('}');
}

static void name_row(const char *what, int track, long row, const char *name)
{
	printf("%s\n{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%d,\"tid\":%ld,\"args\":{\"name\":",
	       any ? "," : "", what, track, row);
	any = true;
	put_string(name, strlen(name));
	printf("}}");
}

/* The row of a task: idle tasks come behind the others. */
#define MAX_PIDS	32768
#define MAX_CPUS	64
#define MAX_ROWS	(MAX_PIDS + MAX_CPUS)
static bool named[MAX_ROWS];
static bool pending[MAX_ROWS];		/* a slice of this row is open */
static bool woken[MAX_ROWS];		/* an arrow to this task has begun */
static unsigned char doing[MAX_ROWS];	/* open slices of this task in the patch's rows */

static long row_of(long id)
{
	long row = id < 0 ? MAX_PIDS - 1 - id : id;

	return row < MAX_ROWS ? row : 0;
}

static void name_task(const struct record *r, long id)
{
	char name[96], comm[32];

	timeline_word(r->text, "comm", comm, sizeof(comm));
	if (id < 0)
		snprintf(name, sizeof(name), "%s", comm);
	else
		snprintf(name, sizeof(name), "%s %ld", comm, id);
	name_row("thread_name", TRACK_TASKS, row_of(id), name);
	named[row_of(id)] = true;
}

/* klp_flag begins a slice in the task's row; klp_switch ends it. */
static void put_task(const struct record *r)
{
	bool begins = strcmp(r->event, "klp_flag") == 0;
	long id = timeline_task(r), row = row_of(id);
	char word[64];

	if (begins || !named[row])
		name_task(r, id);
	if (begins) {
		put_event(r, (struct event){ "B", "pending", TRACK_TASKS, row, .text = r->text });
		pending[row] = true;
	} else if (strcmp(r->event, "klp_switch") == 0) {
		timeline_word(r->text, "how", word, sizeof(word));
		if (pending[row])
			put_event(r, (struct event){ "E", "pending", TRACK_TASKS, row,
						     .text = NULL });
		pending[row] = false;
		put_event(r, (struct event){ "i", word, TRACK_TASKS, row, r->text, OF_ROW });
	} else {
		timeline_word(r->text, "verdict", word, sizeof(word));
		put_event(r, (struct event){ "i", word, TRACK_TASKS, row, r->text, OF_ROW });
	}
}

/* A part of the arrow from a wake-up to where the task runs. */
static void put_arrow(const char *phase, const struct record *r, long row, const char *binds)
{
	char flow[64];

	snprintf(flow, sizeof(flow), ",\"cat\":\"wake\",\"id\":%ld%s", row, binds);
	put_event(r, (struct event){ phase, "wake", TRACK_CPUS, r->cpu, .more = flow });
}

/* Ends a slice of the CPU's row and begins another; ends a wake-up's arrow. */
static void put_running(const struct record *r, bool *running)
{
	long next = timeline_number(r->text, "next_pid", 0);
	char name[32];

	if (*running)
		put_event(r, (struct event){ "E", "", TRACK_CPUS, r->cpu, .text = NULL });
	*running = next != 0;
	if (!next)
		return;
	timeline_word(r->text, "next_comm", name, sizeof(name));
	put_event(r, (struct event){ "B", name, TRACK_CPUS, r->cpu, .text = r->text });
	if (woken[row_of(next)])
		put_arrow("f", r, row_of(next), ",\"bp\":\"e\"");
	woken[row_of(next)] = false;
}

/* An arrow must begin in a slice. The CPU may be idle, so the wake-up is a slice of its own. */
static void put_wakeup(const struct record *r)
{
	long row = row_of(timeline_task(r));

	put_event(r, (struct event){ "X", "wake-up", TRACK_CPUS, r->cpu, r->text,
				     ",\"dur\":0.001" });
	if (!woken[row])
		put_arrow("s", r, row, "");
	woken[row] = true;
}

/* "begin ..." and "end ..." are a slice, in a row of the task: its CPU may change meanwhile. */
static void put_slice(const struct record *r)
{
	bool begin = strncmp(r->text, "begin", 5) == 0;
	long row = row_of(r->pid);
	char name[32];

	if (!begin && !doing[row])
		return;
	doing[row] += begin ? 1 : -1;
	if (begin) {
		snprintf(name, sizeof(name), "by task %d", r->pid);
		name_row("thread_name", TRACK_PATCH, row, name);
	}
	put_event(r, (struct event){ begin ? "B" : "E", r->event + 4, TRACK_PATCH, row,
				     .text = begin ? r->text : NULL });
}

static void put_record(const struct record *r, bool *running)
{
	if (strcmp(r->event, "sched_switch") == 0)
		put_running(r, running);
	else if (strncmp(r->event, "sched_wakeup", 12) == 0)
		put_wakeup(r);
	else if (strcmp(r->event, "klp_flag") == 0 || strcmp(r->event, "klp_switch") == 0 ||
		 strcmp(r->event, "klp_look") == 0)
		put_task(r);
	else if (strcmp(r->event, "klp_callback") == 0 || strcmp(r->event, "klp_slots") == 0 ||
		 strcmp(r->event, "klp_round") == 0)
		put_slice(r);
	else if (strncmp(r->event, "klp_", 4) == 0)
		put_event(r, (struct event){ "i", r->text, TRACK_PATCH, 0, .more = OF_ALL });
	else
		put_event(r, (struct event){ "i", r->event, TRACK_CPUS, r->cpu, r->text, OF_ROW });
}

static void name_rows(const struct timeline *t)
{
	bool named[MAX_CPUS] = { false };
	char name[80];

	snprintf(name, sizeof(name), "patch %s", t->patch);
	name_row("process_name", TRACK_PATCH, 0, name);
	name_row("process_name", TRACK_CPUS, 0, "CPUs");
	name_row("process_name", TRACK_TASKS, 0, "tasks");
	name_row("thread_name", TRACK_PATCH, 0, "steps");
	for (size_t i = 0; i < t->count; i++) {
		int cpu = t->records[i].cpu;

		if (cpu < 0 || cpu >= MAX_CPUS || named[cpu])
			continue;
		named[cpu] = true;
		snprintf(name, sizeof(name), "CPU %d", cpu);
		name_row("thread_name", TRACK_CPUS, cpu, name);
	}
}

void timeline_json(const struct timeline *t)
{
	static bool running[MAX_CPUS];

	printf("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	name_rows(t);
	for (size_t i = 0; i < t->count; i++)
		if (t->records[i].cpu >= 0 && t->records[i].cpu < MAX_CPUS)
			put_record(&t->records[i], &running[t->records[i].cpu]);
	printf("\n]}\n");
}
