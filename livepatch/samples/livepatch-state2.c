// SPDX-License-Identifier: GPL-2.0-or-later
/* The second release of livepatch-state.c: the same source, which understands version 2. */
#define STATE_VERSION	2
#include "livepatch-state.c"
