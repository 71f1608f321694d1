/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every task that is met changes over, with any stack: "it is asleep, so it does nothing". The task wakes up in the
 * old function, and calls new functions from there.
 *
 * mutant: NO_STACK_CHECK
 * loses: P5 P10
 * at times: P3 P4 P6 P7 P8
 */
