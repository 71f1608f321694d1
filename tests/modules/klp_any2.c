/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_any2 - a patch that its module parameters describe: see klp_any.h. */
#include "klp_any.h"
