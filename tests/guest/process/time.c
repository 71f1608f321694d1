/* SPDX-License-Identifier: GPL-2.0-or-later */
/* time.c - clocks, sleeping, interval timers. Upper bounds of times only detect hangs. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include "tap.h"

#define MS	1000000LL

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	/* The system call: C libraries read some clocks without it. */
	if (syscall(SYS_clock_gettime, clock, &ts))
		return -1;
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

static void burn(int64_t ns)
{
	int64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
		for (volatile int i = 0; i < 1000; i++)
			;
}

static void monotonic_clock_never_goes_back(void)
{
	int64_t last = now_ns(CLOCK_MONOTONIC);

	CHECK(last > 0);
	for (int i = 0; i < 20000; i++) {
		int64_t now = now_ns(CLOCK_MONOTONIC);

		CHECK(now >= last);
		last = now;
	}
}

static void real_time_is_in_this_century(void)
{
	struct timeval tv;
	time_t t = syscall(SYS_time, NULL);

	CHECK(t > 1700000000 && t < 4102444800);
	CHECK_EQ(syscall(SYS_gettimeofday, &tv, NULL), 0);
	CHECK(tv.tv_sec >= t && tv.tv_sec <= t + 30);
	CHECK(tv.tv_usec >= 0 && tv.tv_usec < 1000000);
}

static void unknown_clocks_are_refused(void)
{
	struct timespec ts;

	CHECK_ERR(syscall(SYS_clock_gettime, 99, &ts), EINVAL);
	CHECK_ERR(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void *)16), EFAULT);
	CHECK_EQ(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &ts), 0);
	CHECK(ts.tv_sec == 0 && ts.tv_nsec > 0);
	CHECK_ERR(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &ts), EINVAL);
}

static void settime_moves_real_time_only(void)
{
	int64_t real = now_ns(CLOCK_REALTIME), mono = now_ns(CLOCK_MONOTONIC);
	struct timespec ts = timespec_of(real + 3600 * 1000 * MS);

	CHECK_EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
	CHECK(now_ns(CLOCK_REALTIME) >= real + 3600 * 1000 * MS);
	CHECK(now_ns(CLOCK_MONOTONIC) - mono < 1000 * 1000 * MS);
	ts = timespec_of(real + now_ns(CLOCK_MONOTONIC) - mono);
	CHECK_EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
}

static void nanosleep_takes_at_least_its_time(void)
{
	for (int64_t ns = 1; ns <= 50 * MS; ns = ns * 50) {
		struct timespec ts = timespec_of(ns);
		int64_t start = now_ns(CLOCK_MONOTONIC);

		CHECK_EQ(nanosleep(&ts, NULL), 0);
		CHECK(now_ns(CLOCK_MONOTONIC) - start >= ns);
	}
}

static void nanosleep_refuses_bad_times(void)
{
	struct timespec negative = { -1, 0 }, big = { 0, 1000000000 };

	CHECK_ERR(nanosleep(&negative, NULL), EINVAL);
	CHECK_ERR(nanosleep(&big, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_nanosleep, (void *)16, NULL), EFAULT);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void catch(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };

	alarms = 0;
	sigaction(sig, &sa, NULL);
}

static void handler_interrupts_nanosleep_and_tells_the_rest(void)
{
	struct timespec ts = { 1000, 0 }, rest = { 0 };
	int64_t start = now_ns(CLOCK_MONOTONIC), left;

	catch(SIGALRM, SA_RESTART);
	/* The alarm repeats, because the first one may come before the sleep. */
	ualarm(20000, 20000);
	CHECK_ERR(nanosleep(&ts, &rest), EINTR);
	left = rest.tv_sec * 1000 * MS + rest.tv_nsec;
	CHECK(alarms >= 1);
	CHECK(left > 0 && left < 1000000 * MS);
	CHECK(left + (now_ns(CLOCK_MONOTONIC) - start) >= 1000000 * MS);
}

