/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Version 1 of the patch in klp_late_patch.h. */
#define LATE_VERSION	1
#include "klp_late_patch.h"
