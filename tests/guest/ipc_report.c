/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who waits too long for a server is named in the log, once: a server that ignores a cancel,
 * and one that is not there.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <tap.h>
#include "ipc_peer.h"

static int log_fd;

static void open_log(void)
{
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	CHECK(log_fd >= 0);
	CHECK(lseek(log_fd, 0, SEEK_END) >= 0);
}

/* How many of the lines that came since the last look contain @text. */
static int lines_with(const char *text)
{
	char record[1024];
	int count = 0;
	ssize_t n;

	while ((n = read(log_fd, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		count += strstr(record, text) != NULL;
	}
	return count;
}

static void wait_for_line(const char *text)
{
	while (!lines_with(text))
		sleep_ms(50);
}

static void a_server_that_ignores_a_cancel_is_reported_once(void)
{
	char line[128];
	pid_t child;
	uint64_t tag;

	open_log();
	prctl(PR_SET_NAME, "srv_ignore");
	tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	snprintf(line, sizeof(line), "ipc: srv_ignore[%d] waits for srv_ignore since a cancel 2 s ago (op READ)", child);
	wait_for_line(line);
	sleep_ms(2500);
	CHECK_EQ(lines_with(line), 0);
	CHECK_EQ(answer(tag, -EINTR), 0);
	expect_status(child, 10);
}

static void a_server_that_answers_in_time_is_not_reported(void)
{
	pid_t child;
	uint64_t tag;

	open_log();
	tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	CHECK_EQ(answer(tag, -EINTR), 0);
	expect_status(child, 10);
	sleep_ms(2500);
	CHECK_EQ(lines_with("ipc: "), 0);
}

static void a_server_that_does_not_come_back_is_reported(void)
{
	char line[128];
	pid_t child;

	open_log();
	prctl(PR_SET_NAME, "srv_gone");
	start_server(PORT_REATTACH);
	child = client(client_stat);
	CHECK_EQ(receive()->op, PORT_STAT);
	CHECK_EQ(close(port), 0);
	snprintf(line, sizeof(line), "ipc: srv_gone[%d] waits for a new srv_gone since 2 s (op STAT)", child);
	wait_for_line(line);
	/* It can be ended all the same. */
	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
}

int main(void)
{
	TAP_TEST(a_server_that_ignores_a_cancel_is_reported_once);
	TAP_TEST(a_server_that_answers_in_time_is_not_reported);
	TAP_TEST(a_server_that_does_not_come_back_is_reported);
	return tap_done();
}
