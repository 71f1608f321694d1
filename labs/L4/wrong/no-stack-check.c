/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task is switched when it is met, whatever its stack holds: "it is asleep, so it does nothing".  It
 * wakes up in the old function, and calls new ones from there.
 *
 * mutant: NO_STACK_CHECK
 * loses: P5 P10
 * at times: P3 P4 P6 P7 P8
 */
