/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As klp_any, under a name that force takes for good: see klp_force.c of the guest suites. */
#include "klp_any.h"
