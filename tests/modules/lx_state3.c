/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lx_state3 - lx_state2 under another name: the same version may take over from itself, too. */

#include "lx_state2.c"
