/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flag is tested, then interrupts are switched off, then the stack is judged.  In between the transition
 * may have been turned round twice: the flag was one direction's, the ranges are another's.
 *
 * mutant: LOOK_SPLIT
 * loses: P6
 * at times: P3 P4
 */
