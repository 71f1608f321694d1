/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ipc_cost.c - the cost of a call to a server: time and context switches of a small read, and time of large
 * reads; for comparison a read that stays in the kernel, and a pipe between two processes. Prints lines
 * "# bench NAME VALUE UNIT". The suite only checks a value that does not depend on the machine: a call makes
 * two switches.
 *
 * configurations: cpus=1,2
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include <neurath.h>
#include "tap.h"

#define CALLS	5000

static char path[64];

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void bench(const char *name, uint64_t value, const char *unit)
{
	tap_line("# bench %s %lu %s", name, (unsigned long)value, unit);
}

static long switches(void)
{
	struct rusage ru;

	CHECK_EQ(getrusage(RUSAGE_SELF, &ru), 0);
	return ru.ru_nvcsw;
}

/* Answers every read with as many bytes as the read asks for. */
static void serve(int started)
{
	static const struct port_attr attr = { .node = 1, .mode = S_IFREG | 0666, .nlink = 1, .size = 1 << 30 };
	static char data[PORT_IO_MAX];
	struct port_reply reply = { 0 };
	union port_message msg;
	long port = port_create(0, 5);

	CHECK(port >= 0);
	CHECK_EQ(port_mount(port, path, 0), 0);
	CHECK_EQ(write(started, "x", 1), 1);
	while (port_reply_recv(port, &reply, &msg, -1) == 0) {
		memset(&reply, 0, sizeof(reply));
		reply.tag = msg.request.tag;
		if (!reply.tag && msg.note.kind == PORT_NOTE_CLOSE)
			_exit(0);
		if (msg.request.op == PORT_OPEN || msg.request.op == PORT_STAT) {
			reply.data = (uintptr_t)&attr;
			reply.len = sizeof(attr);
		} else if (msg.request.op == PORT_READ) {
			reply.data = (uintptr_t)data;
			reply.len = msg.request.out_len;
			reply.status = reply.len;
		}
	}
	_exit(1);
}

static int open_served_file(void)
{
	int p[2], fd;
	char c;

	snprintf(path, sizeof(path), "/tmp/ipc_cost.%d", getpid());
	CHECK_EQ(pipe(p), 0);
	if (!fork())
		serve(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 1);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	return fd;
}

static uint64_t time_reads(int fd, char *buf, size_t n, int count)
{
	uint64_t start = now_ns();

	for (int i = 0; i < count; i++)
		CHECK_EQ(pread(fd, buf, n, 0), n);
	return (now_ns() - start) / count;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median of five series, because other work of the machine disturbs only some of them. */
static uint64_t median_reads(int fd, char *buf, size_t n, int count)
{
	uint64_t series[5];

	for (int i = 0; i < 5; i++)
		series[i] = time_reads(fd, buf, n, count / 5);
	qsort(series, 5, sizeof(series[0]), by_value);
	return series[2];
}

static void small_reads(void)
{
	int fd = open_served_file();
	char c;
	long before;

	time_reads(fd, &c, 1, 100);
	before = switches();
	bench("call_1_byte", median_reads(fd, &c, 1, CALLS), "ns");
	before = switches() - before;
	bench("call_switches_x1000", before * 1000 / CALLS, "switches");
	/* This process switches once a call, to the server; the server's switch is the second one. */
	CHECK(before <= CALLS + CALLS / 50);
}

static void large_reads(void)
{
	static char buf[1 << 20];
	int fd = open_served_file();

	time_reads(fd, buf, sizeof(buf), 2);
	bench("call_4_KiB", median_reads(fd, buf, 4096, CALLS / 5), "ns");
	bench("call_64_KiB", median_reads(fd, buf, 65536, CALLS / 25), "ns");
	bench("read_1_MiB", time_reads(fd, buf, sizeof(buf), CALLS / 250), "ns");
}

static void in_the_kernel(void)
{
	char buf[4096];
	int fd = open("/dev/zero", O_RDONLY);
	uint64_t start;

	CHECK(fd >= 0);
	start = now_ns();
	for (int i = 0; i < CALLS; i++)
		CHECK_EQ(read(fd, buf, 1), 1);
	bench("kernel_1_byte", (now_ns() - start) / CALLS, "ns");
	start = now_ns();
	for (int i = 0; i < CALLS; i++)
		CHECK(getppid() > 0);
	bench("null_call", (now_ns() - start) / CALLS, "ns");
}

static void pipe_round_trips(void)
{
	int there[2], back[2];
	uint64_t start;
	char c;

	CHECK_EQ(pipe(there), 0);
	CHECK_EQ(pipe(back), 0);
	if (!fork()) {
		for (int i = 0; i < CALLS; i++)
			if (read(there[0], &c, 1) != 1 || write(back[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	start = now_ns();
	for (int i = 0; i < CALLS; i++) {
		CHECK_EQ(write(there[1], "x", 1), 1);
		CHECK_EQ(read(back[0], &c, 1), 1);
	}
	bench("pipe_round_trip", (now_ns() - start) / CALLS, "ns");
}

int main(void)
{
	TAP_TEST(small_reads);
	TAP_TEST(large_reads);
	TAP_TEST(in_the_kernel);
	TAP_TEST(pipe_round_trips);
	return tap_done();
}
