/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A patch that its parameters describe: see klp_any.h. */
#include "klp_any.h"
