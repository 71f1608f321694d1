/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a signal does to a call: the cancel rules of docs/ipc.md, each a test.
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
	wait_blocked(child);		/* again, and has sent its note */
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

static void a_queued_call_is_taken_back(void)
{
	pid_t child;

	start_server(PORT_CANCEL_OK);
	child = client(client_handler);
	serve_open(&device);
	wait_asleep(child);		/* now it is queued, and we do not receive */
	CHECK_EQ(kill(child, SIGUSR1), 0);
	expect_status(child, 10);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_nothing();
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

int main(void)
{
	TAP_TEST(a_signal_cancels_an_active_call);
	TAP_TEST(a_cancelled_call_restarts_where_the_handler_wants);
	TAP_TEST(a_normal_answer_that_crosses_a_cancel_counts);
	TAP_TEST(a_note_not_yet_received_disappears_with_its_call);
	TAP_TEST(a_second_signal_sends_no_second_note);
	TAP_TEST(ports_without_cancel_finish_the_call);
	TAP_TEST(a_queued_call_is_taken_back);
	TAP_TEST(stop_and_continue_are_invisible);
	return tap_done();
}
