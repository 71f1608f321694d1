/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_target_b - a second module with the same functions, which tests patch: see klp_target.h. */
#include "klp_target.h"
