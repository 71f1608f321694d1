/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of death on either side of a call. Killed clients do not wait for a server and leave no
 * object behind. Clients of a server that dies get EIO.
 */
#define _GNU_SOURCE
#include <tap.h>
#include "ipc_peer.h"

static void sigkill_does_not_wait_for_the_server(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_read_forever, PORT_CANCEL_OK);

	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
	CHECK_EQ(receive_note(PORT_NOTE_CANCEL)->value, tag);
	CHECK_EQ(msg.note.reason, PORT_CANCEL_GONE);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	CHECK_EQ(answer(tag, 1), -ESRCH);
}

static void sigkill_works_without_cancel_too(void)
{
	pid_t child;
	uint64_t tag = reach_active_read(&child, client_read_forever, 0);

	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
	receive_note(PORT_NOTE_CLOSE);
	CHECK_EQ(answer(tag, 1), -ESRCH);
}

static void a_server_that_never_receives_costs_only_its_clients_notes(void)
{
	start_server(PORT_CANCEL_OK);
	for (int i = 0; i < 300; i++) {
		pid_t child = client(client_read_forever);

		if (i % 3 == 0)
			sleep_ms(1);
		CHECK_EQ(kill(child, SIGKILL), 0);
		expect_killed(child);
	}
	expect_nothing();		/* no call of the clients is left */
}

static int client_expects_eio(void)
{
	char c;
	int fd = open_it();
	struct pollfd p = { fd, POLLIN, 0 };

	if (read(fd, &c, 1) != -1 || errno != EIO)
		return 1;
	if (read(fd, &c, 1) != -1 || errno != EIO)
		return 2;
	if (poll(&p, 1, -1) != 1 || !(p.revents & (POLLERR | POLLHUP)))
		return 3;
	return open_it() != -1 || errno != EIO ? 4 : 6;
}

static void clients_of_a_dead_port_get_eio(void)
{
	pid_t child[2];

	start_server(PORT_CANCEL_OK);
	child[0] = client(client_expects_eio);
	serve_open(&device);
	receive();			/* the call of the first child is ACTIVE */
	child[1] = client(client_stat);
	wait_in(child[1], "call_server");	/* the only call of the second child is QUEUED */
	CHECK_EQ(close(port), 0);
	expect_status(child[0], 6);
	expect_status(child[1], 1);
	start_server(0);		/* mounts over the dead port */
	child[1] = client(client_stat);
	CHECK_EQ(answer_with(receive()->tag, 0, 0, &regular, sizeof(regular)), 0);
	expect_status(child[1], 0);
	CHECK_EQ(port_mount(port, mount_path, 1), -EBUSY);
}

static void a_crashed_server_frees_its_clients(void)
{
	pid_t server, child;
	int p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	server = fork();
	if (!server) {
		start_server(0);
		snprintf(mount_path, sizeof(mount_path), "/tmp/ipc.crash");
		CHECK_EQ(port_mount(port, mount_path, 4242), 0);
		write(p[1], "x", 1);
		receive();
		raise(SIGSEGV);
	}
	strcpy(mount_path, "/tmp/ipc.crash");
	CHECK_EQ(read(p[0], &c, 1), 1);
	child = client(client_stat);
	expect_status(child, 1);
	CHECK_EQ(waitpid(server, NULL, 0), server);
}

/*
 * The task of the dead server has the last reference on the port. The parent frees this task while it
 * holds a lock. The memory of the port has a table that is too large for the slab, so it must be freed
 * later, without the lock.
 */
static void a_dead_server_leaves_large_memory(void)
{
	for (int i = 0; i < 8; i++) {
		pid_t server = fork();

		if (!server) {
			port = port_create(0, LEVEL);
			if (port < 0 || port_memory(port, (void *)0x700000000000, 96UL << 20))
				_exit(1);
			_exit(port_reply_recv(port, NULL, &msg, 0) == -EAGAIN ? 0 : 2);
		}
		expect_status(server, 0);
	}
}

int main(void)
{
	TAP_TEST(sigkill_does_not_wait_for_the_server);
	TAP_TEST(sigkill_works_without_cancel_too);
	TAP_TEST(a_server_that_never_receives_costs_only_its_clients_notes);
	TAP_TEST(clients_of_a_dead_port_get_eio);
	TAP_TEST(a_crashed_server_frees_its_clients);
	TAP_TEST(a_dead_server_leaves_large_memory);
	return tap_done();
}
