/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch with a lower version of a state is accepted: the test asks whether the state is known, and does not compare
 * versions. The patch runs on data that a newer patch has changed.
 *
 * mutant: DOWNGRADE
 * loses: P5 P10
 */
