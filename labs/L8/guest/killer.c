/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Linked into a server whose files are compiled with -fsanitize-coverage=trace-pc: the server dies at the KILL_AT-th basic block that it enters, as after `kill -9`.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static long left = -1;

__attribute__((constructor)) static void arm(void)
{
	const char *at = getenv("KILL_AT");

	left = at ? atol(at) : 0;
}

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	if (left > 0 && --left == 0)
		kill(getpid(), SIGKILL);
}
