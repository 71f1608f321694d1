/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of ports: calls, leases, notes, readiness, levels, rights. ipc_cancel.c tests cancelled
 * calls; ipc_kill.c and ipc_restart.c test the death of clients and servers.
 */
#define _GNU_SOURCE
#include <tap.h>
#include "ipc_peer.h"
#include <dirent.h>
#include <stdbool.h>

/* ---- the call ----------------------------------------------------------------------- */

static int client_open_sub(void)
{
	char path[100];

	snprintf(path, sizeof(path), "%s//a/./b/../c", mount_path);
	umask(027);
	errno = 0;
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) == -1 && errno == EXDEV ? 5 : 1;
}

static void a_request_has_the_client_and_the_arguments(void)
{
	const struct port_request *req;
	pid_t child;

	start_server(0);
	child = client(client_open_sub);
	req = receive();
	CHECK_EQ(req->op, PORT_OPEN);
	CHECK_EQ(req->pid, child);
	CHECK_EQ(req->uid, 0);
	CHECK_EQ(req->gid, 0);
	CHECK_EQ(req->arg[0] & ~0100000, O_RDWR | O_CREAT);
	CHECK_EQ(req->arg[1], 0640);
	CHECK_EQ(req->in_len, 3);
	CHECK(!memcmp(req->data, "a/c", 3));
	CHECK_EQ(answer(req->tag, -EXDEV), 0);
	expect_status(child, 5);
	expect_nothing();
}

static int client_read_write(void)
{
	char buf[16] = "................";
	int fd = open_it();

	if (fd < 0 || read(fd, buf, sizeof(buf)) != 5 || memcmp(buf, "hello...", 8))
		return 1;
	if (write(fd, "reply to it", 11) != 7)
		return 2;
	if (read(fd, buf, 4) != -1 || errno != ENXIO)
		return 3;
	close(fd);
	return 0;
}

static void small_transfers_and_errors(void)
{
	const struct port_request *req;
	pid_t child;

	start_server(0);
	child = client(client_read_write);
	serve_open(&device);
	req = receive();
	CHECK_EQ(req->op, PORT_READ);
	CHECK_EQ(req->handle, HANDLE);
	CHECK_EQ(req->out_len, 16);
	CHECK_EQ(answer_with(req->tag, 5, 0, "hello", 5), 0);
	req = receive();
	CHECK_EQ(req->op, PORT_WRITE);
	CHECK_EQ(req->in_len, 11);
	CHECK(!memcmp(req->data, "reply to it", 11));
	CHECK_EQ(answer(req->tag, 7), 0);
	req = receive();
	CHECK_EQ(answer(req->tag, -ENXIO), 0);
	CHECK_EQ(receive_note(PORT_NOTE_CLOSE)->value, HANDLE);
	expect_status(child, 0);
	expect_nothing();
}

#define BIG	200000
static unsigned char big[BIG];

static int client_big(void)
{
	static unsigned char in[BIG];
	int fd = open_it();

	if (pread(fd, in, BIG, 0) != BIG || memcmp(in, big, BIG))
		return 1;
	for (int i = 0; i < BIG; i++)
		in[i] ^= 0x5a;
	return pwrite(fd, in, BIG, 0) != BIG;
}

