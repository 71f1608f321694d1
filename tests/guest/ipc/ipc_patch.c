/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of live patches and calls. Clients that sleep in a call block a patch of the functions on
 * their stacks. A kick makes them leave the kernel and call again: the server gets a cancel and a new
 * request, and the program sees no change, even in a transfer (include/neurath/transfer.h).
 */
#define _GNU_SOURCE
#include <tap.h>
#include "klp_load.h"
#include "ipc_peer.h"

#define READERS	4

/* The client exits with 7 only if its read succeeds; any error, such as EINTR, makes the test fail. */
static int client_reads_once(void)
{
	char c = 0;
	int fd = open_it();
	long n = read(fd, &c, 1);

	return n == 1 && c == 'k' ? 7 : n < 0 ? 100 + errno : 1;
}

static void kicked_readers_call_again_and_see_no_change(void)
{
	uint64_t tags[READERS];
	pid_t child[READERS];

	start_server(PORT_CANCEL_OK);
	for (int i = 0; i < READERS; i++) {
		child[i] = client(client_reads_once);
		serve_open(&device);
		CHECK_EQ(receive()->op, PORT_READ);
		tags[i] = msg.request.tag;
	}
	CHECK_EQ(pass_insmod("port_read,file_read", ""), 0);
	CHECK_EQ(klp_read(PASS, "transition"), 1);
	CHECK(strstr(pass_blockers(), "port_read") != NULL);
	CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
	/* Each call is cancelled, answered and made again. The server receives notes before requests. */
	for (int cancels = 0, reads = 0; reads < READERS; ) {
		CHECK_EQ(port_reply_recv(port, NULL, &msg, -1), 0);
		if (!msg.request.tag) {
			CHECK_EQ(msg.note.kind, PORT_NOTE_CANCEL);
			CHECK_EQ(msg.note.reason, PORT_CANCEL_KICK);
			CHECK_EQ(answer(msg.note.value, -EINTR), 0);
			cancels++;
			continue;
		}
		CHECK_EQ(msg.request.op, PORT_READ);
		for (int i = 0; i < READERS; i++)
			CHECK(msg.request.tag != tags[i]);
		CHECK(++reads <= cancels);
		tags[reads - 1] = msg.request.tag;
	}
	/* No reader is in an old function any more, although all readers still sleep. */
	pass_settle();
	CHECK_EQ(klp_read(PASS, "transition"), 0);
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(answer_with(tags[i], 1, 0, "k", 1), 0);
	for (int i = 0; i < READERS; i++)
		expect_status(child[i], 7);
	pass_unload();
}

/* ---- transfers of which a part has moved --------------------------------------------------- */

#define LONG	200000		/* four requests */
#define PIECE	65536

static char bytes[LONG];

/* Exits with 7 if all bytes were written and a signal was handled, with 8 if no signal was handled. */
static int client_writes(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	int fd = open_it();

	sigaction(SIGUSR1, &action, NULL);
	if (write(fd, bytes, LONG) != LONG)
		return 1;
	return handled ? 7 : 8;
}

static int client_writes_a_part(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	int fd = open_it();

	sigaction(SIGUSR1, &action, NULL);
	return write(fd, bytes, LONG) == PIECE + 100 && handled ? 9 : 1;
}

static void serve_write(uint64_t offset, size_t len, size_t taken)
{
	const struct port_request *req = receive();

	CHECK_EQ(req->op, PORT_WRITE);
	CHECK_EQ(req->arg[0], offset);
	CHECK_EQ(req->in_len, len);
	CHECK_EQ(answer_with(req->tag, taken, offset + taken, NULL, 0), 0);
}

/* Patches functions on the stack of the waiting client, and kicks the client. */
static void kick_writer(void)
{
	CHECK_EQ(pass_insmod("port_write,file_write", ""), 0);
	CHECK(strstr(pass_blockers(), "port_write") != NULL);
	CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
}

/* The client has changed over, because its position in the transfer is not stored on its stack. */
static void end_kick(void)
{
	pass_settle();
	CHECK_EQ(klp_read(PASS, "transition"), 0);
	pass_unload();
}

static void reach_second_piece(pid_t *child, int (*body)(void), unsigned flags,
			       const struct port_attr *attr)
{
	start_server(flags);
	*child = client(body);
	serve_open(attr);
	CHECK_EQ(receive()->op, PORT_WRITE);
	CHECK_EQ(msg.request.in_len, PIECE);
	CHECK_EQ(answer_with(msg.request.tag, PIECE, PIECE, NULL, 0), 0);
}

/* No thread of the server receives, so the second piece is QUEUED. */
static void a_kick_between_two_pieces_of_a_file_is_not_seen(void)
{
	pid_t child;

	reach_second_piece(&child, client_writes, 0, &regular);
	wait_blocked(child);
	kick_writer();
	end_kick();
	serve_write(PIECE, PIECE, PIECE);
	serve_write(2 * PIECE, PIECE, PIECE);
	serve_write(3 * PIECE, LONG - 3 * PIECE, LONG - 3 * PIECE);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 8);
}

