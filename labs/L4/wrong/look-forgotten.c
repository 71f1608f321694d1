/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleepers are left to themselves: "they will pass when they wake up".  A daemon that waits for its next
 * customer may do so in a month; only the safety pass finds it, and says so in the log.
 *
 * mutant: LOOK_FORGOTTEN
 * loses: P3 P4 P9
 * at times: P5 P6 P7 P8 P10
 */