static void large_transfers_are_split_and_leased(void)
{
	static unsigned char got[PORT_IO_MAX];
	const struct port_request *req;
	uint64_t off = 0;
	pid_t child;

	start_server(0);
	for (int i = 0; i < BIG; i++)
		big[i] = i * 31 + i / 1000;
	child = client(client_big);
	serve_open(&regular);
	while (off < BIG) {
		req = receive();
		CHECK_EQ(req->op, PORT_READ);
		CHECK_EQ(req->arg[0], off);
		CHECK(req->out_len <= PORT_IO_MAX);
		/* The lease gets all bytes but the first 1000, which the server sends with the answer. */
		CHECK_EQ(lease_write(port, req->tag, 1000, big + off + 1000, req->out_len - 1000),
			 req->out_len - 1000);
		off += req->out_len;
		CHECK_EQ(answer_with(req->tag, req->out_len, 0, big + off - req->out_len, 1000), 0);
	}
	for (off = 0; off < BIG; off += req->in_len) {
		req = receive();
		CHECK_EQ(req->op, PORT_WRITE);
		CHECK_EQ(req->arg[0], off);
		CHECK_EQ(lease_read(port, req->tag, 0, got, sizeof(got)), req->in_len);
		for (unsigned i = 0; i < req->in_len; i++)
			CHECK_EQ(got[i], big[off + i] ^ 0x5a);
		CHECK_EQ(lease_read(port, req->tag, req->in_len - 1, got, 10), 1);
		CHECK_EQ(lease_read(port, req->tag, req->in_len, got, 10), 0);
		CHECK_EQ(lease_write(port, req->tag, 0, got, 10), 0);
		CHECK_EQ(answer(req->tag, req->in_len), 0);
	}
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 0);
}

static int client_bad_buffer(void)
{
	int fd = open_it();
	void *volatile bad = (void *)4096;
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (read(fd, bad, 10) != -1 || errno != EFAULT)
		return 1;
	if (read(fd, page, 10) != -1 || errno != EFAULT)
		return 2;
	return 0;
}

static void a_bad_buffer_is_the_clients_fault(void)
{
	pid_t child;

	start_server(0);
	child = client(client_bad_buffer);
	serve_open(&device);
	CHECK_EQ(answer_with(receive()->tag, 10, 0, "0123456789", 10), 0);
	uint64_t tag = receive()->tag;
	CHECK_EQ(lease_write(port, tag, 0, "0123456789", 10), -EFAULT);
	CHECK_EQ(answer_with(tag, 10, 0, "0123456789", 10), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 0);
}

static int client_lied_to(void)
{
	char buf[8];
	int fd = open_it();

	/*
	 * The kernel accepts neither more bytes than the client requested, nor the kernel's
	 * internal codes, from a server.
	 */
	for (int i = 0; i < 4; i++) {
		if (read(fd, buf, 8) != -1 || errno != EIO)
			return i + 1;
	}
	return 0;
}

static void wrong_answers_of_a_server_harm_no_client(void)
{
	pid_t child;

	start_server(0);
	child = client(client_lied_to);
	serve_open(&device);
	CHECK_EQ(answer(receive()->tag, 9), 0);
	CHECK_EQ(answer(receive()->tag, -512), 0);
	CHECK_EQ(answer(receive()->tag, -99999), 0);
	/* The data of the answer are at an unmapped address of the server. */
	CHECK_EQ(answer_with(receive()->tag, 8, 0, (void *)4096, 8), -EFAULT);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 0);
}

static void tags_are_dead_after_the_answer(void)
{
	uint64_t tag, other;
	char buf[4];
	pid_t child;

	start_server(0);
	child = client(client_stat);
	tag = receive()->tag;
	CHECK_EQ(answer(tag + 1, 0), -ESRCH);
	CHECK_EQ(answer_with(tag, 0, 0, &regular, sizeof(regular)), 0);
	CHECK_EQ(answer(tag, 0), -ESRCH);
	expect_status(child, 0);
	child = client(client_stat);
	other = receive()->tag;
	CHECK(other != tag);
	CHECK_EQ(answer(tag, 0), -ESRCH);
	CHECK_EQ(lease_read(port, tag, 0, buf, 4), -ESRCH);
	CHECK_EQ(answer_with(other, 0, 0, &regular, sizeof(regular)), 0);
	expect_status(child, 0);
}

