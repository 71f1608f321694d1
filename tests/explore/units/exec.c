/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/exec/exec.c; of it the world calls what touches a transition. */
#include "../world.h"
#include "../../../kernel/exec/exec.c"

void world_become_leader(void)
{
	exec_become_leader(current->process);
}
