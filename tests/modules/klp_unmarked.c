/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_any without the mark of a livepatch module. */
#define ANY_UNMARKED
#include "klp_any.h"
