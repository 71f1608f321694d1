/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reversal sets the flags first, and then the new target. A task that passes between the two steps sees its flag,
 * reads the old target, and is counted although it is not at the new target.
 *
 * mutant: FLIP_AFTER_FLAGS
 * loses: P5 P10
 * at times: P3 P4 P6 P8 P9
 */
