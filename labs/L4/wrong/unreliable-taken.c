/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk says "I do not know", and the code reads the list all the same: what was seen of the stack held
 * nothing forbidden.  The next word might have.
 *
 * mutant: UNRELIABLE_TAKEN
 * loses: P5
 * at times: P8
 */
