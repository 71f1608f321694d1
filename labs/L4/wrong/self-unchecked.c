/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task that calls schedule() changes over without a look at its own stack, as if schedule() were a safe place. It
 * is a safe place for the CPU; but the task may have any functions on its stack.
 *
 * mutant: SELF_UNCHECKED
 * loses: P5
 * at times: P3 P4 P6 P7 P8 P10
 */
