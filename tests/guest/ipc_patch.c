/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients asleep in a call hold up a live patch of what they sleep below.  A kick sends them
 * out and in again: the server sees a cancel and a new request, the program sees nothing.
 */
#define _GNU_SOURCE
#include <tap.h>
#include "klp_load.h"
#include "ipc_peer.h"

#define READERS	4

/* An error would be seen, and EINTR is one. */
static int client_reads_once(void)
{
	char c = 0;
	int fd = open_it();
	long n = read(fd, &c, 1);

	return n == 1 && c == 'k' ? 7 : n < 0 ? 100 + errno : 1;
}

static void kicked_readers_come_again_and_notice_nothing(void)
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
	/* Each is cancelled, answered, and there again: notes come before requests. */
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
	/* None of them is in an old function any more, however long they go on to sleep. */
	pass_settle();
	CHECK_EQ(klp_read(PASS, "transition"), 0);
	for (int i = 0; i < READERS; i++)
		CHECK_EQ(answer_with(tags[i], 1, 0, "k", 1), 0);
	for (int i = 0; i < READERS; i++)
		expect_status(child[i], 7);
	pass_unload();
}

int main(void)
{
	TAP_TEST(kicked_readers_come_again_and_notice_nothing);
	return tap_done();
}
