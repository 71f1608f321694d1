/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forbidden functions are computed when the transition begins, and kept when it is reversed. But in the other
 * direction tasks leave other functions: the look searches for the wrong functions.
 *
 * mutant: STALE_RANGES
 * loses: P5
 * at times: P3 P4 P6 P8
 */
