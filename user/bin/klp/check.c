/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp check: shows which tasks would block a patch, before the patch is loaded.
 *
 * The functions come from the command line, or from the entries "klp_func=OBJECT NAME,POSITION"
 * that tools/module writes into .modinfo.  The kernel's file `check` answers for all of them at
 * once; each look is a separate question.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "klp.h"

#define QUESTION_BYTES	4096
#define ANSWER_BYTES	(256 * 1024)
#define MAX_FUNCTIONS	512
#define MAX_STAYS	4096
#define LOOK_NS		10000000	/* between two looks of --watch */

/* One function of the question, with its results. */
struct function {
	char name[600];			/* "OBJECT NAME" */
	unsigned tasks, most;		/* tasks in it at this look, and the maximum */
	unsigned looks;			/* number of looks with a task in it */
	long longest_ms;
	int longest_pid;
};

/* A task that stays in a function over several looks. */
struct stay {
	int pid, function;
	long since_ms;
	unsigned look;			/* the last look that met it */
};

static struct function functions[MAX_FUNCTIONS];
static int nr_functions;
static bool trouble;			/* a function cannot be patched */
static struct stay stays[MAX_STAYS];
static int nr_stays;

/* ---- the question ----------------------------------------------------------------------- */

static bool add_line(char *question, const char *object, const char *name)
{
	size_t used = strlen(question), room = QUESTION_BYTES - used;

	return snprintf(question + used, room, "%s %s\n", object, name) < (int)room;
}

/* Reads the entries of .modinfo in a module's file: their number, or -errno. */
static int ask_file(int fd, char *question)
{
	static const char mark[] = "\0klp_func=";
	const size_t skip = sizeof(mark) - 1;
	int count = 0;
	struct stat st;
	char *file, *at, *end;

	if (fstat(fd, &st) < 0 || !(file = malloc((size_t)st.st_size + 1)))
		return -errno;
	if (read(fd, file, (size_t)st.st_size) != st.st_size || st.st_size < SELFMAG ||
	    memcmp(file, ELFMAG, SELFMAG) != 0)
		count = -ENOEXEC;
	end = file + st.st_size;
	*end = '\0';
	/* .modinfo is found by its contents: terminated strings. */
	for (at = file; count >= 0 && (at = memmem(at, (size_t)(end - at), mark, skip));) {
		at += skip;
		count = strlen(question) + strlen(at) + 2 > QUESTION_BYTES ? -E2BIG : count + 1;
		if (count > 0)
			sprintf(question + strlen(question), "%s\n", at);
	}
	free(file);
	return count;
}

/* "OBJECT:FUNCTION", or a function of the kernel. */
static bool ask_word(const char *word, char *question)
{
	const char *colon = strchr(word, ':');
	char object[NAME_BYTES];

	if (!colon)
		return add_line(question, "vmlinux", word);
	snprintf(object, sizeof(object), "%.*s", (int)(colon - word), word);
	return add_line(question, object, colon + 1);
}

static int make_question(char **words, int count, char *question)
{
	int fd = count == 1 && !strchr(words[0], ':') ? open_module(words[0]) : -1, n;

	question[0] = '\0';
	if (fd < 0) {
		for (int i = 0; i < count; i++)
			if (!ask_word(words[i], question))
				return complain("too many functions"), REFUSED;
		return DONE;
	}
	n = ask_file(fd, question);
	close(fd);
	if (n > 0)
		return DONE;
	complain("%s: %s", words[0], n == -ENOEXEC ? "is no module" : n < 0 ? strerror(-n) :
		 "names no functions: it is no live patch, or fills in its tables at run time");
	return REFUSED;
}

/* ---- the answer ------------------------------------------------------------------------- */

static int function_of(const char *line)
{
	char name[600];

	for (int i = 0; i < nr_functions; i++) {
		const char *plain = strchr(functions[i].name, ' ');

		snprintf(name, sizeof(name), " %s+0x", plain ? plain + 1 : "");
		name[strcspn(name, ",")] = '\0';
		if (strstr(line, name))
			return i;
	}
	return -1;
}

static void take_function(const char *line, const char *verdict)
{
	struct function *f;

	if (nr_functions == MAX_FUNCTIONS)
		return;
	f = &functions[nr_functions++];
	snprintf(f->name, sizeof(f->name), "%.*s", (int)(verdict - line), line);
	if (strcmp(verdict, ": patchable") != 0) {
		printf("%s\n", line);
		trouble = true;
	}
}

