/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_log.c - prints complaints of the kernel that came during a suite, for the script of
 * tests/run.py.
 *
 *	kernel_log begin NAME		marks the beginning in the log
 *	kernel_log complaints NAME	prints the complaints since the mark, "=== kernel: TEXT" each
 *
 * A complaint is a warning of the kernel, or a task that only the safety pass of live patching noticed:
 * both are bugs that no test need see. The records are those of /dev/kmsg, which suites cannot clear. If
 * the log has lost the mark because so much was logged, the program searches all records that are left.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_COMPLAINTS	8
#define MAX_TEXT	200

static const char *const complaint[] = { "WARNING: CPU:", "safety pass:" };

static int log_begin(int fd, const char *mark)
{
	return write(fd, mark, strlen(mark)) < 0;
}

static int is_complaint(const char *text)
{
	for (size_t i = 0; i < sizeof(complaint) / sizeof(complaint[0]); i++)
		if (strstr(text, complaint[i]))
			return 1;
	return 0;
}

/* One read is one record, "level,number,time,-;text". */
static int log_complaints(int fd, const char *mark)
{
	static char found[MAX_COMPLAINTS][MAX_TEXT];
	char record[4097];
	size_t count = 0;
	ssize_t n;

	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		const char *text;

		if (n < 0)
			continue;		/* records were lost: the next read continues behind them */
		record[n] = '\0';
		record[strcspn(record, "\n")] = '\0';
		text = strchr(record, ';');
		text = text ? text + 1 : record;
		if (!strcmp(text, mark))
			count = 0;
		else if (is_complaint(text) && count < MAX_COMPLAINTS)
			snprintf(found[count++], MAX_TEXT, "%.*s", MAX_TEXT - 1, text);
	}
	for (size_t i = 0; i < count; i++)
		printf("=== kernel: %s\n", found[i]);
	return n < 0 && errno != EAGAIN;
}

int main(int argc, char **argv)
{
	char mark[MAX_TEXT];
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC), failed = 1;

	if (fd >= 0 && argc == 3) {
		snprintf(mark, sizeof(mark), "suite %s begins", argv[2]);
		failed = strcmp(argv[1], "begin") ? log_complaints(fd, mark) : log_begin(fd, mark);
	}
	if (failed)
		printf("=== kernel: the log cannot be read\n");
	return failed;
}
