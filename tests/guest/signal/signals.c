/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signals.c - sending and taking signals, the flags of actions, groups. Interrupted calls:
 * signal_calls.c; faults and the frame: signal_frame.c; stops: signal_stop.c.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "handlers.h"
#include "tap.h"

/* ---- sending and taking ------------------------------------------------------------------ */

static void signal_to_self_is_delivered_before_kill_returns(void)
{
	handle(SIGUSR1, count_handler, 0);
	for (int i = 1; i <= 100; i++) {
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		CHECK_EQ(hits, i);
	}
}

static void siginfo_names_sender_and_kind(void)
{
	union sigval value = { .sival_ptr = (void *)0x1234567890 };

	handle_info(SIGUSR1, info_handler, 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(last_info.si_uid, getuid());
	CHECK_EQ(sigqueue(getpid(), SIGUSR1, value), 0);
	CHECK_EQ(last_info.si_code, SI_QUEUE);
	CHECK_EQ(last_info.si_value.sival_ptr, value.sival_ptr);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(last_info.si_code, SI_TKILL);
}

static void blocked_signal_stays_pending_until_unblocked(void)
{
	handle(SIGUSR1, count_handler, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(hits, 0);
	CHECK(pending(SIGUSR1));
	unblock(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK(!pending(SIGUSR1));
}

static void standard_signals_are_pending_once(void)
{
	handle(SIGUSR1, count_handler, 0);
	block(SIGUSR1);
	for (int i = 0; i < 5; i++)
		raise(SIGUSR1);
	unblock(SIGUSR1);
	CHECK_EQ(hits, 1);
}

static int order[8], order_count;

static void order_handler(int sig, siginfo_t *info, void *context)
{
	if (order_count < 8)
		order[order_count++] = sig * 100 + info->si_value.sival_int;
}

static void realtime_signals_queue_in_order(void)
{
	union sigval value;
	int low = SIGRTMIN + 1, high = SIGRTMIN + 2;
	sigset_t both = set_of(low), old;
	struct sigaction sa = { .sa_sigaction = order_handler, .sa_flags = SA_SIGINFO };

	/* The mask allows one handler at a time, so that signals are handled in the order of the calls. */
	sigaddset(&both, high);
	sa.sa_mask = both;
	CHECK_EQ(sigaction(low, &sa, NULL), 0);
	CHECK_EQ(sigaction(high, &sa, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &both, &old), 0);
	for (value.sival_int = 1; value.sival_int <= 3; value.sival_int++) {
		CHECK_EQ(sigqueue(getpid(), high, value), 0);
		CHECK_EQ(sigqueue(getpid(), low, value), 0);
	}
	/* sigwaitinfo() takes the lowest number first, and signals of one number in their order. */
	for (int i = 0; i < 6; i++) {
		siginfo_t info;
		int sig = sigwaitinfo(&both, &info);

		CHECK_EQ(sig, i < 3 ? low : high);
		CHECK_EQ(info.si_value.sival_int, i % 3 + 1);
	}
	CHECK(!pending(low) && !pending(high));
}

static void queue_of_realtime_signals_is_limited(void)
{
	struct rlimit limit = { 10, 10 };
	union sigval value = { 0 };

	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
	block(SIGRTMIN + 3);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 3, value), 0);
	CHECK_ERR(sigqueue(getpid(), SIGRTMIN + 3, value), EAGAIN);
}

static void ignored_signal_is_dropped(void)
{
	handle(SIGUSR1, SIG_IGN, 0);
	raise(SIGUSR1);
	block(SIGUSR1);
	raise(SIGUSR1);
	CHECK(pending(SIGUSR1));
	/* A new "ignore" discards a pending signal. */
	handle(SIGUSR1, SIG_IGN, 0);
	CHECK(!pending(SIGUSR1));
}

#define NOBODY	0x3fffffff	/* larger than any process number */

static void bad_arguments_are_refused(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_ERR(kill(NOBODY, 0), ESRCH);
	CHECK_ERR(kill(-NOBODY, 0), ESRCH);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGKILL, &sa, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR1, &sa, NULL, 16), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigprocmask, 7, &sa.sa_mask, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8), -1);
	CHECK_EQ(errno, EFAULT);
}

