/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The record of the versions that ran, shared by klp_oracle (the target) and klp_oracle_patch
 * (the patch). See klp_oracle.c.
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
	atomic_long_t turned_twice;	/* a task changed over twice in one direction */
	atomic_long_t left_behind;	/* version 0 ran after all tasks had left it */
	atomic_long_t stateless;	/* a task without state ran a version in transition */
	atomic_long_t irq_mixed;	/* an interrupt mixed versions, or the interrupted task changed over */
};

extern struct oracle_record oracle_record;
extern int oracle_patch_gone;		/* 1 outside the interval in which version 1 may run */
extern int oracle_settled;		/* 1 while version 0 must not run */
extern int oracle_turns;		/* grows with each direction; odd while one may begin (I2) */
extern const bool *oracle_in_transition;	/* the core's flag of version 1, while it is there */

/* The pause between the two calls: each value is a way in which a task can be interrupted there. */
enum oracle_pause { ORACLE_NONE, ORACLE_YIELD, ORACLE_SLEEP, ORACLE_BLOCK, ORACLE_PAUSES };

void oracle_pause(int kind);
/* Checks what must hold when a function of @version is entered. */
void oracle_check_state(int version);
/* Checks what must hold when a function of @version continues after a pause. */
void oracle_check_still(int version);
void oracle_note_pair(int outer, int inner);
/* Records that an interrupt ran @outer, which called @inner, and that the task had @state before. */
void oracle_note_interrupt(int outer, int inner, int state);

#endif
