/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reversal sets the flags first, and the new target then.  A task that passes in between sees its flag,
 * reads the old target, and is counted as having arrived where nobody wants it.
 *
 * mutant: FLIP_AFTER_FLAGS
 * loses: P5 P10
 * at times: P3 P4 P6 P8 P9
 */