static void a_reply_and_a_receive_are_one_call(void)
{
	struct port_reply reply = { 0 };
	pid_t child[8];

	start_server(0);
	for (int i = 0; i < 8; i++)
		child[i] = client(client_stat);
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(port_reply_recv(port, &reply, &msg, -1), 0);
		CHECK_EQ(reply.tag, 0);
		CHECK_EQ(msg.request.op, PORT_STAT);
		reply = (struct port_reply){ .tag = msg.request.tag, .data = (uintptr_t)&regular,
					     .len = sizeof(regular) };
	}
	CHECK_EQ(port_reply_recv(port, &reply, &msg, 0), -EAGAIN);
	CHECK_EQ(reply.tag, 0);
	for (int i = 0; i < 8; i++)
		expect_status(child[i], 0);
}

static int client_redirected(void)
{
	char path[200], c;
	int fd;

	snprintf(path, sizeof(path), "%s/link/null", mount_path);
	fd = open(path, O_RDWR);
	if (fd < 0 || read(fd, &c, 1) != 0 || write(fd, &c, 1) != 1)
		return 1;
	snprintf(path, sizeof(path), "%s/loop", mount_path);
	return open(path, O_RDONLY) != -1 || errno != ELOOP;
}

static void redirections_are_looked_up_again(void)
{
	static char longer[300];
	pid_t child;
	int loops = 0, status = 0;
	pid_t ended;

	start_server(0);
	child = client(client_redirected);
	/* The path is longer than the kernel's first buffer for an answer, so the kernel calls again. */
	memset(longer, '/', sizeof(longer));
	memcpy(longer + 300 - 16, "dev/../dev//null", 16);
	CHECK_EQ(answer_with(receive()->tag, PORT_REDIRECT, 300, longer, 300), 0);
	CHECK_EQ(receive()->out_len, 4096);
	CHECK_EQ(answer_with(msg.request.tag, PORT_REDIRECT, 300, longer, 300), 0);
	do {
		CHECK_EQ(receive()->in_len, 4);
		CHECK(!memcmp(msg.request.data, "loop", 4));
		CHECK_EQ(answer_with(msg.request.tag, PORT_REDIRECT, 6, "./loop", 6), 0);
		loops++;
		ended = waitpid(child, &status, WNOHANG);
	} while (!ended && port_reply_recv(port, NULL, NULL, 0) == 0 && loops <= PORT_REDIRECT_MAX);
	CHECK_EQ(loops, PORT_REDIRECT_MAX + 1);
	if (!ended)
		CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}
/* ---- readiness, levels, rights ------------------------------------------------------ */

static int client_polls(void)
{
	char c;
	int fd = open_it();
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	if (poll(&p, 1, 0) != 1 || p.revents != POLLOUT)
		return 1;
	p.events = POLLIN;
	if (poll(&p, 1, -1) != 1 || p.revents != POLLIN)
		return 2;
	if (read(fd, &c, 1) != 1 || poll(&p, 1, 0) != 0)
		return 3;
	return 0;
}

static void readiness_is_pushed_by_the_server(void)
{
	struct port_reply reply;
	pid_t child;

	start_server(0);
	child = client(client_polls);
	receive();
	reply = (struct port_reply){ .tag = msg.request.tag, .aux = HANDLE, .len = sizeof(device),
				     .data = (uintptr_t)&device, .ready = PORT_READY_SET | POLLOUT };
	CHECK_EQ(port_reply_recv(port, &reply, NULL, 0), 0);
	wait_asleep(child);		/* the child sleeps in its second poll */
	CHECK_EQ(port_ready(port, HANDLE, POLLIN | POLLOUT), 0);
	receive();
	reply = (struct port_reply){ .tag = msg.request.tag, .status = 1, .len = 1,
				     .data = (uintptr_t)"k", .ready = PORT_READY_SET | POLLOUT };
	CHECK_EQ(port_reply_recv(port, &reply, NULL, 0), 0);
	receive_note(PORT_NOTE_CLOSE);
	expect_status(child, 0);
}

