/* SPDX-License-Identifier: GPL-2.0-or-later */
/* end.c - the end of the table .kpatch.funcs: linked last. */
#include "table.h"

struct kpatch_patch_func kpatch_table_end[0] __attribute__((section(".kpatch.funcs"), used));
