/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp watch: shows a running transition, like top: the number of pending tasks, its decrease, and
 * the tasks that block.
 *
 * An event of the kernel (POLLPRI of the file `transition`) reports the end; until then the
 * blockers are read four times a second.  If standard output is not a terminal, each look writes
 * one line.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "klp.h"

#define LOOK_MS		250
#define SHOWN		20	/* blockers on the screen */
#define TEXT_BYTES	(1 << 20)

struct look {
	long ms;
	int left;
};

/* Reads the blockers into @text; returns their number, or -errno. */
static int look_at(const char *patch, char *text)
{
	char path[PATH_BYTES];
	int fd, lines = 0;
	ssize_t n, total = 0;

	attribute_path(path, patch, "blockers");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, text + total, (size_t)(TEXT_BYTES - 1 - total))) > 0)
		total += n;
	close(fd);
	text[total] = '\0';
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	return lines;
}

static void show_blockers(char *text)
{
	int shown = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (shown++ < SHOWN)
			printf("%.110s\n", line);
	if (shown > SHOWN)
		printf("... and %d more\n", shown - SHOWN);
}

static void show(const char *patch, char *text, const struct look *first, const struct look *before,
		 const struct look *now)
{
	bool screen = isatty(STDOUT_FILENO);
	long ms = now->ms - before->ms;
	double rate = ms > 0 ? (before->left - now->left) * 1000.0 / (double)ms : 0;

	if (screen)
		printf("\033[H\033[2J");
	printf("%s: %s, %d task%s to go, %.1f s, %.0f tasks/s\n", patch, state_of(patch), now->left,
	       now->left == 1 ? "" : "s", (double)(now->ms - first->ms) / 1000,
	       rate > 0 ? rate : 0);
	if (screen)
		show_blockers(text);
	fflush(stdout);
}

static int watch_from(const char *patch, int fd, char *text)
{
	struct pollfd item = { .fd = fd, .events = POLLPRI };
	struct look first = { .ms = now_ms(), .left = -1 }, before, now;
	char answer[32];
	ssize_t n;

	for (;;) {
		n = pread(fd, answer, sizeof(answer), 0);
		if (n <= 0 || answer[0] != '1')
			break;
		now = (struct look){ now_ms(), look_at(patch, text) };
		if (now.left < 0)
			break;
		if (first.left < 0)
			before = first = now;
		show(patch, text, &first, &before, &now);
		before = now;
		poll(&item, 1, LOOK_MS);
	}
	printf("%s: %s\n", patch, state_of(patch));
	return DONE;
}

int cmd_watch(const char *patch)
{
	char path[PATH_BYTES], *text = malloc(TEXT_BYTES);
	int fd, status;

	if (!check_loaded(patch))
		return REFUSED;
	attribute_path(path, patch, "transition");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || !text) {
		complain("%s: %s", path, strerror(errno));
		return REFUSED;
	}
	status = watch_from(patch, fd, text);
	close(fd);
	return status;
}