/* A task met at the previous look continues its stay; any other begins one. */
static void take_stay(int pid, int function, unsigned look, long now)
{
	struct stay *stay = NULL;

	for (int i = 0; i < nr_stays && !stay; i++)
		if (stays[i].pid == pid && stays[i].function == function)
			stay = &stays[i];
	if (!stay) {
		if (nr_stays == MAX_STAYS)
			return;
		stay = &stays[nr_stays++];
		*stay = (struct stay){ pid, function, now, look };
	} else if (stay->look + 1 < look) {
		stay->since_ms = now;
	}
	stay->look = look;
	if (now - stay->since_ms >= functions[function].longest_ms) {
		functions[function].longest_ms = now - stay->since_ms;
		functions[function].longest_pid = pid;
	}
}

/* Parses an answer: returns its number of tasks.  @first: parses the functions, too. */
static int take_answer(char *answer, unsigned look, bool first, bool print)
{
	long now = now_ms();
	int tasks = 0;

	for (int i = 0; i < nr_functions; i++)
		functions[i].tasks = 0;
	for (char *line = strtok(answer, "\n"); line; line = strtok(NULL, "\n")) {
		const char *verdict = strstr(line, ": ");
		int function;

		if (line[0] < '0' || line[0] > '9') {
			if (first && verdict)
				take_function(line, verdict);
			continue;
		}
		tasks++;
		if (print)
			printf("    %s\n", line);
		function = function_of(line);
		if (function < 0)
			continue;
		functions[function].tasks++;
		take_stay(atoi(line), function, look, now);
	}
	for (int i = 0; i < nr_functions; i++) {
		functions[i].looks += functions[i].tasks > 0;
		if (functions[i].tasks > functions[i].most)
			functions[i].most = functions[i].tasks;
	}
	return tasks;
}

/* Gets the answer into @answer; or -errno. */
static int ask_kernel(const char *question, char *answer)
{
	int fd = open(ROOT "/check", O_RDWR | O_CLOEXEC), error = 0;
	ssize_t n = 0, total = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, question, strlen(question)) < 0)
		error = -errno;
	while (!error && (n = read(fd, answer + total, (size_t)(ANSWER_BYTES - 1 - total))) > 0)
		total += n;
	if (n < 0)
		error = -errno;
	close(fd);
	answer[total] = '\0';
	return error;
}

static void print_watch(unsigned looks)
{
	for (int i = 0; i < nr_functions; i++) {
		const struct function *f = &functions[i];

		if (!f->looks)
			printf("%s: nobody in %u looks\n", f->name, looks);
		else
			printf("%s: in %u of %u looks, at most %u task%s at once; "
			       "longest stay %ld ms (task %d)\n", f->name, f->looks, looks, f->most,
			       f->most == 1 ? "" : "s", f->longest_ms, f->longest_pid);
	}
}

/* Repeats looks until the time is up; returns the tasks of the last look, or -errno. */
static int watch(const char *question, char *answer, long watch_ms, unsigned *looks)
{
	const struct timespec pause = { 0, LOOK_NS };
	long end = now_ms() + watch_ms;
	int ret, tasks;

	do {
		ret = ask_kernel(question, answer);
		if (ret < 0)
			return ret;
		tasks = take_answer(answer, *looks, *looks == 0, watch_ms == 0);
		++*looks;
		if (watch_ms)
			nanosleep(&pause, NULL);
	} while (now_ms() < end);
	return tasks;
}

int cmd_check(char **words, int count, const struct options *options)
{
	static char question[QUESTION_BYTES], answer[ANSWER_BYTES];
	unsigned looks = 0;
	int tasks, status = make_question(words, count, question);

	if (status)
		return status;
	tasks = watch(question, answer, options->watch_ms, &looks);
	if (tasks < 0) {
		complain("%s", tasks == -ENOENT ? "this kernel has no " ROOT "/check"
						: strerror(-tasks));
		return REFUSED;
	}
	if (options->watch_ms)
		print_watch(looks);
	if (tasks)
		printf("%d task%s would keep the patch waiting now\n", tasks,
		       tasks == 1 ? "" : "s");
	else if (!trouble)
		printf("nobody would keep the patch waiting now\n");
	return trouble ? REFUSED : tasks ? WAITING : DONE;
}
