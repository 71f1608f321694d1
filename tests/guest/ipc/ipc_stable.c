/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of answers that the kernel keeps, and gives again without a request to the server
 * (PORT_STABLE): when it keeps an answer, and which events end that. The test is the server, so it
 * sees each request of the kernel.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <tap.h>
#include "ipc_peer.h"

#define ROOM	4072		/* the data bytes of a block: kernel/fs/kept.c */
#define SIZE	6000

static int file_fd, other_fd = -1;		/* open files below the first and the second mount */
static struct port_attr attr = { .node = 10, .mode = S_IFREG | 0666, .nlink = 1, .size = SIZE };
static unsigned char contents[SIZE];
static int to_client[2], to_server[2];

/* ---- a client that does one step for each letter that it receives ------------------------- */

static long size_now(void)
{
	struct stat st;

	return fstat(file_fd, &st) ? -errno : (long)st.st_size;
}

static long byte_at(long pos)
{
	unsigned char c;
	long n = pread(file_fd, &c, 1, pos);

	return n == 1 ? c : n ? -errno : -1000;
}

static long step(char what)
{
	switch (what) {
	case 's': return size_now();
	case 'w': return pwrite(file_fd, "x", 1, 0);
	case 'W': return pwrite(other_fd, "x", 1, 0);
	case 't': return ftruncate(file_fd, 5);
	case 'm': return fchmod(file_fd, 0600);
	case '0' ... '9': return byte_at(what - '0');
	case 'e': return byte_at(SIZE);
	default: return byte_at(4000);
	}
}

static int obey(void)
{
	char what;
	long result;

	file_fd = open_it();
	while (read(to_client[0], &what, 1) == 1 && what != 'q') {
		result = step(what);
		if (write(to_server[1], &result, sizeof(result)) != sizeof(result))
			return 2;
	}
	return file_fd < 0;
}

static void tell(char what)
{
	CHECK_EQ(write(to_client[1], &what, 1), 1);
}

static long hear(void)
{
	long result;

	CHECK_EQ(read(to_server[0], &result, sizeof(result)), (long)sizeof(result));
	return result;
}

static void open_pipes(void)
{
	CHECK_EQ(pipe(to_client), 0);
	CHECK_EQ(pipe(to_server), 0);
}

static pid_t start(unsigned flags)
{
	pid_t child;

	for (int i = 0; i < SIZE; i++)
		contents[i] = i * 7 + i / 256;
	attr.size = SIZE;
	open_pipes();
	start_server(flags);
	child = client(obey);
	serve_open(&attr);
	return child;
}

/* Receives a request, which must be @op, and answers it. */
static void serve(unsigned op)
{
	const struct port_request *req = receive();
	long n = (long)attr.size - (long)req->arg[0];

	CHECK_EQ(req->op, op);
	if (op == PORT_STAT)
		answer_with(req->tag, 0, 0, &attr, sizeof(attr));
	else if (op == PORT_READ && n > 0)
		answer_with(req->tag, n < req->out_len ? n : req->out_len, 0, contents + req->arg[0],
			    n < req->out_len ? n : req->out_len);
	else
		answer(req->tag, op == PORT_WRITE);
}

/* The client does the step @what, which must make the request @op and return @result. */
static void asked(char what, unsigned op, long result)
{
	tell(what);
	serve(op);
	CHECK_EQ(hear(), result);
}

/* The step @what makes no request: the client continues although the test does not answer. */
static void kept(char what, long result)
{
	tell(what);
	CHECK_EQ(hear(), result);
}

static void stop(pid_t child)
{
	tell('q');
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 0);
	close(port);
}

/* ---- attributes --------------------------------------------------------------------------- */

static void attributes_are_asked_for_once(void)
{
	pid_t child = start(PORT_STABLE);

	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	kept('s', SIZE);
	stop(child);
}

