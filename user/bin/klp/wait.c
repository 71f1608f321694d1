/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waits for the end of a transition, or until a patch has released its module.
 *
 * The kernel reports each change of `enabled` and `transition` by POLLPRI, so files are not read
 * repeatedly.  On a terminal a line on standard error shows the remaining tasks four times a
 * second.  When the time of --deadline is up, --else selects an action.  The wait then continues
 * without a deadline, unless there is no action.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "klp.h"

#define SHOW_MS		250
/* for the last reference, which is dropped just after the directory */
#define PUT_MS		5000

static bool showing;		/* the cursor's line contains text */

static void clear_line(void)
{
	if (showing)
		fputs("\r\033[K", stderr);
	showing = false;
}

/* Shows "sleep (26) asleep in f+0x1/0x2", and the number of other tasks. */
static void show_rest(const char *patch)
{
	char path[PATH_BYTES], text[4096], *end, name[64], where[160];
	int pid, count = 0;

	attribute_path(path, patch, "blockers");
	if (read_text(path, text, sizeof(text)) < 0)
		return;
	for (char *c = text; *c; c++)
		count += *c == '\n';
	count += text[0] != '\0';
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	clear_line();
	if (sscanf(text, "%d %63s cpu %*d %*c %159[^\n]", &pid, name, where) == 3)
		fprintf(stderr, "%s: %d task%s to go: %d %s %.80s", patch, count,
			count == 1 ? "" : "s", pid, name, where);
	else
		fprintf(stderr, "%s: about to end", patch);
	showing = true;
	fflush(stderr);
}

/* Waits for an event of @fd and shows the rest: 0, or -ETIMEDOUT at @deadline (-1 = none). */
static int wait_event(int fd, const char *patch, long deadline)
{
	struct pollfd item = { .fd = fd, .events = POLLPRI };
	bool show = isatty(STDERR_FILENO);

	for (;;) {
		long left = deadline < 0 ? -1 : deadline - now_ms(), pause = left;

		if (deadline >= 0 && left <= 0)
			return -ETIMEDOUT;
		if (show && (pause < 0 || pause > SHOW_MS))
			pause = SHOW_MS;
		if (poll(&item, 1, (int)pause) > 0)
			return 0;
		if (show)
			show_rest(patch);
	}
}

/*
 * Reads @attribute of @patch until it is @wanted or the patch is gone: 1 if it is gone, else 0, or
 * -errno; -ETIMEDOUT at @deadline.
 */
static int wait_for(const char *patch, const char *attribute, const char *wanted, long deadline)
{
	char path[PATH_BYTES], text[32];
	int fd, error = 0;
	ssize_t n;

	attribute_path(path, patch, attribute);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 1 : -errno;
	while (!error) {
		n = pread(fd, text, sizeof(text), 0);
		if (n < 0)
			error = errno == ENODEV ? 1 : -errno;
		else if (n > 0 && wanted && text[0] == *wanted)
			break;
		else
			error = wait_event(fd, patch, deadline);
	}
	close(fd);
	clear_line();
	return error;
}

/* ---- actions at the deadline --------------------------------------------------------- */

/* Performs the action of --else; true if there is something to wait for now. */
static bool fall_back(const char *patch, const struct options *options, bool *reversed)
{
	static const char *const words[] = { "", "turned round", "signalled", "forced" };
	bool enabled = get_number(patch, "enabled") == 1;
	int ret = 0;

	if (options->fallback == FALLBACK_REVERSE)
		ret = set_number(patch, "enabled", enabled ? "0" : "1");
	else if (options->fallback == FALLBACK_SIGNAL)
		ret = set_number(patch, "signal", "1");
	else if (options->fallback == FALLBACK_FORCE)
		ret = set_number(patch, "force", "1");
	if (ret < 0 && get_number(patch, "transition") > 0) {
		complain("%s: %s", patch, strerror(-ret));
		return false;
	}
	if (options->fallback == FALLBACK_NONE) {
		complain("%s: after %ld ms tasks are still to go; `klp why %s` names them", patch,
			 options->deadline_ms, patch);
		return false;
	}
	complain("%s: after %ld ms tasks were still to go: %s", patch, options->deadline_ms,
		 words[options->fallback]);
	*reversed = options->fallback == FALLBACK_REVERSE;
	return true;
}

static long deadline_of(const struct options *options)
{
	return options->deadline_ms < 0 ? -1 : now_ms() + options->deadline_ms;
}

static int failed(const char *patch, int error)
{
	complain("%s: waiting: %s", patch, strerror(-error));
	return REFUSED;
}

int wait_settled(const char *patch, const struct options *options)
{
	bool reversed = false;
	int ret = wait_for(patch, "transition", "0", deadline_of(options));

	if (ret == -ETIMEDOUT) {
		if (!fall_back(patch, options, &reversed))
			return WAITING;
		ret = wait_for(patch, "transition", "0", -1);
	}
	if (ret < 0)
		return failed(patch, ret);
	return reversed ? WAITING : DONE;
}

/* Waits for the module's last reference, which is dropped after the patch's directory is gone. */
static int wait_put(const char *patch)
{
	long deadline = now_ms() + PUT_MS;
	struct pollfd item = { .events = POLLPRI };
	char path[PATH_BYTES], text[32];
	int status = REFUSED;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", patch);
	item.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (item.fd < 0)
		return DONE;
	do {
		n = pread(item.fd, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		if (n < 0 || atoi(text) == 0)
			status = DONE;
	} while (status != DONE && deadline > now_ms() &&
		 poll(&item, 1, (int)(deadline - now_ms())) >= 0);
	close(item.fd);
	if (status != DONE)
		complain("%s: its module stays: it was forced, or is in use (`lsmod`)", patch);
	return status;
}

int wait_gone(const char *patch, const struct options *options)
{
	bool reversed = false;
	int ret = wait_for(patch, "enabled", "1", deadline_of(options));

	if (ret == -ETIMEDOUT) {
		if (!fall_back(patch, options, &reversed))
			return WAITING;
		if (reversed)
			return wait_for(patch, "transition", "0", -1) < 0 ? REFUSED : WAITING;
		ret = wait_for(patch, "enabled", "1", -1);
	}
	if (ret < 0)
		return failed(patch, ret);
	if (ret == 0) {
		complain("%s: it was enabled again", patch);
		return REFUSED;
	}
	return wait_put(patch);
}
