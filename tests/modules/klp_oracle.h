/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by klp_oracle (the target) and klp_oracle_patch (the patch): the record of
 * what ran.  See klp_oracle.c.
 */
#ifndef KLP_ORACLE_H
#define KLP_ORACLE_H

#include <linux/atomic.h>

struct oracle_record {
	atomic_long_t pairs[2];		/* outer and inner of version 0, of version 1 */
	atomic_long_t mixed;		/* outer of one version called inner of the other */
	atomic_long_t wrong_state;	/* a version ran in a task whose patch_state forbids it */
	atomic_long_t in_interrupt;	/* how often interrupts came through a version */
	atomic_long_t retired;		/* version 1 ran after its patch was gone */
};

extern struct oracle_record oracle_record;
extern int oracle_patch_gone;		/* 1 outside the interval in which version 1 may run */
extern const bool *oracle_in_transition;	/* the core's flag of version 1, while it is there */

/* What lies between the two calls: the ways in which a task can be interrupted there. */
enum oracle_pause { ORACLE_NONE, ORACLE_YIELD, ORACLE_SLEEP, ORACLE_BLOCK, ORACLE_PAUSES };

void oracle_pause(int kind);
/* Checks the rule that ties versions to states, for a function of @version that was entered. */
void oracle_check_state(int version);
void oracle_note_pair(int outer, int inner);

#endif