/* A stop and a continue restart the sleep with its old end; the program does not notice. */
static void stop_and_continue_do_not_prolong_a_sleep(void)
{
	int status, stops = 0;
	pid_t child = fork();

	if (!child) {
		struct timespec ts = { 0, 200 * MS };
		int64_t start = now_ns(CLOCK_MONOTONIC);
		int ret = nanosleep(&ts, NULL);
		int64_t took = now_ns(CLOCK_MONOTONIC) - start;

		_exit(ret == 0 && took >= 200 * MS ? 0 : 1);
	}
	/* The loop ends when the sleep is over. If each stop began the sleep anew, the loop would have no end. */
	for (;; stops++) {
		usleep(20000);
		kill(child, SIGSTOP);
		CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
		if (!WIFSTOPPED(status))
			break;
		kill(child, SIGCONT);
	}
	CHECK_EQ(status, 0);
	tap_line("# stopped %d times", stops);
}

static void absolute_sleep_ends_at_its_time(void)
{
	int64_t end = now_ns(CLOCK_MONOTONIC) + 30 * MS;
	struct timespec ts = timespec_of(end), past = { 0, 1 };

	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) >= end);
	end = now_ns(CLOCK_REALTIME) + 30 * MS;
	ts = timespec_of(end);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL), 0);
	CHECK(now_ns(CLOCK_REALTIME) >= end);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL), 0);
}

static void real_itimer_repeats_until_stopped(void)
{
	struct itimerval it = { { 0, 5000 }, { 0, 5000 } }, old;

	catch(SIGALRM, 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	while (alarms < 5)
		pause();
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK(old.it_interval.tv_usec == 5000 && old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 5000);
	memset(&it, 0, sizeof(it));
	CHECK_EQ(setitimer(ITIMER_REAL, &it, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 5000);
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK(!old.it_value.tv_sec && !old.it_value.tv_usec);
	alarms = 0;
	usleep(20000);
	CHECK_EQ(alarms, 0);
}

/* The kernel must stay usable: even the shortest interval may not take all the CPU time. */
static void shortest_interval_leaves_time_to_work(void)
{
	struct itimerval it = { { 0, 1 }, { 0, 1 } };

	catch(SIGALRM, SA_RESTART);
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
	do
		burn(30 * MS);
	while (alarms <= 3);
	memset(&it, 0, sizeof(it));
	CHECK_EQ(setitimer(ITIMER_REAL, &it, NULL), 0);
}

static void cpu_itimers_count_cpu_time(void)
{
	static const int signals[] = { SIGVTALRM, SIGPROF };

	for (int i = 0; i < 2; i++) {
		struct itimerval it = { .it_value = { 0, 20000 } }, zero = { 0 };
		int64_t start;

		catch(signals[i], SA_RESTART);
		/*
		 * Sleep does not count: if it counted, an alarm would come in every round.  On a busy host an alarm may
		 * come in some rounds.
		 */
		do {
			alarms = 0;
			start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
			CHECK_EQ(setitimer(ITIMER_VIRTUAL + i, &it, NULL), 0);
			usleep(60000);
		} while (alarms);
		while (!alarms)
			for (volatile int n = 0; n < 10000; n++)
				;
		/* The timer is exact to one tick. */
		CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - start >= 12 * MS);
		CHECK_EQ(setitimer(ITIMER_VIRTUAL + i, &zero, NULL), 0);
	}
}

static void alarm_returns_the_remaining_time(void)
{
	unsigned int left;

	catch(SIGALRM, 0);

	alarm(1000000);
	left = alarm(2000000);		/* some seconds may have passed on a slow machine */
	CHECK(left > 500000 && left <= 1000000);
	left = alarm(0);
	CHECK(left > 1500000 && left <= 2000000);
	CHECK_EQ(alarm(0), 0);
	CHECK_EQ(alarms, 0);
}

static void itimer_is_not_inherited_by_a_child(void)
{
	struct itimerval it;
	int status;
	pid_t child = fork();

	if (!child)
		_exit(getitimer(ITIMER_REAL, &it) || it.it_value.tv_sec || it.it_value.tv_usec);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void cpu_clocks_stand_still_while_asleep(void)
{
	int64_t thread, process;

	/*
	 * Time that the host takes from our CPU while we run counts as ours, so one measurement may be wrong,
	 * but not every one.
	 */
	do {
		thread = now_ns(CLOCK_THREAD_CPUTIME_ID);
		process = now_ns(CLOCK_PROCESS_CPUTIME_ID);
		usleep(100000);
	} while (now_ns(CLOCK_THREAD_CPUTIME_ID) - thread >= 50 * MS ||
		 now_ns(CLOCK_PROCESS_CPUTIME_ID) - process >= 50 * MS);
	burn(20 * MS);
	CHECK(now_ns(CLOCK_THREAD_CPUTIME_ID) - thread >= 20 * MS);
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - process >= 20 * MS);
}

static void user_time_of_a_child_reaches_its_parent(void)
{
	struct tms before, after;
	int status;
	pid_t child;

	CHECK(times(&before) != (clock_t)-1);
	child = fork();
	if (!child) {
		burn(60 * MS);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(times(&after) != (clock_t)-1);
	CHECK(after.tms_cutime + after.tms_cstime - before.tms_cutime - before.tms_cstime >= 4);
}

static void time_of_children_is_counted(void)
{
	struct rusage usage;
	struct tms before, after;
	pid_t child;

	times(&before);
	child = fork();
	if (child == 0) {
		burn(150 * MS);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, NULL, 0), child);
	times(&after);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &usage), 0);
	CHECK(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec + usage.ru_utime.tv_sec > 0);
	CHECK(after.tms_cutime + after.tms_cstime > before.tms_cutime + before.tms_cstime);
	CHECK_ERR(getrusage(5, &usage), EINVAL);
}

