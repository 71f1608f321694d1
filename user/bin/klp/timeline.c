/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp timeline: the course of a transition, task by task.
 *
 * The kernel keeps records of the last transitions in rings.  This file reads them, selects one
 * transition, and shows the path of each task from old over pending to new. timeline_out.c writes
 * the same for a browser.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "klp.h"
#include "timeline.h"

#define BAR_WIDTH	40

/* ---- reading ---------------------------------------------------------------------------- */

bool timeline_word(const char *text, const char *key, char *out, size_t size)
{
	size_t len = strlen(key), n = 0;
	const char *at = text;

	while ((at = strstr(at, key)) && ((at != text && at[-1] != ' ') || at[len] != '='))
		at++;
	out[0] = '\0';
	if (!at)
		return false;
	for (at += len + 1; at[n] && at[n] != ' ' && n + 1 < size; n++)
		out[n] = at[n];
	out[n] = '\0';
	return true;
}

long timeline_number(const char *text, const char *key, long otherwise)
{
	char word[32];

	return timeline_word(text, key, word, sizeof(word)) ? strtol(word, NULL, 10) : otherwise;
}

long timeline_task(const struct record *r)
{
	char comm[32];

	timeline_word(r->text, "comm", comm, sizeof(comm));
	if (strncmp(comm, "swapper/", 8) == 0)
		return -1 - atoi(comm + 8);
	return timeline_number(r->text, "pid", 0);
}