static void a_server_may_only_call_lower_levels(void)
{
	struct stat st;

	start_server_at(0, LEVEL);
	expect_nothing();		/* the first receive makes this process a server */
	CHECK_ERR(stat(mount_path, &st), EDEADLK);	/* a server cannot call itself */
	CHECK_EQ(stat("/", &st), 0);	/* the root's server is at a lower level */
}

static void only_the_owner_may_use_a_port(void)
{
	pid_t child;

	start_server(0);
	child = fork();
	if (!child)
		_exit(port_reply_recv(port, NULL, &msg, 0) == -EPERM ? 3 : 1);
	expect_status(child, 3);
	child = fork();
	if (!child) {
		long own = port_create(0, 1);

		CHECK_EQ(setuid(1000), 0);
		_exit(port_mount(own, "/tmp/x", 0) == -EPERM ? 3 : 1);
	}
	expect_status(child, 3);
	CHECK_EQ(port_reply_recv(0, NULL, &msg, 0), -EINVAL);
	CHECK_EQ(port_reply_recv(999, NULL, &msg, 0), -EBADF);
	CHECK_EQ(port_create(1 << 30, 0), -EINVAL);
}

static void an_unusable_buffer_fails_the_client_not_the_kernel(void)
{
	pid_t child;

	start_server(0);
	child = client(client_stat);
	CHECK_EQ(port_reply_recv(port, NULL, (void *)4096, -1), -EFAULT);
	expect_status(child, 1);
	CHECK_EQ(port_reply_recv(port, (void *)4096, &msg, 0), -EFAULT);
}

static void a_receive_interrupted_by_a_handler_restarts_as_a_pure_receive(void)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	struct port_reply reply;
	pid_t child, other;

	start_server(0);
	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	child = client(client_stat);
	receive();
	other = fork();
	if (!other) {
		wait_asleep(getppid());
		kill(getppid(), SIGUSR1);
		wait_asleep(getppid());
		_exit(client_stat());
	}
	reply = (struct port_reply){ .tag = msg.request.tag, .len = sizeof(regular),
				     .data = (uintptr_t)&regular };
	/* The answer goes out once; the restarted call only receives. */
	CHECK_EQ(port_reply_recv(port, &reply, &msg, -1), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(msg.request.op, PORT_STAT);
	expect_status(child, 0);
	CHECK_EQ(answer_with(msg.request.tag, 0, 0, &regular, sizeof(regular)), 0);
	expect_status(other, 0);
}

static int client_lists(void)
{
	DIR *d = opendir(mount_path);
	struct dirent *e;
	int n = 0;

	if (!d)
		return 1;
	while ((e = readdir(d)))
		n += !strcmp(e->d_name, "first") || !strcmp(e->d_name, "second") ? 1 : 100;
	return n == 2 ? 0 : 2;
}

static void directories_come_from_the_server(void)
{
	static const struct port_attr directory = { .node = 1, .mode = S_IFDIR | 0755, .nlink = 2 };
	static struct { uint64_t node, next; uint16_t len; uint8_t type; char name[13]; } entries[2] = {
		{ 2, 100, 32, 8, "first" }, { 3, 200, 32, 8, "second" } };
	pid_t child;

	start_server(0);
	child = client(client_lists);
	serve_open(&directory);
	while (port_reply_recv(port, NULL, &msg, -1) == 0 && msg.request.tag) {
		if (msg.request.op == PORT_STAT) {
			CHECK_EQ(answer_with(msg.request.tag, 0, 0, &directory, sizeof(directory)), 0);
			continue;
		}
		CHECK_EQ(msg.request.op, PORT_READDIR);
		if (msg.request.arg[0] == 0)
			CHECK_EQ(answer_with(msg.request.tag, 64, 0, entries, 64), 0);
		else
			CHECK_EQ(answer(msg.request.tag, 0), 0);
	}
	CHECK_EQ(msg.note.kind, PORT_NOTE_CLOSE);
	expect_status(child, 0);
}

