/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_pass under another name, for two patches at once. */
#include "klp_pass.c"
