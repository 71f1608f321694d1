/* SPDX-License-Identifier: GPL-2.0-or-later */
/* begin.c - the beginning of the table .kpatch.funcs: linked first. */
#include "table.h"

struct kpatch_patch_func kpatch_table[0] __attribute__((section(".kpatch.funcs"), used));
