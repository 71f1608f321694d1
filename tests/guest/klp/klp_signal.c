/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_signal.c - the fake signal is invisible. Programs sleep in every kind of call, while
 * schedule() on their stacks is patched. They leave the call and restart it, many times, and see
 * no effect: no EINTR, no short count, no early or late return, no second child, no handler.
 *
 * Not tested: a write to a full pipe that has moved some bytes. It may return their number.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/select.h>
#include <sys/mman.h>
#include "klp_load.h"
#include "asleep.h"
#include "klp_text.h"

#define FUTEX_WAIT	0
#define FUTEX_WAKE	1

/*
 * Each sleeper has its own pipe: a byte in the pipe ends the sleep. A futex sleeper has a word in
 * shared memory instead. Each needs its own word, because a kicked sleeper queues again behind others.
 */
static int gate[2];
static int *words;

struct sleeper {
	const char *name;
	int (*body)(void);		/* runs in the child; returns 0 if the call was correct */
	pid_t pid;
	int gate_write, gate_read;
};

static uint64_t started_us;

static int slept_at_least(long ms)
{
	return now_us() - started_us >= (uint64_t)ms * 1000 ? 0 : 1;
}

/* ---- the sleepers: each ends through its pipe or word, or after its own time -------- */

static int in_read(void)
{
	char c;

	return read(gate[0], &c, 1) == 1 ? 0 : errno;
}

static int in_poll(void)
{
	struct pollfd p = { .fd = gate[0], .events = POLLIN };

	return poll(&p, 1, -1) == 1 ? 0 : errno;
}

static int in_poll_with_time(void)
{
	struct pollfd p = { .fd = gate[0], .events = POLLIN };

	return poll(&p, 1, 1000000) == 1 ? 0 : errno;
}

static int in_ppoll(void)
{
	struct pollfd p = { .fd = gate[0], .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	return ppoll(&p, 1, NULL, &none) == 1 ? 0 : errno;
}

static int in_select(void)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(gate[0], &set);
	return select(gate[0] + 1, &set, NULL, NULL, NULL) == 1 ? 0 : errno;
}

static int in_wait4(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		char c;

		_exit(read(gate[0], &c, 1) == 1 ? 7 : 1);
	}
	return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7 ? 0 : errno;
}

static int in_futex(void)
{
	return syscall(SYS_futex, &words[0], FUTEX_WAIT, 0, NULL, NULL, 0) == 0 ? 0 : errno;
}

static int in_futex_with_time(void)
{
	struct timespec t = { .tv_sec = 1000 };

	return syscall(SYS_futex, &words[1], FUTEX_WAIT, 0, &t, NULL, 0) == 0 ? 0 : errno;
}

static int in_nanosleep(void)
{
	struct timespec t = { .tv_nsec = 900 * 1000000 };

	return nanosleep(&t, NULL) == 0 ? slept_at_least(900) : errno;
}

static int in_clock_nanosleep(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec++;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0 ? slept_at_least(1000) : 1;
}

static int in_mutex(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	struct timespec t;

	pthread_mutex_lock(&mutex);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec++;
	return pthread_mutex_timedlock(&mutex, &t) == ETIMEDOUT ? slept_at_least(900) : 1;
}

#define PIPE_ROOM	65536

/* The pipe is full, so the second write has moved no byte when the kick comes. */
static int in_write(void)
{
	static char page[PIPE_ROOM];

	if (write(gate[1], page, PIPE_ROOM) != PIPE_ROOM)
		return 1;
	return write(gate[1], page, 100) == 100 ? 0 : errno;
}

/* There is exactly one child. It uses the memory of the parent until it is released. */
static int in_vfork(void)
{
	static volatile int children;
	pid_t pid;
	char c;

	pid = vfork();
	if (pid == 0) {
		children++;
		_exit(read(gate[0], &c, 1) == 1 ? 5 : 6);
	}
	return children == 1 && waitpid(pid, NULL, 0) == pid ? 0 : errno + 100;
}

static volatile sig_atomic_t handled;

static void count_signal(int sig)
{
	handled++;
}

/* Only a signal with a handler ends pause(). */
static int in_pause(void)
{
	return pause() == -1 && errno == EINTR && handled == 1 ? 0 : 1;
}

static int in_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	return sigsuspend(&none) == -1 && errno == EINTR && handled == 1 ? 0 : 1;
}

