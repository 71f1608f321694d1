/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stress test of wedged servers: ten thousand clients are killed. Each client dies at once, and
 * leaves no object behind. One server never receives; the other receives all requests and never
 * answers.
 *
 * configurations: cpus=1,4 firmware=bios
 * timeout: 300
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdlib.h>
#include <tap.h>
#include "ipc_peer.h"

#define WARM_UP	300		/* caches of the kernel fill up */
#define KILLS	5000
/* A leak of one object of 64 bytes a client is five times this. */
#define SLACK_KB	64

/* Memory in kernel objects, in KiB. */
static long slab_kb(void)
{
	char text[2048];
	int fd = open("/proc/meminfo", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);
	const char *line;

	CHECK(n > 0);
	text[n] = '\0';
	close(fd);
	line = strstr(text, "Slab:");
	CHECK(line);
	return atol(line + 5);
}

static int served_fd;

/* Starts a client that reads the open file, and kills it. With @asleep the client sleeps in the call before that. */
static void one_victim(bool asleep)
{
	char c;
	pid_t child = fork();

	CHECK(child >= 0);
	if (!child) {
		(void)!read(served_fd, &c, 1);
		_exit(0);
	}
	if (asleep)
		wait_blocked(child);
	CHECK_EQ(kill(child, SIGKILL), 0);
	expect_killed(child);
}

static void many_victims(int count)
{
	for (int i = 0; i < count; i++) {
		/* Some clients may be killed before their call, most are killed in the call. */
		one_victim(i % 8 != 0);
		if (i % 1000 == 999)
			tap_line("# %d killed", i + 1);
	}
}

static void kill_and_count(void)
{
	long before;

	many_victims(WARM_UP);
	before = slab_kb();
	many_victims(KILLS);
	CHECK(slab_kb() <= before + SLACK_KB);
}

/* Starts a server that answers opens and then runs @wedge. */
static pid_t start_wedged(void (*wedge)(void))
{
	int up[2];
	pid_t server;
	char c;

	snprintf(mount_path, sizeof(mount_path), "/tmp/ipc.%d", getpid());
	CHECK_EQ(pipe(up), 0);
	server = fork();
	CHECK(server >= 0);
	if (!server) {
		port = port_create(PORT_CANCEL_OK, LEVEL);
		CHECK_EQ(port_mount(port, mount_path, 4242), 0);
		CHECK_EQ(write(up[1], "x", 1), 1);
		serve_open(&device);
		wedge();
		_exit(1);
	}
	CHECK_EQ(read(up[0], &c, 1), 1);
	served_fd = open_it();
	CHECK(served_fd >= 0);
	return server;
}

static void never_receive(void)
{
	for (;;)
		pause();
}

static void receive_and_forget(void)
{
	while (port_reply_recv(port, NULL, &msg, -1) == 0)
		;
}

static void clients_of_a_server_that_never_receives_leave_nothing(void)
{
	pid_t server = start_wedged(never_receive);

	kill_and_count();
	CHECK_EQ(kill(server, SIGKILL), 0);
}

static void clients_of_a_server_that_never_answers_leave_nothing(void)
{
	pid_t server = start_wedged(receive_and_forget);

	kill_and_count();
	CHECK_EQ(kill(server, SIGKILL), 0);
}

int main(void)
{
	TAP_TEST(clients_of_a_server_that_never_receives_leave_nothing);
	TAP_TEST(clients_of_a_server_that_never_answers_leave_nothing);
	return tap_done();
}
