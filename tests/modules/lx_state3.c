/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lx_state3 - lx_state2 under another name: a patch may also take over a state of the same version. */

#include "lx_state2.c"