static int in_sigtimedwait(void)
{
	struct timespec t = { .tv_sec = 1000 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigtimedwait(&set, NULL, &t) == SIGUSR1 ? 0 : errno;
}

#define SLEEPER(title, function)	{ .name = title, .body = function }
static struct sleeper sleepers[] = {
	SLEEPER("read", in_read), SLEEPER("poll", in_poll), SLEEPER("poll with a time", in_poll_with_time), SLEEPER("ppoll", in_ppoll),
	SLEEPER("select", in_select), SLEEPER("wait4", in_wait4), SLEEPER("futex", in_futex),
	SLEEPER("futex with a time", in_futex_with_time), SLEEPER("nanosleep", in_nanosleep),
	SLEEPER("clock_nanosleep", in_clock_nanosleep), SLEEPER("mutex with a time", in_mutex), SLEEPER("write", in_write),
	SLEEPER("vfork", in_vfork), SLEEPER("pause", in_pause), SLEEPER("sigsuspend", in_sigsuspend),
	SLEEPER("sigtimedwait", in_sigtimedwait),
};
#define NR_SLEEPERS	((int)(sizeof(sleepers) / sizeof(sleepers[0])))

static void start_sleeper(struct sleeper *s)
{
	int to_child[2];

	CHECK_EQ(pipe(to_child), 0);
	s->pid = fork();
	CHECK(s->pid >= 0);
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGUSR1, count_signal);
		gate[0] = to_child[0];
		gate[1] = to_child[1];
		started_us = now_us();
		_exit(s->body());
	}
	s->gate_write = to_child[1];
	s->gate_read = to_child[0];
}

static void drain(int fd, size_t bytes)
{
	static char buf[4096];

	while (bytes) {
		ssize_t n = read(fd, buf, bytes < sizeof(buf) ? bytes : sizeof(buf));

		CHECK(n > 0);
		bytes -= (size_t)n;
	}
}

static void release(struct sleeper *s)
{
	if (s->body == in_futex || s->body == in_futex_with_time) {
		wait_blocked(s->pid);	/* after the kick: a wake-up reaches only tasks that wait */
		CHECK_EQ(syscall(SYS_futex, &words[s->body != in_futex], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	} else if (s->body == in_write) {
		drain(s->gate_read, PIPE_ROOM + 100);
	} else if (s->body == in_pause || s->body == in_sigsuspend || s->body == in_sigtimedwait) {
		CHECK_EQ(kill(s->pid, SIGUSR1), 0);
	} else if (s->body != in_nanosleep && s->body != in_clock_nanosleep && s->body != in_mutex) {
		CHECK_EQ(write(s->gate_write, "x", 1), 1);
	}
}

static void check_sleeper(struct sleeper *s)
{
	int status;

	release(s);
	CHECK_EQ(waitpid(s->pid, &status, 0), s->pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		CHECK_FAIL("%s saw the kick: status %#x (4 = EINTR)", s->name, status >> 8);
	close(s->gate_write);
	close(s->gate_read);
}

/* Kicks move all sleepers from the old schedule() to the new one and back, several times. */
static void no_sleeping_call_notices_a_kick(void)
{
	for (int i = 0; i < NR_SLEEPERS; i++)
		start_sleeper(&sleepers[i]);
	for (int i = 0; i < NR_SLEEPERS; i++)
		wait_blocked(sleepers[i].pid);
	for (int round = 0; round < 4; round++) {
		CHECK_EQ(pass_insmod("schedule", ""), 0);
		CHECK_EQ(klp_read(PASS, "transition"), 1);
		pass_settle();
		for (int i = 0; i < NR_SLEEPERS; i++)
			CHECK(patch_state(sleepers[i].pid) == -1);
		pass_unload();
	}
	for (int i = 0; i < NR_SLEEPERS; i++)
		check_sleeper(&sleepers[i]);
}

/* ---- the automatic signal, after its period ----------------------------------------- */

static void automatic_signal_comes_and_is_logged_once(void)
{
	pid_t sleeper = load_start(load_sleep);
	const char *line;

	wait_asleep(sleeper);
	klp_log_clear();
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "100"), 0);
	CHECK_EQ(pass_insmod("schedule", ""), 0);
	klp_wait(PASS);
	line = strstr(klp_log_lines(), "signaling remaining tasks\n");
	CHECK(line != NULL);
	CHECK(strstr(line + 1, "signaling remaining tasks\n") == NULL);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "0"), 0);
	CHECK_EQ(klp_write(PASS, "enabled", "0"), 0);
	nap(300000);
	CHECK_EQ(klp_read(PASS, "transition"), 1);	/* period 0: no automatic signal */
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "50"), 0);
	klp_wait_gone(PASS);				/* the new period counts from now */
	CHECK_EQ(rmmod(PASS), 0);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "15000"), 0);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "3600001"), EINVAL);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_safety_period_ms", "0"), EINVAL);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_safety_period_ms", "3600001"), EINVAL);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_safety_period_ms", "1000"), 0);
	load_end(&sleeper, 1);
}

static void nothing_was_complained_about(void)
{
	check_log_is_clean();
}

int main(void)
{
	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(words != MAP_FAILED);
	klp_text_remember();
	TAP_TEST(no_sleeping_call_notices_a_kick);
	TAP_TEST(automatic_signal_comes_and_is_logged_once);
	TAP_TEST(nothing_was_complained_about);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