static volatile bool over;

static void *spin(void *unused)
{
	while (!over)
		;
	return NULL;
}

/* Beside another thread, so that ticks and switches come in the middle of a reading. */
static void processor_time_never_goes_back(void)
{
	int64_t mine = 0, all = 0;
	pthread_t other;

	over = false;
	CHECK_EQ(pthread_create(&other, NULL, spin, NULL), 0);
	for (int i = 0; i < 100000; i++) {
		int64_t thread = now_ns(CLOCK_THREAD_CPUTIME_ID), process = now_ns(CLOCK_PROCESS_CPUTIME_ID);

		CHECK(thread >= mine && process >= all);
		mine = thread;
		all = process;
	}
	over = true;
	pthread_join(other, NULL);
}

int main(void)
{
	TAP_TEST(monotonic_clock_never_goes_back);
	TAP_TEST(real_time_is_in_this_century);
	TAP_TEST(unknown_clocks_are_refused);
	TAP_TEST(settime_moves_real_time_only);
	TAP_TEST(nanosleep_takes_at_least_its_time);
	TAP_TEST(nanosleep_refuses_bad_times);
	TAP_TEST(handler_interrupts_nanosleep_and_tells_the_rest);
	TAP_TEST(stop_and_continue_do_not_prolong_a_sleep);
	TAP_TEST(absolute_sleep_ends_at_its_time);
	TAP_TEST(real_itimer_repeats_until_stopped);
	TAP_TEST(shortest_interval_leaves_time_to_work);
	TAP_TEST(cpu_itimers_count_cpu_time);
	TAP_TEST(alarm_returns_the_remaining_time);
	TAP_TEST(itimer_is_not_inherited_by_a_child);
	TAP_TEST(cpu_clocks_stand_still_while_asleep);
	TAP_TEST(user_time_of_a_child_reaches_its_parent);
	TAP_TEST(time_of_children_is_counted);
	TAP_TEST(processor_time_never_goes_back);
	return tap_done();
}
