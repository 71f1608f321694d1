/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The return address is compared, instead of the call before it. If a call is the last instruction of a function, it
 * is judged as a place in the next function.
 *
 * mutant: RETURN_JUDGED
 * loses: P5
 */
