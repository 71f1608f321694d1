/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipes.c - pipes: blocking, atomicity, end of file, SIGPIPE, restart of calls. All tests must also
 * pass on Linux.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "tap.h"
#include "asleep.h"

#define PIPE_ATOMIC	4096

static void bytes_come_out_in_order(void)
{
	unsigned char buf[1000];
	unsigned expect = 0;
	int p[2], n, status;

	CHECK_EQ(pipe(p), 0);
	if (!fork()) {
		unsigned next = 0;

		close(p[0]);
		for (int round = 0; round < 500; round++) {
			unsigned char out[777];

			for (size_t i = 0; i < sizeof(out); i++)
				out[i] = next++ % 251;
			if (write(p[1], out, sizeof(out)) != sizeof(out))
				_exit(1);
		}
		_exit(0);
	}
	close(p[1]);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		for (int i = 0; i < n; i++, expect++)
			CHECK_EQ(buf[i], expect % 251);
	CHECK_EQ(n, 0);
	CHECK_EQ(expect, 500 * 777);
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
}

static void end_of_file_comes_when_the_last_writer_closes(void)
{
	int p[2], copy;
	char c;

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	copy = dup(p[1]);
	close(p[1]);
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	CHECK_EQ(write(copy, "x", 1), 1);
	close(copy);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(read(p[0], &c, 1), 0);
}

static void writing_without_readers_is_sigpipe(void)
{
	int p[2], status;

	CHECK_EQ(pipe(p), 0);
	close(p[0]);
	if (!fork()) {
		write(p[1], "x", 1);
		_exit(0);
	}
	CHECK(wait(&status) > 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	signal(SIGPIPE, SIG_IGN);
	CHECK_ERR(write(p[1], "x", 1), EPIPE);
}

static void a_full_pipe_blocks_or_refuses_the_write(void)
{
	static char buf[70000];
	long total = 0, n;
	int p[2];

	CHECK_EQ(pipe2(p, O_NONBLOCK), 0);
	CHECK_EQ(write(p[1], buf, sizeof(buf)), 65536);
	CHECK_ERR(write(p[1], buf, 1), EAGAIN);
	CHECK_EQ(read(p[0], buf, 100), 100);
	/* Up to PIPE_BUF bytes are written together or not at all. */
	CHECK_ERR(write(p[1], buf, PIPE_ATOMIC), EAGAIN);
	while ((n = read(p[0], buf, sizeof(buf))) > 0)
		total += n;
	CHECK_EQ(total, 65536 - 100);
	CHECK_EQ(write(p[1], buf, PIPE_ATOMIC), PIPE_ATOMIC);
	CHECK_EQ(ioctl(p[0], FIONREAD, &p[1]), 0);
	CHECK_EQ(p[1], PIPE_ATOMIC);
}

static int atomic_pipe[2];

static void *write_records(void *arg)
{
	char record[512];

	memset(record, 'a' + (long)arg, sizeof(record));
	for (int i = 0; i < 200; i++)
		if (write(atomic_pipe[1], record, sizeof(record)) != sizeof(record))
			return (void *)1;
	return NULL;
}

static void short_writes_are_not_mixed(void)
{
	pthread_t t[4];
	char record[512];
	void *ret;

	CHECK_EQ(pipe(atomic_pipe), 0);
	for (long i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, write_records, (void *)i), 0);
	for (int i = 0; i < 4 * 200; i++) {
		size_t got = 0;

		while (got < sizeof(record)) {
			ssize_t n = read(atomic_pipe[0], record + got, sizeof(record) - got);

			CHECK(n > 0);
			got += n;
		}
		for (size_t k = 1; k < sizeof(record); k++)
			CHECK_EQ(record[k], record[0]);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(pthread_join(t[i], &ret), 0);
		CHECK(!ret);
	}
}

static volatile int handled;

static void count_signal(int sig)
{
	handled++;
}

static void set_handler(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
}

/* A child that sends SIGUSR1 when its parent sleeps, and writes a byte when its parent sleeps again. */
static int start_disturber(int fd)
{
	pid_t parent = getpid(), child = fork();

	if (!child) {
		wait_asleep(parent);
		kill(parent, SIGUSR1);
		wait_asleep(parent);
		write(fd, "y", 1);
		_exit(0);
	}
	return child;
}

static void a_handler_interrupts_a_blocked_read(void)
{
	int p[2];
	char c;

	CHECK_EQ(pipe(p), 0);
	set_handler(0);
	start_disturber(p[1]);
	CHECK_ERR(read(p[0], &c, 1), EINTR);
	CHECK_EQ(handled, 1);
	CHECK_EQ(read(p[0], &c, 1), 1);
}