static void a_signal_between_two_pieces_of_a_file_waits_for_the_last(void)
{
	pid_t child;

	reach_second_piece(&child, client_writes, 0, &regular);
	wait_blocked(child);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	wait_blocked(child);
	serve_write(PIECE, PIECE, PIECE);
	serve_write(2 * PIECE, PIECE, PIECE);
	serve_write(3 * PIECE, LONG - 3 * PIECE, LONG - 3 * PIECE);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 7);
}

/* The kick comes after the signal. The kick works, and the signal stays pending. */
static void a_kick_moves_a_writer_whose_signal_waits(void)
{
	pid_t child;

	reach_second_piece(&child, client_writes, 0, &regular);
	wait_blocked(child);
	CHECK_EQ(kill(child, SIGUSR1), 0);
	kick_writer();
	end_kick();
	serve_write(PIECE, PIECE, PIECE);
	serve_write(2 * PIECE, PIECE, PIECE);
	serve_write(3 * PIECE, LONG - 3 * PIECE, LONG - 3 * PIECE);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 7);
}

/* The server has taken a part of the piece, and answers the cancel with the number of bytes that it took. */
static void bytes_taken_before_a_kick_do_not_end_the_write(void)
{
	pid_t child;
	uint64_t tag;

	reach_second_piece(&child, client_writes, PORT_CANCEL_OK, &device);
	tag = receive()->tag;
	kick_writer();
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->reason, PORT_CANCEL_KICK);
	CHECK_EQ(answer(tag, 100), 0);
	serve_write(0, PIECE, PIECE);
	serve_write(0, PIECE, PIECE);
	end_kick();
	serve_write(0, LONG - 3 * PIECE - 100, LONG - 3 * PIECE - 100);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 8);
}

static void bytes_taken_before_a_signal_are_the_result_of_the_write(void)
{
	pid_t child;
	uint64_t tag;

	reach_second_piece(&child, client_writes_a_part, PORT_CANCEL_OK, &device);
	tag = receive()->tag;
	CHECK_EQ(kill(child, SIGUSR1), 0);
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->reason, PORT_CANCEL_SIGNAL);
	CHECK_EQ(answer(tag, 100), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 9);
}

static void a_server_of_files_is_cancelled_by_kicks_only(void)
{
	pid_t child;
	uint64_t tag;

	CHECK_EQ(port_create(PORT_FILES, LEVEL), -EINVAL);
	reach_second_piece(&child, client_writes, PORT_CANCEL_OK | PORT_FILES, &regular);
	tag = receive()->tag;
	CHECK_EQ(kill(child, SIGUSR1), 0);
	expect_nothing();
	kick_writer();
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->reason, PORT_CANCEL_KICK);
	CHECK_EQ(answer(tag, -EINTR), 0);
	serve_write(PIECE, PIECE, PIECE);
	end_kick();
	serve_write(2 * PIECE, PIECE, PIECE);
	serve_write(3 * PIECE, LONG - 3 * PIECE, LONG - 3 * PIECE);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 7);
}

/* A task in an incomplete transfer can be killed at once: the rest of the transfer is dropped. */
static void sigkill_ends_a_paused_transfer(void)
{
	pid_t child;

	reach_second_piece(&child, client_writes, 0, &regular);
	wait_blocked(child);
	kick_writer();
	end_kick();
	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
	receive_note(PORT_NOTE_CLOSE);
}

/* Shared memory of the test, a client and its child. Client and child share the open file. */
struct pair {
	volatile pid_t other;
	volatile int go;
};
static struct pair *pair;

static int client_writes_beside_another(void)
{
	int fd = open_it(), status;
	pid_t other = fork();

	if (!other) {
		pair->other = getpid();
		while (!pair->go)
			sched_yield();
		_exit(write(fd, bytes, 1) != 1);
	}
	if (write(fd, bytes, LONG) != LONG)
		return 1;
	return waitpid(other, &status, 0) == other && !status ? 10 : 2;
}

/* The byte of the second writer comes after all bytes of the first writer. */
static void a_kicked_write_is_not_mixed_with_other_writes_to_the_open_file(void)
{
	pid_t child;

	pair = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(pair != MAP_FAILED);
	reach_second_piece(&child, client_writes_beside_another, 0, &regular);
	wait_blocked(child);
	pair->go = 1;
	while (!pair->other)
		sched_yield();
	wait_in(pair->other, "mutex_lock");
	kick_writer();
	end_kick();
	serve_write(PIECE, PIECE, PIECE);
	serve_write(2 * PIECE, PIECE, PIECE);
	serve_write(3 * PIECE, LONG - 3 * PIECE, LONG - 3 * PIECE);
	serve_write(LONG, 1, 1);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 10);
}

int main(void)
{
	TAP_TEST(kicked_readers_call_again_and_see_no_change);
	TAP_TEST(a_kick_between_two_pieces_of_a_file_is_not_seen);
	TAP_TEST(a_signal_between_two_pieces_of_a_file_waits_for_the_last);
	TAP_TEST(a_kick_moves_a_writer_whose_signal_waits);
	TAP_TEST(bytes_taken_before_a_kick_do_not_end_the_write);
	TAP_TEST(bytes_taken_before_a_signal_are_the_result_of_the_write);
	TAP_TEST(a_server_of_files_is_cancelled_by_kicks_only);
	TAP_TEST(sigkill_ends_a_paused_transfer);
	TAP_TEST(a_kicked_write_is_not_mixed_with_other_writes_to_the_open_file);
	return tap_done();
}
