/* SPDX-License-Identifier: GPL-2.0-or-later */
/* arch/x86_64/smp.c, whose serialising instruction is the world's: on the host it is slow. */
#include "../../../arch/x86_64/x86.h"
#include "../world.h"
#define cpuid(leaf, sub)	machine_serialise()
#include "../../../arch/x86_64/smp.c"