static void sa_restart_makes_a_handler_invisible_to_read(void)
{
	int p[2];
	char c = 0;

	CHECK_EQ(pipe(p), 0);
	set_handler(SA_RESTART);
	start_disturber(p[1]);
	CHECK_EQ(read(p[0], &c, 1), 1);
	CHECK_EQ(c, 'y');
	CHECK_EQ(handled, 1);
}

static void an_interrupted_write_returns_what_it_wrote(void)
{
	static char buf[100000];
	int p[2];

	CHECK_EQ(pipe(p), 0);
	set_handler(SA_RESTART);
	if (!fork()) {
		close(p[1]);
		pid_t parent = getppid();

		wait_asleep(parent);
		kill(parent, SIGUSR1);
		while (getppid() == parent)	/* keeps the pipe's read end open until the parent ends */
			sched_yield();
		_exit(0);
	}
	CHECK_EQ(write(p[1], buf, sizeof(buf)), 65536);
}

static void stop_and_continue_do_not_disturb_a_reader(void)
{
	int p[2], result[2], status;
	pid_t child;
	char c = 0;

	CHECK_EQ(pipe(p), 0);
	CHECK_EQ(pipe(result), 0);
	child = fork();
	if (!child) {
		long n = read(p[0], &c, 1);

		if (n == 1)
			write(result[1], &c, 1);
		_exit(n != 1);
	}
	wait_asleep(child);
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status));
	CHECK_EQ(kill(child, SIGCONT), 0);
	wait_asleep(child);
	CHECK_EQ(write(p[1], "z", 1), 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(read(result[0], &c, 1), 1);
	CHECK_EQ(c, 'z');
}

