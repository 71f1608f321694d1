/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_forced - klp_any under another name, for a patch that force keeps loaded until reboot: see klp_force.c. */
#include "klp_any.h"
