/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of the effect of a signal on a call. Each cancel rule of docs/ipc.md has a test.
 */
#define _GNU_SOURCE
#include <tap.h>
#include "ipc_peer.h"

static void a_signal_cancels_an_active_call(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);

	CHECK_EQ(kill(child, SIGUSR1), 0);
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->value, tag);
	CHECK_EQ(msg.note.reason, PORT_CANCEL_SIGNAL);
	CHECK_EQ(answer(tag, -EINTR), 0);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 10);
}

static void a_cancelled_call_restarts_where_the_handler_wants(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler_restart, PORT_CANCEL_OK);

	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	CHECK_EQ(answer(tag, -EINTR), 0);
	CHECK_EQ(receive()->op, PORT_READ);
	CHECK(msg.request.tag != tag);
	CHECK_EQ(answer_with(msg.request.tag, 1, 0, "k", 1), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 21);
}

static void a_normal_answer_that_crosses_a_cancel_counts(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);

	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	CHECK_EQ(answer_with(tag, 1, 0, "k", 1), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 21);
}

static void a_note_not_yet_received_disappears_with_its_call(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);

	CHECK_EQ(kill(child, SIGUSR1), 0);
	wait_blocked(child);		/* the child has sent its note and sleeps again */
	CHECK_EQ(answer_with(tag, 1, 0, "k", 1), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 21);
	expect_nothing();
}

static void a_second_signal_sends_no_second_note(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);

	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	expect_nothing();
	CHECK_EQ(answer(tag, -EINTR), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 10);
}

static void ports_without_cancel_finish_the_call(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler, 0);

	CHECK_EQ(kill(child, SIGUSR1), 0);
	expect_nothing();
	CHECK_EQ(answer_with(tag, 1, 0, "k", 1), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 21);
}

/* The client waits in the queue with a signal pending; its server does not receive. */
static pid_t reach_queued_signal(int (*fn)(void))
{
	pid_t child;

	start_server(PORT_CANCEL_OK);
	child = client(fn);
	serve_open(&device);
	wait_asleep(child);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	wait_blocked(child);
	return child;
}

static void a_signal_does_not_end_a_queued_call_that_its_server_can_do(void)
{
	pid_t child = reach_queued_signal(client_handler);

	CHECK_EQ(receive()->op, PORT_READ);
	CHECK_EQ(answer_with(msg.request.tag, 1, 0, "k", 1), 0);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 21);
}

static void a_signal_cancels_a_queued_call_when_it_is_received(void)
{
	pid_t child = reach_queued_signal(client_handler);
	uint64_t tag = receive()->tag;

	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->value, tag);
	CHECK_EQ(msg.note.reason, PORT_CANCEL_SIGNAL);
	CHECK_EQ(answer(tag, -EINTR), 0);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 10);
	expect_nothing();
}

static void sigkill_takes_a_queued_call_back(void)
{
	pid_t child = reach_queued_signal(client_handler);

	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_nothing();
}

/* If a signal made the client call again, the call would go to the end of the queue, and might never be received. */
static void check_place_in_queue(unsigned flags)
{
	pid_t first, second;

	start_server(flags);
	first = client(client_handler);
	serve_open(&device);
	wait_blocked(first);
	second = client(client_handler);
	wait_blocked(second);
	CHECK_EQ(kill(first, SIGUSR1), 0);
	wait_blocked(first);
	CHECK_EQ(receive()->pid, first);
	CHECK_EQ(msg.request.op, PORT_READ);
	CHECK_EQ(answer_with(msg.request.tag, 1, 0, "k", 1), 0);
	expect_status(first, 21);
	CHECK_EQ(kill(second, SIGKILL), 0);
	expect_killed(second);
}

static void a_signal_leaves_a_queued_call_without_cancel_in_its_place(void)
{
	check_place_in_queue(0);
}

static void a_signal_leaves_a_queued_call_for_files_in_its_place(void)
{
	check_place_in_queue(PORT_CANCEL_OK | PORT_FILES);
}

static void stop_and_continue_are_invisible(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_read_forever, PORT_CANCEL_OK);
	int status;

	CHECK_EQ(kill(child, SIGSTOP), 0);
	receive_note(PORT_NOTE_CANCEL);
	CHECK_EQ(answer(tag, -EINTR), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(receive()->op, PORT_READ);
	CHECK_EQ(answer_with(msg.request.tag, 1, 0, "k", 1), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 0);
}

static int client_reads_three(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	char buf[8] = "";

	sigaction(SIGUSR1, &action, NULL);
	return read(open_it(), buf, 8) == 3 && !memcmp(buf, "abc", 4) && handled == 1 ? 30 : 1;
}

