/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleeping tasks are not looked at: "they will pass when they wake up". A daemon that waits for a request may wake up
 * a month later; only the safety pass finds it, and logs a line.
 *
 * mutant: LOOK_FORGOTTEN
 * loses: P3 P4 P9 P11
 * at times: P5 P6 P7 P8 P10
 */
