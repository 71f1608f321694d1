/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch with a lower version of a state is accepted: the test asks whether the state is known, and not how well.  It
 * runs on data that a newer one has changed.
 *
 * mutant: DOWNGRADE
 * loses: P5 P10
 */
