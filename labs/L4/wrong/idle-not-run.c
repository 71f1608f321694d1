/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The idle task of a busy CPU is below its loop, in a function that may be patched. It leaves this function only if
 * the CPU is made to run it once.
 *
 * mutant: IDLE_NOT_RUN
 * loses: P8
 * at times: P3 P4
 */