static void other_users_may_not_be_signalled(void)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child == 0) {
		if (setuid(1000))
			_exit(1);
		if (kill(parent, SIGUSR1) != -1 || errno != EPERM)
			_exit(2);
		if (kill(getpid(), 0))
			_exit(3);
		/* SIGCONT is allowed within a session. */
		if (kill(parent, SIGCONT))
			_exit(4);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* ---- flags of actions -------------------------------------------------------------------- */

static volatile sig_atomic_t depth, max_depth;

static void nest_handler(int sig)
{
	if (++depth > max_depth)
		max_depth = depth;
	if (++hits < 3)
		raise(sig);
	depth--;
}

static void handler_is_not_entered_twice_unless_nodefer(void)
{
	handle(SIGUSR1, nest_handler, 0);
	raise(SIGUSR1);
	CHECK_EQ(hits, 3);
	CHECK_EQ(max_depth, 1);
	hits = max_depth = 0;
	handle(SIGUSR1, nest_handler, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(hits, 3);
	CHECK_EQ(max_depth, 3);
}

static void resethand_is_for_one_signal(void)
{
	struct sigaction sa;

	handle(SIGUSR1, count_handler, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
}

/* ---- groups ------------------------------------------------------------------------------ */

static void kill_reaches_every_member_of_a_group(void)
{
	pid_t first = 0, child[4];
	int status;

	for (int i = 0; i < 4; i++) {
		child[i] = fork();
		if (child[i] == 0)
			for (;;)
				pause();
		CHECK_EQ(setpgid(child[i], first), 0);
		if (!first)
			first = child[0];
		CHECK_EQ(getpgid(child[i]), first);
	}
	CHECK_EQ(kill(-first, SIGTERM), 0);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(waitpid(-first, &status, 0) > 0, 1);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	}
	CHECK_ERR(kill(-first, 0), ESRCH);
}

static void death_by_default_action_is_reported(void)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
				      SIGVTALRM, SIGPROF, SIGIO, SIGSYS };
	int status;

	for (unsigned i = 0; i < sizeof(deadly) / sizeof(*deadly); i++) {
		pid_t child = fork();

		if (child == 0) {
			signal(deadly[i], SIG_DFL);
			kill(getpid(), deadly[i]);
			_exit(0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), deadly[i]);
	}
}

/* Many senders queue many signals: every queued signal arrives. */
static void queued_signals_from_many_senders_all_arrive(void)
{
	sigset_t set = set_of(SIGRTMIN + 4);
	pid_t parent = getpid();
	int senders = 4, each = 200, got = 0;

	block(SIGRTMIN + 4);
	for (int i = 0; i < senders; i++) {
		if (fork() == 0) {
			union sigval value = { .sival_int = i };

			for (int n = 0; n < each; n++)
				while (sigqueue(parent, SIGRTMIN + 4, value) && errno == EAGAIN)
					sched_yield();
			_exit(0);
		}
	}
	while (got < senders * each) {
		struct timespec limit = { 20, 0 };
		int sig = sigtimedwait(&set, NULL, &limit);

		if (sig < 0 && errno == EINTR)
			continue;
		CHECK_EQ(sig, SIGRTMIN + 4);
		got++;
	}
	CHECK(!pending(SIGRTMIN + 4));
	while (wait(NULL) > 0)
		;
}

int main(void)
{
	TAP_TEST(signal_to_self_is_delivered_before_kill_returns);
	TAP_TEST(siginfo_names_sender_and_kind);
	TAP_TEST(blocked_signal_stays_pending_until_unblocked);
	TAP_TEST(standard_signals_are_pending_once);
	TAP_TEST(realtime_signals_queue_in_order);
	TAP_TEST(queue_of_realtime_signals_is_limited);
	TAP_TEST(ignored_signal_is_dropped);
	TAP_TEST(bad_arguments_are_refused);
	TAP_TEST(other_users_may_not_be_signalled);
	TAP_TEST(handler_is_not_entered_twice_unless_nodefer);
	TAP_TEST(resethand_is_for_one_signal);
	TAP_TEST(kill_reaches_every_member_of_a_group);
	TAP_TEST(death_by_default_action_is_reported);
	TAP_TEST(queued_signals_from_many_senders_all_arrive);
	return tap_done();
}