static void bytes_that_moved_are_counted(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_reads_three, PORT_CANCEL_OK);

	CHECK_EQ(lease_write(port, tag, 0, "abc", 3), 3);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	CHECK_EQ(answer(tag, 3), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 30);
}

static void a_cancel_comes_before_newer_requests(void)
{
	pid_t child, other[3];
	uint64_t tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);

	for (int i = 0; i < 3; i++) {
		other[i] = client(client_stat);
		wait_asleep(other[i]);
	}
	CHECK_EQ(kill(child, SIGUSR1), 0);
	wait_blocked(child);
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->value, tag);
	CHECK_EQ(answer(tag, -EINTR), 0);
	expect_status(child, 10);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(answer_with(receive()->tag, 0, 0, &regular, sizeof(regular)), 0);
	for (int i = 0; i < 3; i++)
		expect_status(other[i], 0);
}

static void an_interruption_that_nobody_asked_for_is_invisible(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_handler, PORT_CANCEL_OK);

	for (int i = 0; i < 5; i++) {
		CHECK_EQ(answer(tag, -EINTR), 0);
		CHECK_EQ(receive()->op, PORT_READ);
		CHECK(msg.request.tag > tag);
		tag = msg.request.tag;
	}
	CHECK_EQ(answer_with(tag, 1, 0, "k", 1), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 20);
}

static int client_nonblocking(void)
{
	char c;

	return read(open(mount_path, O_RDWR | O_NONBLOCK), &c, 1) == -1 && errno == EAGAIN ? 11 : 1;
}

static void not_waiting_is_a_flag_of_the_request(void)
{
	pid_t child;

	start_server(PORT_CANCEL_OK);
	child = client(client_nonblocking);
	serve_open(&device);
	CHECK(receive()->arg[1] & O_NONBLOCK);
	CHECK_EQ(answer(msg.request.tag, -EAGAIN), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 11);
}

static int client_stat_with_handler(void)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	char path[80];
	struct stat st;

	sigaction(SIGUSR1, &action, NULL);
	snprintf(path, sizeof(path), "%s/first", mount_path);
	return stat(path, &st) ? 1 : 20 + handled;
}

/* The request goes out, and then its CANCEL: what the server can do at once is done in spite of the signal. */
static void a_call_that_begins_with_a_signal_pending_is_cancelled_as_any_other(void)
{
	struct port_reply reply = { .status = PORT_REDIRECT, .aux = 6, .data = (uintptr_t)"second", .len = 6 };
	uint64_t tag;
	pid_t child;

	start_server(PORT_CANCEL_OK);
	child = client(client_stat_with_handler);
	reply.tag = receive()->tag;
	CHECK_EQ(kill(child, SIGUSR1), 0);
	receive_note(PORT_NOTE_CANCEL);
	/* The client calls for the second path. */
	CHECK_EQ(port_reply_recv(port, &reply, &msg, -1), 0);
	CHECK_EQ(msg.request.in_len, 6);
	CHECK(!memcmp(msg.request.data, "second", 6));
	tag = msg.request.tag;
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->value, tag);
	CHECK_EQ(answer_with(tag, 0, 0, &regular, sizeof(regular)), 0);
	expect_status(child, 21);
}

int main(void)
{
	TAP_TEST(a_signal_cancels_an_active_call);
	TAP_TEST(a_cancelled_call_restarts_where_the_handler_wants);
	TAP_TEST(a_normal_answer_that_crosses_a_cancel_counts);
	TAP_TEST(a_note_not_yet_received_disappears_with_its_call);
	TAP_TEST(a_second_signal_sends_no_second_note);
	TAP_TEST(ports_without_cancel_finish_the_call);
	TAP_TEST(a_signal_does_not_end_a_queued_call_that_its_server_can_do);
	TAP_TEST(a_signal_cancels_a_queued_call_when_it_is_received);
	TAP_TEST(sigkill_takes_a_queued_call_back);
	TAP_TEST(a_signal_leaves_a_queued_call_without_cancel_in_its_place);
	TAP_TEST(a_signal_leaves_a_queued_call_for_files_in_its_place);
	TAP_TEST(stop_and_continue_are_invisible);
	TAP_TEST(bytes_that_moved_are_counted);
	TAP_TEST(a_cancel_comes_before_newer_requests);
	TAP_TEST(an_interruption_that_nobody_asked_for_is_invisible);
	TAP_TEST(not_waiting_is_a_flag_of_the_request);
	TAP_TEST(a_call_that_begins_with_a_signal_pending_is_cancelled_as_any_other);
	return tap_done();
}
