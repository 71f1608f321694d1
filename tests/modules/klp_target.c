/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_target - a module that tests patch: see klp_target.h. */
#include "klp_target.h"