static void each_kind_of_change_drops_the_kept_attributes(void)
{
	static const struct { char what; unsigned op; long result; } changes[] = {
		{ 'w', PORT_WRITE, 1 }, { 't', PORT_TRUNC, 0 }, { 'm', PORT_SETATTR, 0 } };
	pid_t child = start(PORT_STABLE);

	for (int i = 0; i < 3; i++) {
		asked('s', PORT_STAT, (long)attr.size);
		kept('s', (long)attr.size);
		asked(changes[i].what, changes[i].op, changes[i].result);
		attr.size++;
	}
	asked('s', PORT_STAT, SIZE + 3);
	stop(child);
}

static void answers_of_a_server_without_port_stable_are_not_kept(void)
{
	pid_t child = start(0);

	for (int i = 0; i < 3; i++)
		asked('s', PORT_STAT, SIZE);
	for (int i = 0; i < 4; i++)
		asked('0' + i, PORT_READ, contents[i]);
	stop(child);
}

/* ---- while a change is under way --------------------------------------------------------------- */

static int write_something(void)
{
	return pwrite(open_it(), "x", 1, 0) != 1;
}

/* Starts a second client, and returns the tag of its write, which the server has received. */
static uint64_t begin_write(pid_t *writer)
{
	*writer = client(write_something);
	serve_open(&attr);
	CHECK_EQ(receive()->op, PORT_WRITE);
	return msg.request.tag;
}

static void nothing_is_kept_while_a_change_is_under_way(void)
{
	pid_t child = start(PORT_STABLE), writer;
	uint64_t tag;

	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	tag = begin_write(&writer);
	asked('s', PORT_STAT, SIZE);
	asked('s', PORT_STAT, SIZE);
	for (int i = 0; i < 4; i++)
		asked('0' + i, PORT_READ, contents[i]);
	CHECK_EQ(answer(tag, 1), 0);
	expect_status(writer, 0);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	stop(child);
}

/* The answer was correct when the server gave it, but a write began before the kernel could keep the answer. */
static void an_answer_that_a_change_has_overtaken_is_not_kept(void)
{
	pid_t child = start(PORT_STABLE), writer;
	uint64_t stat_tag, tag;

	tell('s');
	CHECK_EQ(receive()->op, PORT_STAT);
	stat_tag = msg.request.tag;
	tag = begin_write(&writer);
	CHECK_EQ(answer_with(stat_tag, 0, 0, &attr, sizeof(attr)), 0);
	CHECK_EQ(hear(), SIZE);
	CHECK_EQ(answer(tag, 1), 0);
	expect_status(writer, 0);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	stop(child);
}

static void the_change_of_a_killed_client_counts_until_it_is_answered(void)
{
	pid_t child = start(PORT_STABLE), writer;
	uint64_t tag = begin_write(&writer);

	CHECK_EQ(kill(writer, SIGKILL), 0);
	expect_killed(writer);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	asked('s', PORT_STAT, SIZE);
	asked('s', PORT_STAT, SIZE);
	CHECK_EQ(answer(tag, 1), -ESRCH);
	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	stop(child);
}

/* One port has two mounts, and the client has an open file below each of them. */
static int obey_with_two(void)
{
	char other[80];

	snprintf(other, sizeof(other), "%s.2", mount_path);
	other_fd = open(other, O_RDWR);
	return other_fd < 0 ? 3 : obey();
}

static void a_change_through_another_mount_drops_the_kept_attributes(void)
{
	char other[80];
	pid_t child;

	open_pipes();
	start_server(PORT_STABLE);
	snprintf(other, sizeof(other), "%s.2", mount_path);
	CHECK_EQ(port_mount(port, other, 4242), 0);
	child = client(obey_with_two);
	serve_open(&attr);
	serve_open(&attr);
	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	asked('W', PORT_WRITE, 1);
	asked('s', PORT_STAT, SIZE);
	kept('s', SIZE);
	tell('q');
	for (int i = 0; i < 2; i++)
		CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 0);
}

/* ---- contents ------------------------------------------------------------------------------ */