static void a_pipe_is_a_fifo_and_has_no_offset(void)
{
	struct stat st;
	int p[2];
	char c;

	CHECK_EQ(pipe2(p, O_CLOEXEC), 0);
	CHECK_EQ(fstat(p[0], &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_ERR(lseek(p[0], 0, SEEK_CUR), ESPIPE);
	CHECK_ERR(pread(p[0], &c, 1, 0), ESPIPE);
	CHECK_ERR(read(p[1], &c, 1), EBADF);
	CHECK_ERR(write(p[0], &c, 1), EBADF);
	CHECK_EQ(fcntl(p[0], F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(p[0], F_GETFL) & O_NONBLOCK, 0);
	CHECK_EQ(fcntl(p[0], F_SETFL, O_NONBLOCK), 0);
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	CHECK_EQ(fcntl(p[0], F_GETPIPE_SZ), 65536);
	CHECK_ERR(pipe2(p, 1 << 30), EINVAL);
}

static void an_inherited_pipe_can_be_opened_by_its_number(void)
{
	char path[64], c = 0;
	int p[2], fd;

	CHECK_EQ(pipe(p), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", p[0]);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(write(p[1], "q", 1), 1);
	CHECK_EQ(read(fd, &c, 1), 1);
	CHECK_EQ(c, 'q');
}

/* ---- FIFOs -------------------------------------------------------------------------- */

static char fifo[64];

static void make_fifo(void)
{
	snprintf(fifo, sizeof(fifo), "/tmp/fifo.%d", getpid());
	CHECK_EQ(mkfifo(fifo, 0600), 0);
}

static void a_fifo_connects_the_processes_that_open_it(void)
{
	char buf[16] = "";
	struct stat st;
	int fd;

	make_fifo();
	CHECK_EQ(stat(fifo, &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	if (!fork()) {
		fd = open(fifo, O_WRONLY);
		_exit(write(fd, "through", 7) != 7);
	}
	fd = open(fifo, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 7);
	CHECK_STR(buf, "through");
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFIFO | 0600);
	CHECK_EQ(unlink(fifo), 0);
}

static void opening_a_fifo_without_waiting(void)
{
	int rd, wr, both;
	char c;

	make_fifo();
	CHECK_ERR(open(fifo, O_WRONLY | O_NONBLOCK), ENXIO);
	rd = open(fifo, O_RDONLY | O_NONBLOCK);
	CHECK(rd >= 0);
	CHECK_EQ(read(rd, &c, 1), 0);
	wr = open(fifo, O_WRONLY | O_NONBLOCK);
	CHECK(wr >= 0);
	CHECK_ERR(read(rd, &c, 1), EAGAIN);
	CHECK_EQ(write(wr, "ab", 2), 2);
	CHECK_EQ(read(rd, &c, 1), 1);
	close(rd);
	close(wr);
	/* When the last end is closed, the unread bytes are lost. */
	both = open(fifo, O_RDWR | O_NONBLOCK);
	CHECK(both >= 0);
	CHECK_ERR(read(both, &c, 1), EAGAIN);
	CHECK_EQ(write(both, "x", 1), 1);
	CHECK_EQ(read(both, &c, 1), 1);
	CHECK_EQ(unlink(fifo), 0);
}

static void opening_a_fifo_can_be_interrupted(void)
{
	make_fifo();
	set_handler(0);
	if (!fork()) {
		wait_in(getppid(), "fifo_wait");	/* not wait_asleep(): the look-up of the name also sleeps */
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	CHECK_ERR(open(fifo, O_RDONLY), EINTR);
	CHECK_ERR(open(fifo, O_WRONLY | O_NONBLOCK), ENXIO);	/* the interrupted open left no reader */
	CHECK_EQ(unlink(fifo), 0);
}

/* ---- splice ------------------------------------------------------------------------------- */

static void splice_needs_a_pipe_and_takes_no_offset_for_it(void)
{
	int p[2], file = open("/proc/version", O_RDONLY), null = open("/dev/null", O_WRONLY);
	loff_t at = 0;

	CHECK_EQ(pipe(p), 0);
	CHECK_ERR(splice(file, NULL, null, NULL, 10, 0), EINVAL);
	CHECK_ERR(splice(p[0], NULL, p[1], NULL, 10, 0), EINVAL);
	CHECK_ERR(splice(p[0], &at, null, NULL, 10, 0), ESPIPE);
	CHECK_ERR(splice(p[1], NULL, null, NULL, 10, 0), EBADF);
	CHECK_ERR(splice(p[0], NULL, p[0], NULL, 10, 0), EBADF);
	CHECK_ERR(splice(p[0], NULL, null, NULL, 10, 0x100), EINVAL);
	CHECK_EQ(splice(p[0], NULL, null, NULL, 0, 0), 0);
}

/* A device that takes all bytes and uses none must say so, or the kernel offers them without end. */
static void splice_ends_at_a_device_that_swallows(void)
{
	static const char *const devices[] = { "/dev/null", "/dev/zero" };

	for (int i = 0; i < 2; i++) {
		int p[2], to = open(devices[i], O_WRONLY);

		CHECK_EQ(pipe(p), 0);
		CHECK_EQ(write(p[1], "0123456789", 10), 10);
		CHECK_EQ(splice(p[0], NULL, to, NULL, 4, 0), 4);
		CHECK_EQ(splice(p[0], NULL, to, NULL, 100, 0), 6);
		CHECK_ERR(splice(p[0], NULL, to, NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
	}
}

/*
 * With an empty source or a full target splice() waits or fails with EAGAIN. Bytes that do not fit stay
 * in the source.
 */
static void splice_waits_unless_nonblocking(void)
{
	int a[2], b[2], status;
	char buf[100];

	CHECK_EQ(pipe(a), 0);
	CHECK_EQ(pipe(b), 0);
	CHECK_ERR(splice(a[0], NULL, b[1], NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
	if (!fork()) {
		wait_asleep(getppid());
		_exit(write(a[1], "hello", 5) != 5);
	}
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 3, 0), 3);
	CHECK_EQ(splice(a[0], NULL, b[1], NULL, 100, 0), 2);
	CHECK_EQ(read(b[0], buf, sizeof(buf)), 5);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK(wait(&status) > 0);
	CHECK_EQ(status, 0);
	CHECK_EQ(fcntl(b[1], F_SETFL, O_NONBLOCK), 0);
	/* Fills the pipe to the last byte. A write of a hundred bytes writes all of them or none. */
	while (write(b[1], buf, sizeof(buf)) > 0)
		;
	while (write(b[1], buf, 1) > 0)
		;
	CHECK_EQ(write(a[1], "more", 4), 4);
	CHECK_ERR(splice(a[0], NULL, b[1], NULL, 10, SPLICE_F_NONBLOCK), EAGAIN);
	CHECK_EQ(read(a[0], buf, sizeof(buf)), 4);
}

int main(void)
{
	TAP_TEST(bytes_come_out_in_order);
	TAP_TEST(end_of_file_comes_when_the_last_writer_closes);
	TAP_TEST(writing_without_readers_is_sigpipe);
	TAP_TEST(a_full_pipe_blocks_or_refuses_the_write);
	TAP_TEST(short_writes_are_not_mixed);
	TAP_TEST(a_handler_interrupts_a_blocked_read);
	TAP_TEST(sa_restart_makes_a_handler_invisible_to_read);
	TAP_TEST(an_interrupted_write_returns_what_it_wrote);
	TAP_TEST(stop_and_continue_do_not_disturb_a_reader);
	TAP_TEST(a_pipe_is_a_fifo_and_has_no_offset);
	TAP_TEST(an_inherited_pipe_can_be_opened_by_its_number);
	TAP_TEST(a_fifo_connects_the_processes_that_open_it);
	TAP_TEST(opening_a_fifo_without_waiting);
	TAP_TEST(opening_a_fifo_can_be_interrupted);
	TAP_TEST(splice_needs_a_pipe_and_takes_no_offset_for_it);
	TAP_TEST(splice_ends_at_a_device_that_swallows);
	TAP_TEST(splice_waits_unless_nonblocking);
	return tap_done();
}
