/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A module to be patched: see klp_target.h. */
#include "klp_target.h"