static int client_lists_in_vain(void)
{
	DIR *d = opendir(mount_path);

	errno = 0;
	return d && !readdir(d) && errno == EIO ? 0 : 1;
}

/* Programs use a name as a part of a path: it must not lead out of the directory. */
static void a_name_with_a_slash_is_no_entry(void)
{
	static const struct port_attr directory = { .node = 1, .mode = S_IFDIR | 0755, .nlink = 2 };
	static struct { uint64_t node, next; uint16_t len; uint8_t type; char name[13]; } entry = { 2, 100, 32, 8, "../first" };
	pid_t child;

	start_server(0);
	child = client(client_lists_in_vain);
	serve_open(&directory);
	while (port_reply_recv(port, NULL, &msg, -1) == 0 && msg.request.tag) {
		if (msg.request.op == PORT_STAT)
			CHECK_EQ(answer_with(msg.request.tag, 0, 0, &directory, sizeof(directory)), 0);
		else
			CHECK_EQ(answer_with(msg.request.tag, 32, 0, &entry, 32), 0);
	}
	expect_status(child, 0);
}

/* ---- costs -------------------------------------------------------------------------- */

static int fail_nth;

static void arm_allocations(void)
{
	CHECK_EQ(pwrite(fail_nth, "1", 1, 0), 1);
}

/* The next allocation fails. If this allocation fails, the code before it has made no allocation. */
static bool none_was_made(void)
{
	int p[2];

	return pipe(p) == -1 && errno == ENOMEM;
}

static int client_counts(void)
{
	char c;
	int fd = open_it();

	if (read(fd, &c, 1) != 1)
		return 1;
	arm_allocations();
	if (read(fd, &c, 1) != 1 || !none_was_made())
		return 2;
	return read(fd, &c, 1) == 1 ? 7 : 3;
}

static void a_small_call_allocates_nothing(void)
{
	struct port_reply reply = { .status = 1, .len = 1, .data = (uintptr_t)"k" };
	pid_t child;

	fail_nth = open("/sys/kernel/debug/fail_nth", O_RDWR);
	if (fail_nth < 0 || pwrite(fail_nth, "0", 1, 0) != 1)
		tap_skip("no fault injection in this build");
	start_server(0);
	child = client(client_counts);
	serve_open(&device);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(answer_with(receive()->tag, 1, 0, "k", 1), 0);
	/* Now the allocations of the server are tested: the client sleeps in its third call. */
	reply.tag = receive()->tag;
	arm_allocations();
	CHECK_EQ(port_reply_recv(port, &reply, &msg, -1), 0);
	CHECK(none_was_made());
	CHECK_EQ(msg.note.kind, PORT_NOTE_CLOSE);
	expect_status(child, 7);
}

int main(void)
{
	TAP_TEST(a_request_has_the_client_and_the_arguments);
	TAP_TEST(small_transfers_and_errors);
	TAP_TEST(large_transfers_are_split_and_leased);
	TAP_TEST(a_bad_buffer_is_the_clients_fault);
	TAP_TEST(wrong_answers_of_a_server_harm_no_client);
	TAP_TEST(tags_are_dead_after_the_answer);
	TAP_TEST(a_reply_and_a_receive_are_one_call);
	TAP_TEST(redirections_are_looked_up_again);
	TAP_TEST(readiness_is_pushed_by_the_server);
	TAP_TEST(a_server_may_only_call_lower_levels);
	TAP_TEST(only_the_owner_may_use_a_port);
	TAP_TEST(an_unusable_buffer_fails_the_client_not_the_kernel);
	TAP_TEST(a_receive_interrupted_by_a_handler_restarts_as_a_pure_receive);
	TAP_TEST(directories_come_from_the_server);
	TAP_TEST(a_name_with_a_slash_is_no_entry);
	TAP_TEST(a_small_call_allocates_nothing);
	return tap_done();
}
