/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel thread that was created and not started yet never passes a point of judgement, and no other task looks at
 * it: its creator must do this. The student thought of fork, and forgot this case.
 *
 * mutant: KTHREAD_UNSEEN
 * loses: P8 P11
 */
