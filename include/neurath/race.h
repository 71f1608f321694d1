/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Searching for races: race_point() marks a place between two steps that others
 * may see.  With race=SEED on the command line of a debug build, a CPU that comes
 * to one waits there now and then for a random time, so that rare interleavings
 * become frequent ones.  race=SEED,N: at every N-th point on average (16).
 * race=SEED,N,FUNCTION: only at the points in FUNCTION, and for long, to widen
 * one known window without slowing everything else.
 *
 * Any context, any locks held; it takes none and never sleeps.
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

/* Reads the command line. */
void race_init(void);

#endif