/* The first read requests the bytes that the program wants; the second read requests a whole block. */
static void small_reads_are_answered_from_a_block(void)
{
	pid_t child = start(PORT_STABLE);

	asked('0', PORT_READ, contents[0]);
	CHECK_EQ(msg.request.out_len, 1);
	asked('1', PORT_READ, contents[1]);
	CHECK_EQ(msg.request.out_len, ROOM);
	CHECK_EQ(msg.request.arg[0], 0);
	for (int i = 0; i < 10; i++)
		kept('0' + i, contents[i]);
	kept('b', contents[4000]);
	asked('w', PORT_WRITE, 1);
	contents[2] ^= 1;
	asked('2', PORT_READ, contents[2]);
	asked('3', PORT_READ, contents[3]);
	kept('2', contents[2]);
	stop(child);
}

static void the_end_of_the_file_is_kept_too(void)
{
	pid_t child = start(PORT_STABLE);

	attr.size = 3;
	asked('2', PORT_READ, contents[2]);
	asked('3', PORT_READ, -1000);
	kept('3', -1000);
	kept('9', -1000);
	kept('2', contents[2]);
	stop(child);
}

/* ---- the server goes --------------------------------------------------------------------------- */

static pid_t first_server(unsigned flags)
{
	pid_t first;

	open_pipes();
	snprintf(mount_path, sizeof(mount_path), "/tmp/ipc.%d", getpid());
	first = fork();
	CHECK(first >= 0);
	if (first)
		return first;
	port = port_create(flags, LEVEL);
	CHECK_EQ(port_mount(port, mount_path, 4242), 0);
	tell('!');
	serve_open(&attr);
	serve(PORT_STAT);
	for (;;)
		pause();
}

/* Starts a client of the first server. The kernel keeps one answer for this client. */
static pid_t first_client(void)
{
	char mounted;
	pid_t child;

	CHECK_EQ(read(to_client[0], &mounted, 1), 1);
	child = fork();
	CHECK(child >= 0);
	if (!child)
		_exit(obey());
	kept('s', SIZE);
	kept('s', SIZE);
	return child;
}

static void the_next_server_gets_a_new_request(void)
{
	pid_t first = first_server(PORT_STABLE | PORT_REATTACH), child = first_client();

	CHECK_EQ(kill(first, SIGKILL), 0);
	CHECK_EQ(waitpid(first, NULL, 0), first);
	port = port_adopt(mount_path, PORT_STABLE | PORT_REATTACH, LEVEL);
	CHECK(port >= 0);
	attr.size = SIZE + 1;
	asked('s', PORT_STAT, SIZE + 1);
	kept('s', SIZE + 1);
	stop(child);
}

static void kept_answers_of_a_dead_server_are_not_given(void)
{
	pid_t first = first_server(PORT_STABLE), child = first_client();

	CHECK_EQ(kill(first, SIGKILL), 0);
	CHECK_EQ(waitpid(first, NULL, 0), first);
	kept('s', -EIO);
	kept('0', -EIO);
	tell('q');
	expect_status(child, 0);
}

int main(void)
{
	TAP_TEST(attributes_are_asked_for_once);
	TAP_TEST(each_kind_of_change_drops_the_kept_attributes);
	TAP_TEST(answers_of_a_server_without_port_stable_are_not_kept);
	TAP_TEST(a_change_through_another_mount_drops_the_kept_attributes);
	TAP_TEST(nothing_is_kept_while_a_change_is_under_way);
	TAP_TEST(an_answer_that_a_change_has_overtaken_is_not_kept);
	TAP_TEST(the_change_of_a_killed_client_counts_until_it_is_answered);
	TAP_TEST(small_reads_are_answered_from_a_block);
	TAP_TEST(the_end_of_the_file_is_kept_too);
	TAP_TEST(the_next_server_gets_a_new_request);
	TAP_TEST(kept_answers_of_a_dead_server_are_not_given);
	return tap_done();
}
