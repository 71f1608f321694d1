/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every stack is reported as unreliable: every patch waits for every sleeping task. */
/* splice: arch/x86_64/unwind.c */
notrace enum unwind_reason unwind_reliable(struct task *task, unsigned long *entries, unsigned *n)
{
	/* L2: yours, see labs/L2/README.md */
	*n = 0;
	return UNWIND_BAD_END;
}

static notrace enum unwind_reason unwind_step(struct unwind *u, bool *done)
{
	/* L2: yours, see labs/L2/README.md */
	return UNWIND_BAD_FRAME;
}
