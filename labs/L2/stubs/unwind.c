/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Until it is written, no stack can be believed: every patch waits for every sleeper. */
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
