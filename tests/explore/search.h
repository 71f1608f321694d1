/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between hooks.c, which runs at each scheduling point, and search.c, which decides.
 *
 * A schedule is a list of choices; where none is made, a CPU goes on until it cannot.  Points are
 * numbered from the start of a schedule, so that the list alone is enough to run it again.
 */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include <neurath/types.h>

#define CHOICES_MAX	24
#define POINTS_MAX	(1u << 16)	/* where a depth-first search may choose, in one schedule */
#define STORES_MAX	8		/* in a store buffer */

/*
 * At point @at the CPU @to goes on; @late of the last stores of the CPU that waits are not seen.
 * Slow: the CPU that waits only serves interrupts, until no other CPU can go on.
 */
struct choice {
	u32 at;
	u8 to;
	u8 late;
	bool slow;
};

struct point {
	u32 at;
	u8 cpu;
	bool irqs_on;
};

/* Outlives schedules: allocated by mmap(). */
struct search {
	/* What this schedule does. */
	struct choice plan[CHOICES_MAX];
	unsigned planned;
	bool exact;			/* at the very points; else at the next that matters */
	bool tso;
	u64 seed;
	struct { unsigned long start, end; } in[8];	/* choices only at points of this text */
	unsigned nr_in;
	unsigned hold_one_in;		/* interrupts come late, now and then: 0 = never */

	/* What it did. */
	struct choice done[CHOICES_MAX];
	unsigned nr_done, next;
	u32 points, turn_began;
	char violated[400];
	bool verbose;

	/* For a depth-first search: where choices were possible after the last one. */
	bool collect;
	struct point *point;
	unsigned nr_points;
	/* The last choice: would it have been the same one point later? */
	unsigned watched_cpu;
	unsigned long watched;
	bool slow;
	bool watched_write, watching, conflict, watched_irqs_on;

	/* Who has ever used each 8 bytes of the world: by CPU and in or out of interrupts. */
	u16 *users;
	u64 hold_seed;
	u64 runs_done, runs_max, points_done, deadline;
	u32 usual_points;		/* of a schedule */
	u32 limit;			/* points, before a schedule is said not to end */
};
extern struct search *const search;
extern char *const world_start;
extern unsigned long world_size;

#endif
