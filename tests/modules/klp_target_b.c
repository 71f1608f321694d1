/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A second module to be patched, of the same functions: see klp_target.h. */
#include "klp_target.h"
