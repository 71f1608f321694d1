// SPDX-License-Identifier: GPL-2.0-or-later
/* The second release of livepatch-state.c, which see. */
#define STATE_VERSION	2
#include "livepatch-state.c"
