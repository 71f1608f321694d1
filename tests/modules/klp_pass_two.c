/* SPDX-License-Identifier: GPL-2.0-or-later */
/* klp_pass_two - klp_pass under another name, so that both can be loaded at the same time. */
#include "klp_pass.c"
