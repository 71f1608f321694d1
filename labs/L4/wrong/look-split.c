/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flag is tested, then interrupts are turned off, then the stack is judged. Between the first two steps the
 * transition may be reversed twice: the flag belongs to one direction, and the ranges to another.
 *
 * mutant: LOOK_SPLIT
 * loses: P6
 * at times: P3 P4
 */
