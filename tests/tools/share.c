/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * share.c - promises of hostfs about contents, also during signals and when the server dies, seen from the
 * guest: tests/system/test_share.py runs this program with a folder of the host on /host, and checks the
 * host's side.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include "files.h"
#include "share.h"
#include "tap.h"

/* Byte @i of the large files; tests/system/test_share.py has the same rule. */
static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

static void write_pattern(int fd, size_t size, size_t piece)
{
	static unsigned char buf[300000];

	for (size_t done = 0; done < size;) {
		size_t n = size - done < piece ? size - done : piece;

		for (size_t i = 0; i < n; i++)
			buf[i] = pattern(done + i);
		CHECK_EQ(write(fd, buf, n), n);
		done += n;
	}
}

static void check_pattern(int fd, size_t size, size_t piece)
{
	static unsigned char buf[300000];
	size_t done = 0;
	ssize_t n;

	while ((n = read(fd, buf, piece)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern(done + i))
				CHECK_FAIL("byte %zu is wrong", done + i);
		done += n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(done, size);
}

/* ---- contents ---------------------------------------------------------------------------- */

static void what_was_written_is_read(void)
{
	char buf[16] = "";
	int fd = make(TOP "/rw", "0123456789");

	CHECK_EQ(pread(fd, buf, 4, 3), 4);
	CHECK_STR(buf, "3456");
	CHECK_EQ(pwrite(fd, "xy", 2, 1), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 10);
	CHECK(!memcmp(buf, "0xy3456789", 10));
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(unlink(TOP "/rw"), 0);
}

static void ten_mib_in_pieces_of_all_sizes(void)
{
	static const size_t pieces[] = { 4096, 65536, 65537, 131072, 300000 };
	int fd;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		fd = open(TOP "/large", O_RDWR | O_CREAT | O_TRUNC, 0644);
		CHECK(fd >= 0);
		write_pattern(fd, 2 * MIB + 12345, pieces[i]);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		check_pattern(fd, 2 * MIB + 12345, pieces[sizeof(pieces) / sizeof(pieces[0]) - 1 - i]);
		CHECK_EQ(close(fd), 0);
	}
	CHECK_EQ(unlink(TOP "/large"), 0);
	fd = open(TOP "/to-host", O_RDWR | O_CREAT | O_TRUNC, 0644);
	CHECK(fd >= 0);
	write_pattern(fd, 10 * MIB, 65536);
	CHECK_EQ(fsync(fd), 0);
	fd = open("/host/from-host", O_RDONLY);
	CHECK(fd >= 0);
	check_pattern(fd, 10 * MIB, 65536);
}

static void holes_and_truncation(void)
{
	struct stat st;
	char c = 1;
	int fd = make(TOP "/hole", "abc");

	CHECK_EQ(pwrite(fd, "z", 1, 100000), 1);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 100001);
	CHECK_EQ(pread(fd, &c, 1, 5000), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(ftruncate(fd, 2), 0);
	CHECK_EQ(truncate(TOP "/hole", 5), 0);
	CHECK_EQ(pread(fd, &c, 1, 2), 1);
	CHECK_EQ(c, 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 5);
	CHECK_EQ(close(open(TOP "/hole", O_WRONLY | O_TRUNC)), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 0);
	CHECK_ERR(truncate(TOP, 0), EISDIR);
	CHECK_EQ(unlink(TOP "/hole"), 0);
}

static void append_goes_to_the_end(void)
{
	struct stat st;
	int fd = make(TOP "/log", "one\n");
	int log = open(TOP "/log", O_WRONLY | O_APPEND);

	CHECK_EQ(write(log, "two\n", 4), 4);
	CHECK_EQ(write(fd, "three\n", 6), 6);	/* overwrites "two\n": fd has its own offset */
	CHECK_EQ(write(log, "four\n", 5), 5);
	CHECK_EQ(lseek(log, 0, SEEK_CUR), 15);
	CHECK_EQ(fcntl(fd, F_SETFL, O_APPEND), 0);
	CHECK_EQ(write(fd, "five\n", 5), 5);
	CHECK_EQ(stat(TOP "/log", &st), 0);
	CHECK_EQ(st.st_size, 20);
	CHECK_STR(file_text(TOP "/log"), "one\nthree\nfour\nfive\n");
	CHECK_EQ(unlink(TOP "/log"), 0);
}

