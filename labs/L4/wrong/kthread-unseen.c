/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel thread that was created and not started yet never passes anywhere, and nobody looks at it again:
 * its creator must do so.  Fork is thought of, and this is not.
 *
 * mutant: KTHREAD_UNSEEN
 * loses: P8
 */
