/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface between hooks.c, which runs at each scheduling point, and search.c, which decides.
 *
 * A schedule is a list of choices.  Without a choice, a CPU runs as long as it can.  Points are
 * numbered from the start of a schedule, so the list is enough to repeat the schedule.
 */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include <neurath/types.h>

#define CHOICES_MAX	24
#define POINTS_MAX	(1u << 16)	/* points of one schedule at which a depth-first search may choose */
#define STORES_MAX	8		/* in a store buffer */

/*
 * At point @at the CPU @to continues; other CPUs do not see @late of the last stores of the waiting CPU.
 * Slow: the waiting CPU only serves interrupts, until no other CPU can continue.
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

/* Lives longer than a schedule: allocated by mmap(). */
struct search {
	/* The plan of this schedule. */
	struct choice plan[CHOICES_MAX];
	unsigned planned;
	bool exact;			/* choices are made at exactly these points; else at the next access to shared memory */
	bool tso;
	u64 seed;
	struct { unsigned long start, end; } in[8];	/* choices only at points of this text */
	unsigned nr_in;
	unsigned hold_one_in;		/* one interrupt in so many comes late: 0 = none */

	/* The result of this schedule. */
	struct choice done[CHOICES_MAX];
	unsigned nr_done, next;
	u32 points, turn_began;
	char violated[400];
	bool verbose;

	/* For a depth-first search: the points after the last choice at which a choice was possible. */
	bool collect;
	struct point *point;
	unsigned nr_points;
	/* Would the last choice have the same effect one point later? */
	unsigned watched_cpu;
	unsigned long watched;
	bool slow;
	bool watched_write, watching, conflict, watched_irqs_on;

	/* The users of each 8 bytes of the world: by CPU, and in or out of interrupts. */
	u16 *users;
	u64 hold_seed;
	u64 runs_done, runs_max, points_done, deadline;
	u32 usual_points;		/* of a schedule */
	u32 limit;			/* points after which a schedule counts as endless */
};
extern struct search *const search;
extern char *const world_start;
extern unsigned long world_size;

#endif
