/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipc_peer.h - helpers for suites about ports, in which the test itself is the server, message by
 * message, and forks its clients.  So the test chooses how the server misbehaves.  One C file of a
 * program includes it.
 */
#ifndef TESTS_IPC_PEER_H
#define TESTS_IPC_PEER_H

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <neurath.h>
#include "tap.h"
#include "asleep.h"

#define LEVEL	5
#define HANDLE	77

static long port;
static char mount_path[64];
static union port_message msg;

static inline void sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static inline void start_server_at(unsigned flags, unsigned level)
{
	port = port_create(flags, level);
	CHECK(port >= 0);
	snprintf(mount_path, sizeof(mount_path), "/tmp/ipc.%d", getpid());
	CHECK_EQ(port_mount(port, mount_path, 4242), 0);
}

static inline void start_server(unsigned flags)
{
	start_server_at(flags, LEVEL);
}

/* Receives a request; a note fails the test. */
static inline const struct port_request *receive(void)
{
	CHECK_EQ(port_reply_recv(port, NULL, &msg, -1), 0);
	CHECK(msg.request.tag);
	return &msg.request;
}

static inline const struct port_note *receive_note(unsigned kind)
{
	CHECK_EQ(port_reply_recv(port, NULL, &msg, -1), 0);
	CHECK_EQ(msg.note.zero, 0);
	CHECK_EQ(msg.note.kind, kind);
	return &msg.note;
}

static inline void expect_nothing(void)
{
	CHECK_EQ(port_reply_recv(port, NULL, &msg, 20000000), -EAGAIN);
}

static inline long answer_with(uint64_t tag, int64_t status, uint64_t aux, const void *data, unsigned len)
{
	struct port_reply reply = { .tag = tag, .status = status, .aux = aux, .len = len,
				    .data = (uintptr_t)data };
	long ret = port_reply_recv(port, &reply, NULL, 0);

	CHECK_EQ(reply.tag, 0);
	return ret;
}

static inline long answer(uint64_t tag, int64_t status)
{
	return answer_with(tag, status, 0, NULL, 0);
}

static const struct port_attr device = { .node = 9, .mode = S_IFCHR | 0666, .nlink = 1 };
static const struct port_attr regular = { .node = 10, .mode = S_IFREG | 0666, .nlink = 1, .size = 1 << 20 };

static inline void serve_open(const struct port_attr *attr)
{
	const struct port_request *req = receive();

	CHECK_EQ(req->op, PORT_OPEN);
	CHECK_EQ(req->flags, PORT_REQ_PATH);
	CHECK_EQ(req->handle, 4242);
	CHECK_EQ(answer_with(req->tag, 0, HANDLE, attr, sizeof(*attr)), 0);
}

/* Runs @body in a client process. */
static inline pid_t client(int (*body)(void))
{
	pid_t child = fork();

	if (!child) {
		close(port);		/* otherwise the client would keep the port alive */
		_exit(body());
	}
	CHECK(child > 0);
	return child;
}

static inline void expect_status(pid_t child, int status)
{
	int got;

	CHECK_EQ(waitpid(child, &got, 0), child);
	CHECK_EQ(got, status << 8);
}

static inline int open_it(void)
{
	return open(mount_path, O_RDWR);
}

/* ---- clients ---- */

static inline int client_stat(void)
{
	struct stat st;

	return stat(mount_path, &st) || st.st_size != 1 << 20;
}
static inline int client_read_forever(void)
{
	char c;

	return read(open_it(), &c, 1) != 1;
}
static volatile int handled;

static inline void count_signal(int sig)
{
	handled++;
}

static inline int read_with_handler(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };
	char c = 0;
	int fd = open_it();
	long n;

	sigaction(SIGUSR1, &action, NULL);
	n = read(fd, &c, 1);
	if (n == -1)
		return errno == EINTR && handled == 1 ? 10 : 1;
	return n == 1 && c == 'k' ? 20 + handled : 2;
}

static inline int client_handler(void)
{
	return read_with_handler(0);
}

static inline int client_handler_restart(void)
{
	return read_with_handler(SA_RESTART);
}

/* Starts a client, and receives its read; returns the tag of the read. */
static inline uint64_t reach_active_read(pid_t *child, int (*body)(void), unsigned flags)
{
	start_server(flags);
	*child = client(body);
	serve_open(&device);
	CHECK_EQ(receive()->op, PORT_READ);
	return msg.request.tag;
}
static inline void expect_killed(pid_t child)
{
	int status;

	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

#endif
