/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Search for races: race_point() marks a place between two steps whose intermediate state other
 * CPUs may see.  With race=SEED on the command line of a debug build, a CPU that reaches a point
 * sometimes waits there for a random time, so that rare interleavings become frequent.
 * race=SEED,N: at every N-th point on average (16). race=SEED,N,FUNCTION: only at the points in
 * FUNCTION, and longer, to widen one known window without slowing down the rest.
 *
 * With the word race_timer as well, timer interrupts come early, at random moments.  That is
 * harmless, and changes what they interrupt, and in a single-threaded emulator which CPU runs next.
 *
 * Any context, any locks held; it takes no lock and does not sleep.
 */
#ifndef NEURATH_RACE_H
#define NEURATH_RACE_H

#include <neurath/types.h>

extern unsigned race_one_in;		/* 0 = off; set once at boot */
void race_delay(void);

static __always_inline void race_point(void)
{
	if (CONFIG_DEBUG && unlikely(READ_ONCE(race_one_in)))
		race_delay();
}

extern bool race_timer;			/* set once at boot */
u64 race_early(u64 deadline);

/* When the timer is to be programmed that shall fire at @deadline. (interrupts off) */
static __always_inline u64 race_deadline(u64 deadline)
{
	return CONFIG_DEBUG && unlikely(race_timer) ? race_early(deadline) : deadline;
}

/* Reads the command line. */
void race_init(void);

#endif
