/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the new patch does not have is left as it is: the functions of the old patch go on running, after the patch was said
 * to be gone.
 *
 * mutant: NO_NOPS
 * loses: P6 P7 P10
 * at times: P8
 */
