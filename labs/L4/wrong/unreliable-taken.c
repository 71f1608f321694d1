/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk reports that the stack is unreliable, and the code uses its list nevertheless: the part of the stack that
 * was walked had no forbidden function. The next word might have one.
 *
 * mutant: UNRELIABLE_TAKEN
 * loses: P5
 * at times: P8
 */