/* Two processes append lines: no line is lost or torn. */
static void two_processes_append(void)
{
	enum { LINES = 300 };
	pid_t children[2];
	int seen[2][LINES] = { 0 };
	const char *text;

	close(make(TOP "/lines", ""));
	for (int who = 0; who < 2; who++) {
		children[who] = fork();
		if (children[who])
			continue;
		int fd = open(TOP "/lines", O_WRONLY | O_APPEND);

		CHECK(fd >= 0);
		for (int i = 0; i < LINES; i++) {
			char line[16];
			int n = snprintf(line, sizeof(line), "%d %03d\n", who, i);

			CHECK_EQ(write(fd, line, n), n);
		}
		_exit(0);
	}
	wait_ok(children[0]);
	wait_ok(children[1]);
	text = file_text(TOP "/lines");
	CHECK_EQ(strlen(text), 2 * LINES * 6);
	for (int i = 0; i < 2 * LINES; i++) {
		int who = text[6 * i] - '0', line = atoi(text + 6 * i + 2);

		CHECK((who == 0 || who == 1) && line >= 0 && line < LINES && text[6 * i + 5] == '\n');
		CHECK_EQ(seen[who][line]++, 0);
	}
	CHECK_EQ(unlink(TOP "/lines"), 0);
}

static void more_readers_than_requests_fit(void)
{
	pid_t children[40];

	for (int i = 0; i < 40; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		int fd = open("/host/from-host", O_RDONLY);

		CHECK(fd >= 0);
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		check_pattern(fd, 10 * MIB, 300000);
		_exit(0);
	}
	for (int i = 0; i < 40; i++)
		wait_ok(children[i]);
}

/* ---- programs ---------------------------------------------------------------------------- */

static void files_can_be_mapped(void)
{
	int fd = open("/host/from-host", O_RDONLY);
	unsigned char *p = mmap(NULL, 10 * MIB, PROT_READ, MAP_PRIVATE, fd, 0);

	CHECK(p != MAP_FAILED);
	for (size_t i = 0; i < 10 * MIB; i += 4097)
		CHECK_EQ(p[i], pattern(i));
}

/* ---- signals ----------------------------------------------------------------------------- */

static volatile unsigned alarms;

static void count_alarm(int signal)
{
	alarms++;
}

/* EINTR is allowed, but only if nothing was read: offset and bytes show whether this is true. */
static void signals_lose_no_bytes(void)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval every = { { 0, 700 }, { 0, 700 } };
	static unsigned char buf[300000];
	int fd = open("/host/from-host", O_RDONLY);
	size_t done = 0;
	ssize_t n;

	CHECK(fd >= 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	for (;;) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(buf[i], pattern(done + i));
		done += n;
	}
	CHECK_EQ(n, 0);
	CHECK_EQ(done, 10 * MIB);
	CHECK(alarms > 0);
}

/* Each write is complete, or it was interrupted and has written nothing. */
static void signals_write_nothing_twice(void)
{
	struct sigaction action = { .sa_handler = count_alarm };
	struct itimerval every = { { 0, 700 }, { 0, 700 } };
	static unsigned char buf[65536];
	int fd = open(TOP "/signals", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0644);
	size_t done = 0;

	CHECK(fd >= 0);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	while (done < 4 * MIB) {
		ssize_t n;

		for (size_t i = 0; i < sizeof(buf); i++)
			buf[i] = pattern(done + i);
		n = write(fd, buf, sizeof(buf));
		if (n < 0)
			CHECK_EQ(errno, EINTR);
		else
			done += n;
	}
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	fd = open(TOP "/signals", O_RDONLY);
	check_pattern(fd, done, 65536);
	CHECK_EQ(unlink(TOP "/signals"), 0);
}

