/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions that the new patch does not have stay unchanged: the functions of the old patch still run after the
 * kernel has reported that the old patch is gone.
 *
 * mutant: NO_NOPS
 * loses: P6 P7 P10
 * at times: P8
 */
