/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipc_storm.c - clients that are signalled and killed at random moments, against a server that
 * is slow, parks requests, answers cancelled ones late or twice, and dies. No client may hang, and
 * no memory may be lost.
 *
 * configurations: cpus=1,2,4
 * timeout: 300
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include <neurath.h>
#include "meminfo.h"
#include "tap.h"

#define PARKED		64
#define CLIENTS		1500

static char path[64];
static unsigned long state;

static unsigned rnd(unsigned n)
{
	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (state >> 33) % n;
}

static void pause_us(unsigned us)
{
	nanosleep(&(struct timespec){ 0, us * 1000 }, NULL);
}

/* ---- the server --------------------------------------------------------------------- */

static const struct port_attr attr = { .node = 1, .mode = S_IFCHR | 0666, .nlink = 1 };
static struct port_request parked[PARKED];
static long opens, closes;
static long port;

static void answer(const struct port_request *req, int64_t status)
{
	static char data[PORT_IO_MAX];
	struct port_reply reply = { .tag = req->tag, .status = status };
	long ret;

	if (status >= 0 && req->op == PORT_READ) {
		reply.data = (uintptr_t)data;
		reply.len = status;
	} else if (req->op == PORT_OPEN) {
		reply.data = (uintptr_t)&attr;
		reply.len = sizeof(attr);
		reply.aux = 5;
	}
	ret = port_reply_recv(port, &reply, NULL, 0);
	if (ret != 0 && ret != -ESRCH)
		_exit(10);
	if (req->op == PORT_OPEN && ret == 0)
		opens++;
}

static void park(const struct port_request *req)
{
	struct port_request *slot = &parked[rnd(PARKED)];

	if (slot->tag)
		answer(slot, rnd(2) ? -EIO : (int64_t)rnd(slot->out_len + 1));
	*slot = *req;
}

static void take_note(const struct port_note *note)
{
	if (note->kind == PORT_NOTE_CLOSE)
		closes++;
	for (int i = 0; note->kind == PORT_NOTE_CANCEL && i < PARKED; i++) {
		if (parked[i].tag != note->value)
			continue;
		if (note->reason != PORT_CANCEL_GONE || rnd(4) == 0)
			answer(&parked[i], rnd(3) ? -EINTR : 0);
		if (rnd(8))
			parked[i].tag = 0;	/* else: answered twice later */
	}
}

static void serve_one(const struct port_request *req)
{
	char buf[256];

	if (req->op == PORT_OPEN) {
		answer(req, 0);
	} else if (req->op == PORT_READ && rnd(2)) {
		park(req);
	} else if (req->op == PORT_READ) {
		if (rnd(4) == 0)
			lease_write(port, req->tag, rnd(100), buf, rnd(256));
		answer(req, rnd(req->out_len + 1));
	} else if (req->op == PORT_WRITE) {
		lease_read(port, req->tag, 0, buf, sizeof(buf));
		answer(req, req->in_len);
	} else {
		answer(req, -ENOSYS);
	}
}

/* Ends when told by a message: an open with O_EXCL. */
static void serve(unsigned flags, int started)
{
	union port_message msg;

	port = port_create(flags, 5);
	if (port < 0 || port_mount(port, path, 0) < 0)
		_exit(11);
	if (write(started, "x", 1) != 1)
		_exit(12);
	for (;;) {
		if (port_reply_recv(port, NULL, &msg, -1) < 0)
			_exit(13);
		if (rnd(50) == 0)
			pause_us(rnd(300));
		if (!msg.request.tag)
			take_note(&msg.note);
		else if (msg.request.op == PORT_OPEN && (msg.request.arg[0] & O_EXCL))
			break;
		else
			serve_one(&msg.request);
	}
	/* Every open file of a dead client was closed, and none twice. */
	_exit(opens == closes ? 0 : 14);
}

/* ---- the clients -------------------------------------------------------------------- */

static void ignore(int sig)
{
}

static void *use_file(void *arg)
{
	static char buf[100000];
	int fd = *(int *)arg;

	for (int i = 0; i < 20; i++) {
		if (rnd(2))
			(void)!read(fd, buf, rnd(sizeof(buf)));
		else
			(void)!write(fd, buf, rnd(sizeof(buf)));
	}
	return NULL;
}