/* Clients die during reads and writes; the server and the other clients continue. */
static void killed_clients_do_no_harm(void)
{
	for (int i = 0; i < 100; i++) {
		static unsigned char buf[65536];
		pid_t pid = fork();

		if (pid == 0) {
			int in = open("/host/from-host", O_RDONLY);
			int out = open(TOP "/victim", O_WRONLY | O_CREAT, 0644);

			for (;;) {
				CHECK(pread(in, buf, sizeof(buf), 0) > 0);
				CHECK(pwrite(out, buf, sizeof(buf), 0) > 0);
			}
		}
		usleep(i * 50);
		kill(pid, SIGKILL);
		CHECK_EQ(waitpid(pid, NULL, 0), pid);
	}
	CHECK_EQ(unlink(TOP "/victim"), 0);
	what_was_written_is_read();
}

/* ---- the server dies --------------------------------------------------------------------- */

static pid_t pid_of_hostfs(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64];
	pid_t found = 0;

	while ((entry = readdir(proc)) != NULL) {
		const char *text;

		snprintf(path, sizeof(path), "/proc/%.10s/comm", entry->d_name);
		text = atoi(entry->d_name) > 1 ? file_text(path) : NULL;
		if (text && !strcmp(text, "hostfs\n"))
			found = atoi(entry->d_name);
	}
	closedir(proc);
	return found;
}

/* Reads until a read fails; succeeds only if the error is EIO. */
static void read_until_eio(int started)
{
	static unsigned char buf[65536];
	int fd = open("/host/from-host", O_RDONLY);
	ssize_t n;

	CHECK(fd >= 0);
	CHECK_EQ(write(started, "", 1), 1);
	for (off_t at = 0;; at = (at + n) % (10 * MIB)) {
		n = pread(fd, buf, sizeof(buf), at);
		if (n < 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != pattern(at + i))
				CHECK_FAIL("byte %zu is wrong", (size_t)(at + i));
	}
	CHECK_EQ(errno, EIO);
	CHECK_ERR(pread(fd, buf, 1, 0), EIO);
	_exit(0);
}

static void a_killed_server_means_eio_until_a_new_one_runs(void)
{
	for (int round = 0; round < 3; round++) {
		pid_t server = pid_of_hostfs(), readers[8];
		int started[2], fd;
		char byte;

		CHECK(server > 0);
		CHECK_EQ(pipe(started), 0);
		for (int i = 0; i < 8; i++) {
			readers[i] = fork();
			if (readers[i] == 0)
				read_until_eio(started[1]);
		}
		for (int i = 0; i < 8; i++)
			CHECK_EQ(read(started[0], &byte, 1), 1);
		CHECK_EQ(kill(server, SIGKILL), 0);
		for (int i = 0; i < 8; i++)
			wait_ok(readers[i]);
		/* init starts the next server; the more servers have died, the longer init waits. */
		while ((fd = open("/host/from-host", O_RDONLY)) < 0) {
			CHECK_EQ(errno, EIO);
			usleep(1000);
		}
		CHECK(pid_of_hostfs() != server);
		check_pattern(fd, 10 * MIB, 65536);
		what_was_written_is_read();
	}
}

int main(void)
{
	mkdir(TOP, 0755);
	TAP_TEST(what_was_written_is_read);
	TAP_TEST(ten_mib_in_pieces_of_all_sizes);
	TAP_TEST(holes_and_truncation);
	TAP_TEST(append_goes_to_the_end);
	TAP_TEST(two_processes_append);
	TAP_TEST(more_readers_than_requests_fit);
	TAP_TEST(files_can_be_mapped);
	TAP_TEST(signals_lose_no_bytes);
	TAP_TEST(signals_write_nothing_twice);
	TAP_TEST(killed_clients_do_no_harm);
	TAP_TEST(a_killed_server_means_eio_until_a_new_one_runs);
	return tap_done();
}
