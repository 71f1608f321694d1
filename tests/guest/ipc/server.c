/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A server in sixty lines, which docs/servers.md explains, and tests of its contract with clients.
 * The server is a mailbox at PATH: write stores a line, read removes it and waits if there is no line.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <srv.h>
#include <tap.h>
#include "asleep.h"

#define PATH	"/run/mailbox"
#define BOX	256

/* ---- the server --------------------------------------------------------------------- */

static char box[BOX];
static uint32_t filled;
static struct srv_queue readers;

static int64_t box_open(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	static struct port_attr attr = { .node = 1, .mode = S_IFCHR | 0666, .nlink = 1 };

	reply->aux = 1;			/* all opens share one handle: the box has no state for an open */
	return srv_data(reply, 0, &attr, sizeof(attr));
}

static int64_t box_read(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	uint32_t n = filled < req->out_len ? filled : req->out_len;

	if (!filled)
		return req->arg[1] & O_NONBLOCK ? -EAGAIN : srv_park(srv, &readers, req, 0);
	filled = 0;
	return srv_data(reply, n, box, n);
}

static int64_t box_write(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	int64_t n = srv_input(srv, req, box, sizeof(box));

	if (n <= 0)
		return n;
	filled = n;
	if (readers.first) {
		srv_answer(srv, readers.first, filled, box, filled);
		filled = 0;
	}
	srv_push_ready(srv, 1);
	return n;
}

static unsigned box_ready(struct srv *srv, uint64_t handle)
{
	return POLLOUT | (filled ? POLLIN : 0);
}

static int serve(void)
{
	static struct srv srv = {
		.name = "mailbox",
		.ready = box_ready,
		.op = { [PORT_OPEN] = box_open, [PORT_STAT] = box_open,
			[PORT_READ] = box_read, [PORT_WRITE] = box_write },
	};
	int rc = srv_start(&srv, PORT_CANCEL_OK, 2);

	if (rc == 0)
		rc = srv_mount(&srv, PATH, 0);
	if (rc < 0)
		return 1;
	srv_started();
	return srv_run(&srv) != 0;
}

/* ---- its clients -------------------------------------------------------------------- */

static pid_t server;

/* Starts the server and waits until it has mounted itself, as init does. */
static void start_server(void)
{
	char byte, number[12];
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	server = fork();
	CHECK(server >= 0);
	if (server == 0) {
		close(ends[0]);
		snprintf(number, sizeof(number), "%d", ends[1]);
		setenv("STATUS_FD", number, 1);
		_exit(serve());
	}
	close(ends[1]);
	CHECK_EQ(read(ends[0], &byte, 1), 1);
	close(ends[0]);
}

static int open_box(int flags)
{
	int fd = open(PATH, O_RDWR | flags);

	CHECK(fd >= 0);
	return fd;
}

static void stop_server(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

/* A child that reads the box and exits with the number of bytes, or 100 + errno. */
static pid_t start_reader(int fd)
{
	char buf[BOX];
	ssize_t n;
	pid_t pid = fork();

	if (pid == 0) {
		n = read(fd, buf, sizeof(buf));
		_exit(n < 0 ? 100 + errno : n);
	}
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

static void what_is_written_can_be_read(void)
{
	char buf[BOX] = "";
	int fd;

	start_server();
	fd = open_box(0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 5);
	CHECK_STR(buf, "hello");
	/* The data do not fit into a message, so the server reads them through a lease. */
	memset(buf, 'x', 200);
	CHECK_EQ(write(fd, buf, 200), 200);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 200);
	CHECK_ERR(write(fd, box, BOX + 1), EMSGSIZE);
	stop_server();
}

static void reader_waits_for_a_writer(void)
{
	pid_t reader;
	int fd;

	start_server();
	fd = open_box(0);
	reader = start_reader(fd);
	wait_asleep(reader);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(status_of(reader), 3);
	stop_server();
}

static void nonblocking_reader_and_poll_agree(void)
{
	struct pollfd pfd;
	char buf[BOX];

	start_server();
	pfd = (struct pollfd){ .fd = open_box(O_NONBLOCK), .events = POLLIN | POLLOUT };
	CHECK_ERR(read(pfd.fd, buf, 1), EAGAIN);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLOUT);
	CHECK_EQ(write(pfd.fd, "x", 1), 1);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLIN | POLLOUT);
	CHECK_EQ(read(pfd.fd, buf, 1), 1);
	CHECK_EQ(poll(&pfd, 1, 0), 1);
	CHECK_EQ(pfd.revents, POLLOUT);
	stop_server();
}