static void be_client(unsigned seed)
{
	struct sigaction action = { .sa_handler = ignore, .sa_flags = seed & 1 ? SA_RESTART : 0 };
	pthread_t thread;
	int fd;

	state = seed;
	sigaction(SIGUSR1, &action, NULL);
	fd = open(path, O_RDWR);
	if (fd < 0)
		_exit(0);
	if (rnd(4) == 0 && !pthread_create(&thread, NULL, use_file, &fd))
		pthread_detach(thread);
	use_file(&fd);
	_exit(0);
}

static void storm(unsigned flags)
{
	pid_t server, child[4] = { 0 };
	int p[2], status;
	char c;

	state = tap_seed();
	snprintf(path, sizeof(path), "/tmp/storm.%d", getpid());
	CHECK_EQ(pipe(p), 0);
	server = fork();
	if (!server)
		serve(flags, p[1]);
	CHECK_EQ(read(p[0], &c, 1), 1);
	for (int i = 0; i < CLIENTS; i++) {
		pid_t *slot = &child[rnd(4)];

		if (*slot) {
			kill(*slot, rnd(3) ? SIGKILL : SIGUSR1);
			if (rnd(3) == 0)
				pause_us(rnd(500));
			kill(*slot, SIGKILL);
			CHECK_EQ(waitpid(*slot, NULL, 0), *slot);
		}
		*slot = fork();
		if (!*slot)
			be_client(rnd(1 << 30));
		CHECK(*slot > 0);
		if (rnd(3) == 0)
			pause_us(rnd(2000));
		CHECK_EQ(waitpid(server, &status, WNOHANG), 0);
	}
	for (int i = 0; i < 4; i++) {
		if (!child[i])
			continue;
		kill(child[i], SIGKILL);
		CHECK_EQ(waitpid(child[i], NULL, 0), child[i]);
	}
	CHECK_ERR(open(path, O_CREAT | O_EXCL | O_RDWR, 0600), EIO);
	CHECK_EQ(waitpid(server, &status, 0), server);
	CHECK_EQ(status, 0);
}

static void with_cancel_notes(void)
{
	storm(PORT_CANCEL_OK);
}

static void without_cancel_notes(void)
{
	storm(0);
}

/* Servers come and go under clients that never notice more than -EIO. */
static void servers_that_die(void)
{
	pid_t client, server;
	int status;

	state = tap_seed();
	snprintf(path, sizeof(path), "/tmp/storm.%d", getpid());
	client = fork();
	if (!client) {
		for (;;) {
			int fd = open(path, O_RDWR);
			char buf[100];

			if (fd >= 0 && read(fd, buf, 100) < 0 && errno != EIO)
				_exit(1);
			if (fd >= 0)
				close(fd);
			else if (errno != EIO && errno != ENOENT)
				_exit(2);
		}
	}
	for (int i = 0; i < 60; i++) {
		int p[2];
		char c;

		CHECK_EQ(pipe(p), 0);
		server = fork();
		if (!server)
			serve(rnd(2) ? PORT_CANCEL_OK : 0, p[1]);
		CHECK_EQ(read(p[0], &c, 1), 1);
		pause_us(rnd(5000));
		kill(server, SIGKILL);
		CHECK_EQ(waitpid(server, &status, 0), server);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(waitpid(client, &status, WNOHANG), 0);
		close(p[0]);
		close(p[1]);
	}
	kill(client, SIGKILL);
	CHECK_EQ(waitpid(client, NULL, 0), client);
}

/*
 * Thousands of clients die in calls to a server that receives nothing: live objects bound
 * the memory.
 */
static void dead_clients_of_a_deaf_server_cost_nothing(void)
{
	long before = 0;

	snprintf(path, sizeof(path), "/tmp/storm.%d", getpid());
	port = port_create(PORT_CANCEL_OK, 5);
	CHECK(port >= 0);
	CHECK_EQ(port_mount(port, path, 0), 0);
	for (int i = 0; i < 2200; i++) {
		pid_t child = fork();

		if (!child) {
			close(port);
			_exit(open(path, O_RDONLY));
		}
		if (i % 4 == 0)
			sched_yield();
		kill(child, SIGKILL);
		CHECK_EQ(waitpid(child, NULL, 0), child);
		if (i == 200)
			before = meminfo("MemFree:");
	}
	CHECK(meminfo("MemFree:") > before - 1024);
}

int main(void)
{
	TAP_TEST(with_cancel_notes);
	TAP_TEST(without_cancel_notes);
	TAP_TEST(servers_that_die);
	TAP_TEST(dead_clients_of_a_deaf_server_cost_nothing);
	return tap_done();
}
