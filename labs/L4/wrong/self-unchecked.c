/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task that calls schedule() is switched without a look at its own stack, as if schedule() were a safe
 * place.  It is one for the CPU; the task may be in the middle of anything.
 *
 * mutant: SELF_UNCHECKED
 * loses: P5
 * at times: P3 P4 P6 P7 P8 P10
 */