static void on_signal(int signal)
{
}

static void signal_cancels_a_parked_read(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	char buf[BOX];
	pid_t reader;
	int fd;

	start_server();
	fd = open_box(0);
	sigaction(SIGUSR1, &action, NULL);
	reader = start_reader(fd);
	wait_asleep(reader);
	CHECK_EQ(kill(reader, SIGUSR1), 0);
	CHECK_EQ(status_of(reader), 100 + EINTR);
	/* The server has dropped the cancelled request, so new input goes to the next reader. */
	CHECK_EQ(write(fd, "next", 4), 4);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 4);
	stop_server();
}

static void stop_and_continue_are_invisible_to_a_reader(void)
{
	pid_t reader;
	int fd;

	start_server();
	fd = open_box(0);
	reader = start_reader(fd);
	wait_asleep(reader);
	CHECK_EQ(kill(reader, SIGSTOP), 0);
	CHECK_EQ(waitpid(reader, NULL, WUNTRACED), reader);
	CHECK_EQ(kill(reader, SIGCONT), 0);
	CHECK_EQ(write(fd, "12345", 5), 5);
	CHECK_EQ(status_of(reader), 5);
	stop_server();
}

static void killed_reader_takes_nothing(void)
{
	char buf[BOX];
	pid_t reader;
	int fd;

	start_server();
	fd = open_box(0);
	reader = start_reader(fd);
	wait_asleep(reader);
	CHECK_EQ(kill(reader, SIGKILL), 0);
	CHECK_EQ(status_of(reader), 200 + SIGKILL);
	CHECK_EQ(write(fd, "kept", 4), 4);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 4);
	stop_server();
}

static void stopped_server_cannot_hold_a_killed_client(void)
{
	pid_t reader;
	int fd;

	start_server();
	fd = open_box(0);
	CHECK_EQ(kill(server, SIGSTOP), 0);
	CHECK_EQ(waitpid(server, NULL, WUNTRACED), server);
	reader = start_reader(fd);
	wait_asleep(reader);
	CHECK_EQ(kill(reader, SIGKILL), 0);
	CHECK_EQ(status_of(reader), 200 + SIGKILL);
	stop_server();
}

static void death_of_the_server_is_an_error_for_its_clients(void)
{
	char buf[BOX];
	pid_t reader;
	int fd;

	start_server();
	fd = open_box(0);
	reader = start_reader(fd);
	wait_asleep(reader);
	stop_server();
	CHECK_EQ(status_of(reader), 100 + EIO);
	CHECK_ERR(read(fd, buf, 1), EIO);
	CHECK_ERR(open(PATH, O_RDWR), EIO);
	/* A new server mounts at the same path; the old descriptor stays dead. */
	start_server();
	CHECK_EQ(write(open_box(0), "x", 1), 1);
	CHECK_ERR(read(fd, buf, 1), EIO);
	stop_server();
}

int main(void)
{
	TAP_TEST(what_is_written_can_be_read);
	TAP_TEST(reader_waits_for_a_writer);
	TAP_TEST(nonblocking_reader_and_poll_agree);
	TAP_TEST(signal_cancels_a_parked_read);
	TAP_TEST(stop_and_continue_are_invisible_to_a_reader);
	TAP_TEST(killed_reader_takes_nothing);
	TAP_TEST(stopped_server_cannot_hold_a_killed_client);
	TAP_TEST(death_of_the_server_is_an_error_for_its_clients);
	return tap_done();
}
