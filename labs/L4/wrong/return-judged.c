/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The return address is compared, and not the call before it.  A call as the last instruction of a
 * function is then judged as a place in the next one.
 *
 * mutant: RETURN_JUDGED
 * loses: P5
 */
