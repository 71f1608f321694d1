/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of the lines in the log about a task that waits too long for a server. The log names the task
 * once, if the server ignores a cancel or if the port is vacant.
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

/* The number of lines with @text among the lines that were logged since the last call. */
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
	snprintf(line, sizeof(line), "ipc: srv_ignore[%d] waits for srv_ignore since a signal or kick 2 s ago (op READ)", child);
	wait_for_line(line);
	sleep_ms(2500);
	CHECK_EQ(lines_with(line), 0);
	CHECK_EQ(answer(tag, -EINTR), 0);
	expect_status(child, 10);
}

/* The client's signal waits until its call is received. */
static void a_server_that_receives_nothing_is_reported(void)
{
	char line[128];
	pid_t child;

	open_log();
	prctl(PR_SET_NAME, "srv_busy");
	start_server(PORT_CANCEL_OK);
	child = client(client_handler);
	serve_open(&device);
	wait_asleep(child);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	snprintf(line, sizeof(line), "ipc: srv_busy[%d] waits for srv_busy since a signal or kick 2 s ago (op READ)", child);
	wait_for_line(line);
	CHECK_EQ(receive()->op, PORT_READ);
	CHECK_EQ(answer_with(msg.request.tag, 1, 0, "k", 1), 0);
	expect_status(child, 21);
}

/* The numbers of calls that /proc/ports shows for the only port of @server. */
struct counts {
	unsigned queued, active, cancelled;
	unsigned long oldest_ms;
};

static struct counts counts_of(const char *server)
{
	char line[160], name[32], state[16];
	struct counts c = { 0 };
	FILE *f = fopen("/proc/ports", "r");
	unsigned long id;
	int found = 0;

	CHECK(f && fgets(line, sizeof(line), f));
	CHECK(!strcmp(line, "port server state queued active cancelled oldest_ms\n"));
	while (fgets(line, sizeof(line), f)) {
		struct counts read;

		CHECK_EQ(sscanf(line, "%lu %31s %15s %u %u %u %lu", &id, name, state, &read.queued,
				&read.active, &read.cancelled, &read.oldest_ms), 7);
		if (strcmp(name, server))
			continue;
		CHECK(!strcmp(state, "served"));
		c = read;
		found++;
	}
	fclose(f);
	CHECK_EQ(found, 1);
	return c;
}

static void proc_ports_shows_the_age_of_a_cancelled_call(void)
{
	pid_t child, second;
	struct counts c;
	uint64_t tag;

	prctl(PR_SET_NAME, "srv_count");
	tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);
	c = counts_of("srv_count");
	CHECK(c.queued == 0 && c.active == 1 && c.cancelled == 0 && c.oldest_ms == 0);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	second = client(client_stat);
	wait_asleep(second);
	sleep_ms(30);
	c = counts_of("srv_count");
	CHECK(c.queued == 1 && c.active == 1 && c.cancelled == 1 && c.oldest_ms >= 30);
	CHECK_EQ(answer(tag, -EINTR), 0);
	c = counts_of("srv_count");
	CHECK(c.queued == 1 && c.active == 0 && c.cancelled == 0 && c.oldest_ms == 0);
	expect_status(child, 10);
	receive_note(PORT_NOTE_CLOSE);
	CHECK_EQ(receive()->op, PORT_STAT);
	CHECK_EQ(answer_with(msg.request.tag, 0, 0, &regular, sizeof(regular)), 0);
	expect_status(second, 0);
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
	/* The waiting task can still be killed. */
	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
}

int main(void)
{
	TAP_TEST(a_server_that_ignores_a_cancel_is_reported_once);
	TAP_TEST(a_server_that_receives_nothing_is_reported);
	TAP_TEST(proc_ports_shows_the_age_of_a_cancelled_call);
	TAP_TEST(a_server_that_answers_in_time_is_not_reported);
	TAP_TEST(a_server_that_does_not_come_back_is_reported);
	return tap_done();
}
