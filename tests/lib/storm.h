/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storm.h - storms during system calls: storms of kicks, from a transition of live patching that is
 * reversed and signalled repeatedly, and storms of ordinary signals. storm_passed() counts them, so a
 * test continues until enough of them have come, and does not depend on time.
 */
#ifndef TESTS_STORM_H
#define TESTS_STORM_H

#include <sys/mman.h>
#include <sys/time.h>
#include "klp_load.h"
#include "tap.h"

enum storm { STORM_NONE, STORM_KICKS, STORM_SIGNALS, STORM_RESTARTED, STORMS };

static const char *const storm_names[STORMS] = {
	"no storm", "kicks", "signals", "signals with SA_RESTART"
};

struct storm_shared {
	volatile unsigned long kicks;
	volatile int end;
};
static struct storm_shared *storm_shared;
static volatile unsigned long storm_hits;
static pid_t storm_child, storm_blockers[2];

static inline void storm_handler(int sig)
{
	storm_hits++;
}

/* Every task sleeps in schedule(), so each reversal makes all tasks pending again. */
static inline void storm_of_kicks(void)
{
	const char *turn = "0";

	while (!storm_shared->end) {
		CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
		CHECK_EQ(klp_write(PASS, "enabled", turn), 0);
		turn = *turn == '0' ? "1" : "0";
		storm_shared->kicks++;
	}
	if (*turn == '1')
		CHECK_EQ(klp_write(PASS, "enabled", "1"), 0);
}

static inline void storm_stop(void)
{
	raise(SIGSTOP);
}

static inline pid_t storm_start_stopped(void)
{
	pid_t pid = load_start(storm_stop);

	CHECK_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	return pid;
}

static inline void storm_start_kicks(void)
{
	storm_shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(storm_shared != MAP_FAILED);
	klogctl(8, NULL, 1);	/* messages go to the log only, not to the console */
	/* Stopped tasks are not kicked: one in an old and one in a new version keep the transition open. */
	storm_blockers[0] = storm_start_stopped();
	CHECK_EQ(pass_insmod("schedule,sched_switch,sched_hand_over", ""), 0);
	storm_blockers[1] = storm_start_stopped();
	CHECK_EQ(patch_state(storm_blockers[0]), 0);
	CHECK_EQ(patch_state(storm_blockers[1]), 1);
	storm_child = load_start(storm_of_kicks);
}

static inline void storm_start_signals(int flags)
{
	struct sigaction action = { .sa_handler = storm_handler, .sa_flags = flags };
	struct itimerval every = { { 0, 300 }, { 0, 300 } };

	CHECK_EQ(sigaction(SIGALRM, &action, NULL), 0);
	alarm(0);
	CHECK_EQ(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static inline void storm_start(enum storm kind)
{
	if (kind == STORM_KICKS)
		storm_start_kicks();
	else if (kind != STORM_NONE)
		storm_start_signals(kind == STORM_RESTARTED ? SA_RESTART : 0);
}

static inline unsigned long storm_passed(enum storm kind)
{
	return kind == STORM_KICKS ? storm_shared->kicks : storm_hits;
}

static inline void storm_end(enum storm kind)
{
	struct itimerval never = { 0 };

	if (kind == STORM_KICKS) {
		int status;

		storm_shared->end = 1;
		CHECK_EQ(waitpid(storm_child, &status, 0), storm_child);
		CHECK_EQ(status, 0);
		load_end(storm_blockers, 2);
		pass_settle();
		pass_unload();
		klogctl(8, NULL, 7);
		check_log_is_clean();
	} else if (kind != STORM_NONE) {
		CHECK_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
	}
}

#endif
