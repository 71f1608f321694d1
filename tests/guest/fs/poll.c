/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poll.c - poll(), ppoll(), select(), pselect(). All tests must also pass on Linux. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

#include "tap.h"
#include "asleep.h"

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void readiness_of_a_pipe(void)
{
	static char buf[65536];
	struct pollfd p[2];
	int fd[2];

	CHECK_EQ(pipe2(fd, O_NONBLOCK), 0);
	p[0] = (struct pollfd){ fd[0], POLLIN, 0 };
	p[1] = (struct pollfd){ fd[1], POLLOUT, 0 };
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLOUT);
	CHECK_EQ(write(fd[1], buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN);
	CHECK_EQ(p[1].revents, 0);
	close(fd[1]);
	p[1].fd = -1;
	CHECK_EQ(poll(p, 2, 0), 1);
	CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
	CHECK_EQ(p[1].revents, 0);
	p[1].fd = 333;
	CHECK_EQ(poll(p, 2, 0), 2);
	CHECK_EQ(p[1].revents, POLLNVAL);
}

static void a_write_end_without_reader_is_an_error(void)
{
	struct pollfd p;
	int fd[2];

	CHECK_EQ(pipe(fd), 0);
	close(fd[0]);
	p = (struct pollfd){ fd[1], 0, 0 };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLERR);
}

static void poll_waits_for_the_event(void)
{
	struct pollfd p[12];
	int fd[12][2];

	/* More descriptors than fit on the kernel's stack. */
	for (int i = 0; i < 12; i++) {
		CHECK_EQ(pipe(fd[i]), 0);
		p[i] = (struct pollfd){ fd[i][0], POLLIN, 0 };
	}
	if (!fork()) {
		wait_asleep(getppid());
		write(fd[7][1], "x", 1);
		_exit(0);
	}
	CHECK_EQ(poll(p, 12, -1), 1);
	for (int i = 0; i < 12; i++)
		CHECK_EQ(p[i].revents, i == 7 ? POLLIN : 0);
}

static void poll_times_out(void)
{
	struct pollfd p;
	int fd[2];
	long start = now_ms();

	CHECK_EQ(pipe(fd), 0);
	p = (struct pollfd){ fd[0], POLLIN, 0 };
	CHECK_EQ(poll(&p, 1, 60), 0);
	CHECK(now_ms() - start >= 60);
	start = now_ms();
	CHECK_EQ(poll(NULL, 0, 30), 0);
	CHECK(now_ms() - start >= 30);
}

static volatile int handled;

static void count_signal(int sig)
{
	handled++;
}

static void start_signaller(int sig)
{
	pid_t parent = getpid();

	if (!fork()) {
		wait_asleep(parent);
		kill(parent, sig);
		_exit(0);
	}
}

static void a_handler_ends_poll_even_with_sa_restart(void)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	start_signaller(SIGUSR1);
	CHECK_ERR(poll(NULL, 0, -1), EINTR);
	CHECK_EQ(handled, 1);
	start_signaller(SIGUSR1);
	CHECK_ERR(select(0, NULL, NULL, NULL, NULL), EINTR);
	CHECK_EQ(handled, 2);
}

static void stopping_does_not_prolong_poll(void)
{
	int status;
	pid_t child = fork();

	if (!child) {
		long start = now_ms();
		int ret = poll(NULL, 0, 200);

		_exit(ret != 0 || now_ms() - start < 200);
	}
	/*
	 * The loop ends when the child's time is over. If each stop began the time anew, the loop would have
	 * no end.
	 */
	for (;;) {
		usleep(20000);
		CHECK_EQ(kill(child, SIGSTOP), 0);
		CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			break;
		CHECK_EQ(kill(child, SIGCONT), 0);
	}
	CHECK_EQ(status, 0);
}

static void ppoll_swaps_the_mask(void)
{
	struct sigaction action = { .sa_handler = count_signal };
	sigset_t blocked, open_mask, now;

	CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	sigemptyset(&open_mask);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_SETMASK, &blocked, NULL), 0);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(poll(NULL, 0, 10), 0);
	CHECK_EQ(handled, 0);
	CHECK_ERR(ppoll(NULL, 0, &(struct timespec){ 10, 0 }, &open_mask), EINTR);
	CHECK_EQ(handled, 1);
	CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	CHECK(sigismember(&now, SIGUSR1));
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_ERR(pselect(0, NULL, NULL, NULL, &(struct timespec){ 10, 0 }, &open_mask), EINTR);
	CHECK_EQ(handled, 2);
}

static void select_tells_the_three_sets(void)
{
	fd_set rd, wr, ex;
	int fd[2], bad;

	CHECK_EQ(pipe(fd), 0);
	FD_ZERO(&rd);
	FD_ZERO(&wr);
	FD_ZERO(&ex);
	FD_SET(fd[0], &rd);
	FD_SET(fd[1], &wr);
	FD_SET(fd[0], &ex);
	CHECK_EQ(select(fd[1] + 1, &rd, &wr, &ex, NULL), 1);
	CHECK(!FD_ISSET(fd[0], &rd) && FD_ISSET(fd[1], &wr) && !FD_ISSET(fd[0], &ex));
	CHECK_EQ(write(fd[1], "x", 1), 1);
	FD_SET(fd[0], &rd);
	CHECK_EQ(select(fd[1] + 1, &rd, NULL, NULL, &(struct timeval){ 5, 0 }), 1);
	CHECK(FD_ISSET(fd[0], &rd));
	bad = dup(0);
	close(bad);
	FD_ZERO(&rd);
	FD_SET(bad, &rd);
	CHECK_ERR(select(bad + 1, &rd, NULL, NULL, NULL), EBADF);
	CHECK_ERR(select(-1, NULL, NULL, NULL, NULL), EINVAL);
}

