/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forbidden functions are computed when the transition begins, and kept when it is turned round.  But
 * the other direction leaves other functions: it looks for the wrong ones.
 *
 * mutant: STALE_RANGES
 * loses: P5
 * at times: P3 P4 P6 P8
 */
