/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The idle task of a busy CPU stands below its loop, in a function that may be patched.  It leaves only if
 * somebody makes the CPU run it once.
 *
 * mutant: IDLE_NOT_RUN
 * loses: P8
 * at times: P3 P4
 */