static void select_times_out_and_tells_what_is_left(void)
{
	struct timespec ts = { 0, 50000000 };
	long start = now_ms();

	CHECK_EQ(select(0, NULL, NULL, NULL, &(struct timeval){ 0, 50000 }), 0);
	CHECK(now_ms() - start >= 50);
	CHECK_EQ(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts, NULL), 0);
	CHECK_EQ(ts.tv_sec, 0);
	CHECK_EQ(ts.tv_nsec, 0);
	ts = (struct timespec){ 0, 1000000000 };
	CHECK_ERR(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &ts, NULL), EINVAL);
}

static void files_are_always_ready(void)
{
	struct pollfd p = { open("/etc/passwd", O_RDONLY), POLLIN | POLLOUT, 0 };

	CHECK(p.fd >= 0);
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(p.revents, POLLIN | POLLOUT);
	struct pollfd *volatile bad = (void *)8;
	CHECK_ERR(poll(bad, 1, 0), EFAULT);
}

/* Reading one byte makes no room, so poll() gets two wake-ups for nothing before the wake-up that counts. */
static void a_wakeup_for_nothing_keeps_the_place_in_the_queue(void)
{
	static char buf[65536];
	struct pollfd p;
	int fd[2], status;
	pid_t child;

	CHECK_EQ(pipe(fd), 0);
	CHECK_EQ(write(fd[1], buf, sizeof(buf)), sizeof(buf));
	child = fork();
	if (!child) {
		p = (struct pollfd){ fd[1], POLLOUT, 0 };
		CHECK_EQ(poll(&p, 1, -1), 1);
		CHECK_EQ(p.revents, POLLOUT);
		_exit(0);
	}
	wait_asleep(child);
	CHECK_EQ(read(fd[0], buf, 1), 1);
	wait_asleep(child);
	CHECK_EQ(read(fd[0], buf, 1), 1);
	wait_asleep(child);
	CHECK_EQ(read(fd[0], buf, sizeof(buf)), sizeof(buf) - 2);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

#define MANY	3000

static void thousands_of_descriptors_are_waited_for(void)
{
	static struct pollfd fds[MANY];
	struct rlimit limit = { 2 * MANY, 2 * MANY };
	static unsigned long set[2 * MANY / 64 + 1];
	int fd[2], status;
	pid_t child;

	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_EQ(pipe(fd), 0);
	for (int i = 0; i < MANY; i++)
		fds[i] = (struct pollfd){ dup(fd[0]), POLLIN, 0 };
	CHECK(fds[MANY - 1].fd >= MANY);
	CHECK_EQ(poll(fds, MANY, 0), 0);
	child = fork();
	if (!child) {
		/* The byte may come while poll() looks at the descriptors: then only the later ones are ready. */
		CHECK(poll(fds, MANY, -1) > 0);
		CHECK_EQ(poll(fds, MANY, 0), MANY);
		CHECK_EQ(fds[MANY / 2].revents, POLLIN);
		_exit(0);
	}
	wait_asleep(child);
	CHECK_EQ(write(fd[1], "x", 1), 1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	for (int i = 0; i < MANY; i++)
		set[fds[i].fd / 64] |= 1UL << fds[i].fd % 64;
	CHECK_EQ(syscall(SYS_select, fds[MANY - 1].fd + 1, set, NULL, NULL, &(struct timeval){ 0 }), MANY);
	CHECK_EQ(read(fd[0], set, 1), 1);
	memset(set, 0xff, sizeof(set));
	/* select() looks only at descriptors below its first argument. */
	CHECK_EQ(syscall(SYS_select, 0, NULL, set, NULL, &(struct timeval){ 0 }), 0);
	memset(set, 0, sizeof(set));
	set[fd[1] / 64] = ~0UL << fd[1] % 64;
	CHECK_EQ(syscall(SYS_select, fd[1] + 1, NULL, set, NULL, &(struct timeval){ 0 }), 1);
	CHECK_EQ(set[fd[1] / 64], 1UL << fd[1] % 64);
}

int main(void)
{
	TAP_TEST(readiness_of_a_pipe);
	TAP_TEST(a_write_end_without_reader_is_an_error);
	TAP_TEST(poll_waits_for_the_event);
	TAP_TEST(poll_times_out);
	TAP_TEST(a_handler_ends_poll_even_with_sa_restart);
	TAP_TEST(stopping_does_not_prolong_poll);
	TAP_TEST(ppoll_swaps_the_mask);
	TAP_TEST(select_tells_the_three_sets);
	TAP_TEST(select_times_out_and_tells_what_is_left);
	TAP_TEST(files_are_always_ready);
	TAP_TEST(a_wakeup_for_nothing_keeps_the_place_in_the_queue);
	TAP_TEST(thousands_of_descriptors_are_waited_for);
	return tap_done();
}