/* The whole file, or NULL with errno. */
static char *read_all(const char *path)
{
	size_t size = 1 << 16, total = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : malloc(size);
	ssize_t n = -1;

	while (text && (n = read(fd, text + total, size - 1 - total)) > 0) {
		char *more = text;

		total += (size_t)n;
		if (total + 1 == size)
			more = realloc(text, size *= 2);
		if (!more)
			free(text);
		text = more;
	}
	if (text && n < 0) {
		free(text);
		text = NULL;
	}
	if (text)
		text[total] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

/* Parses a line in place; false if it is invalid. */
static bool take_line(char *line, struct record *r)
{
	char *at = line, *space;

	r->ns = strtoull(at, &at, 10);
	r->cpu = (int)strtol(at, &at, 10);
	r->pid = (int)strtol(at, &at, 10);
	if (*at != ' ')
		return false;
	r->event = ++at;
	space = strchr(at, ' ');
	if (!space)
		return false;
	*space = '\0';
	r->text = space + 1;
	return true;
}

static bool is_step(const struct record *r, const char *step)
{
	char word[32];

	return strcmp(r->event, "klp_transition") == 0 &&
	       timeline_word(r->text, "step", word, sizeof(word)) && strcmp(word, step) == 0;
}

static size_t take_lines(char *text, struct timeline *t)
{
	size_t room = 1;

	for (const char *c = text; *c; c++)
		room += *c == '\n';
	t->records = calloc(room, sizeof(*t->records));
	t->count = 0;
	if (!t->records)
		return 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (take_line(line, &t->records[t->count]))
			t->count++;
	return t->count;
}

/* Keeps only the last transition, that of @patch if it is not NULL; false: there is none. */
static bool keep_last(struct timeline *t, const char *patch)
{
	size_t from = t->count, to = t->count;

	while (from > 0) {
		const struct record *r = &t->records[--from];

		if (is_step(r, "init") &&
		    timeline_word(r->text, "patch", t->patch, sizeof(t->patch)) &&
		    (!patch || strcmp(t->patch, patch) == 0))
			break;
		if (is_step(r, "init"))
			to = from;
		if (from == 0)
			return false;
	}
	if (t->count == 0)
		return false;
	for (size_t i = from; i < to; i++)
		if (is_step(&t->records[i], "complete"))
			to = i + 1;
	t->records += from;
	t->count = to - from;
	return true;
}

/* ---- tasks ------------------------------------------------------------------------------ */

struct task {
	long id;
	char comm[32];
	unsigned long long flagged, looked, switched;	/* ns; 0 = not */
	char how[16];
	char where[96];			/* function in which a look found it */
};

static struct task *tasks;
static size_t nr_tasks;

static struct task *find_task(long id)
{
	/* Searches backwards: a pid may belong to another task by now. */
	for (size_t i = nr_tasks; i-- > 0;)
		if (tasks[i].id == id)
			return &tasks[i];
	return NULL;
}

static struct task *new_task(const struct record *r)
{
	struct task *task = &tasks[nr_tasks++];

	*task = (struct task){ .id = timeline_task(r), .flagged = r->ns };
	timeline_word(r->text, "comm", task->comm, sizeof(task->comm));
	return task;
}

static void take_look(struct task *task, const struct record *r)
{
	char verdict[16], in[96] = "", reason[64];

	timeline_word(r->text, "verdict", verdict, sizeof(verdict));
	if (strcmp(verdict, "blocked") == 0)
		timeline_word(r->text, "in", in, sizeof(in));
	else if (strcmp(verdict, "unreliable") == 0 &&
		 timeline_word(r->text, "reason", reason, sizeof(reason)))
		snprintf(in, sizeof(in), "(%s)", reason);
	else
		return;
	if (!task->looked)
		task->looked = r->ns;
	snprintf(task->where, sizeof(task->where), "%s", in);
}

static void take_switch(struct task *task, const struct record *r)
{
	char how[sizeof(task->how)];

	timeline_word(r->text, "how", how, sizeof(how));
	/* A task that dies after it has changed over has its row already. */
	if (strcmp(how, "death") == 0 && (!task || task->switched))
		return;
	if (!task || task->switched)
		task = new_task(r);
	task->switched = r->ns;
	memcpy(task->how, how, sizeof(how));
}

static bool collect_tasks(const struct timeline *t)
{
	size_t room = 0;

	for (size_t i = 0; i < t->count; i++)
		room += strcmp(t->records[i].event, "klp_flag") == 0 ||
			strcmp(t->records[i].event, "klp_switch") == 0;
	tasks = calloc(room + 1, sizeof(*tasks));
	if (!tasks)
		return false;
	for (size_t i = 0; i < t->count; i++) {
		const struct record *r = &t->records[i];
		struct task *task;

		if (strcmp(r->event, "klp_flag") == 0) {
			new_task(r);
			continue;
		}
		if (strcmp(r->event, "klp_look") != 0 && strcmp(r->event, "klp_switch") != 0)
			continue;
		task = find_task(timeline_task(r));
		if (r->event[4] == 'l') {
			if (task && !task->switched)
				take_look(task, r);
			continue;
		}
		take_switch(task, r);
	}
	return true;
}

/* ---- text ------------------------------------------------------------------------------- */

static int by_end(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	if (x->switched != y->switched)
		return !x->switched ? 1 : !y->switched ? -1 : x->switched < y->switched ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/*
 * Most tasks arrive within a millisecond, and one may need a minute.  So each column is the same
 * factor of time, from a microsecond on.
 */
static int column(unsigned long long ns, unsigned long long start, unsigned long long end)
{
	double all = log2(1 + (double)(end - start) / 1e3);

	return ns <= start ? 0 : ns >= end ? BAR_WIDTH :
	       (int)(log2(1 + (double)(ns - start) / 1e3) * BAR_WIDTH / all);
}

/* "....====!!!####": old, pending, found in the way, new. */
static void make_bar(char bar[BAR_WIDTH + 1], const struct task *task, unsigned long long start,
		     unsigned long long end)
{
	int flagged = column(task->flagged, start, end);
	int looked = task->looked ? column(task->looked, start, end) : BAR_WIDTH + 1;
	int switched = task->switched ? column(task->switched, start, end) : BAR_WIDTH + 1;

	for (int i = 0; i < BAR_WIDTH; i++)
		bar[i] = i >= switched ? '#' : i < flagged ? '.' : i >= looked ? '!' : '=';
	bar[BAR_WIDTH] = '\0';
}

static void print_task(const struct task *task, unsigned long long start, unsigned long long end)
{
	char bar[BAR_WIDTH + 1], pid[16];

	make_bar(bar, task, start, end);
	snprintf(pid, sizeof(pid), task->id < 0 ? "-" : "%ld", task->id);
	printf("%6s %-15.15s %s", pid, task->comm, bar);
	if (task->switched)
		printf(" %-10s %10.3f ms", task->how,
		       (double)(task->switched - task->flagged) / 1e6);
	else
		printf(" %-10s %13s", "pending", "");
	if (task->where[0])
		printf("  was in %s", task->where);
	putchar('\n');
}

static const char *words_of(const struct record *r)
{
	return strncmp(r->event, "klp_", 4) == 0 ? r->event + 4 : r->event;
}

static void print_steps(const struct timeline *t, unsigned long long start)
{
	static const char *const shown[] = {
		"klp_transition", "klp_barrier", "klp_slots", "klp_callback", "lost" };

	for (size_t i = 0; i < t->count; i++) {
		const struct record *r = &t->records[i];
		double ms = (double)(r->ns - start) / 1e6;

		for (size_t k = 0; k < sizeof(shown) / sizeof(*shown); k++)
			if (strcmp(r->event, shown[k]) == 0)
				printf("%12.3f ms  cpu %-2d %-10s %s\n", ms, r->cpu, words_of(r),
				       r->text);
	}
}

static void print_text(const struct timeline *t)
{
	const struct record *last = &t->records[t->count - 1];
	unsigned long long start = t->records[0].ns, end = last->ns;
	long target = timeline_number(t->records[0].text, "target", 1);
	bool ended = is_step(last, "complete");
	size_t pending = 0;

	for (size_t i = 0; i < nr_tasks; i++)
		pending += !tasks[i].switched;
	qsort(tasks, nr_tasks, sizeof(*tasks), by_end);
	printf("%s: %s, %s %.3f ms, %zu tasks", t->patch,
	       timeline_number(last->text, "target", target) ? "patching" : "unpatching",
	       ended ? "complete after" : "running since",
	       (double)(end - start) / 1e6, nr_tasks);
	if (pending)
		printf(", %zu to go", pending);
	printf("\n\n");
	print_steps(t, start);
	printf("\n%6s %-15s %-*s %-10s %13s\n", "pid", "name", BAR_WIDTH,
	       "old . pending = in the way ! new # (log)", "went by", "after");
	for (size_t i = 0; i < nr_tasks; i++)
		print_task(&tasks[i], start, end);
}

/* ---- the command ------------------------------------------------------------------------ */

int cmd_timeline(const char *patch, const struct options *options)
{
	char *text = read_all(ROOT "/timeline");
	struct timeline t;

	if (!text) {
		complain(ROOT "/timeline: %s",
			 errno == EACCES ? "only root may read it" : strerror(errno));
		return REFUSED;
	}
	if (!take_lines(text, &t) || !keep_last(&t, patch)) {
		complain(patch ? "%s: the kernel remembers no transition of it" :
			 "the kernel remembers no transition%s", patch ? patch : "");
		return REFUSED;
	}
	if (options->format == FORMAT_HTML)
		timeline_html(&t);
	else if (options->format == FORMAT_JSON)
		timeline_json(&t);
	else if (collect_tasks(&t))
		print_text(&t);
	return DONE;
}
