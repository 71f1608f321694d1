/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutants: builds with one check, barrier or rule of live patching removed, in
 * which a named test must turn red.  `make kernel MUTANT=NAME` sets CONFIG_MUTANT;
 * in an ordinary build every MUTANT() is a constant false and costs nothing.
 * tests/mutants.txt says which test kills which mutant.
 */
#ifndef NEURATH_MUTANT_H
#define NEURATH_MUTANT_H

enum mutant {
	MUTANT_NONE,
	MUTANT_NO_INT3,			/* text written without the breakpoint step */
	MUTANT_FLAG_BEFORE_STATE,	/* tasks flagged before their state is set */
	MUTANT_NO_STACK_CHECK,		/* sleeping tasks switch whatever their stack holds */
	MUTANT_IDLE_FORGOTTEN,		/* idle tasks are neither flagged nor judged nor kicked */
	MUTANT_IDLE_NOT_RUN,		/* a busy CPU is not made to pass its idle loop */
	MUTANT_FORK_NO_FLAG,		/* a child does not inherit the pending flag */
	MUTANT_FORK_NO_STATE,		/* a child does not inherit the patch state */
	MUTANT_FLAGS_AFTER_ARM,		/* barrier B: versions on the hooks before their flags */
	MUTANT_DISABLE_NO_ARM,		/* barrier C: tasks go back while slots jump directly */
	MUTANT_FLAGS_BEFORE_POP,	/* barrier E: flags cleared before versions are popped */
	MUTANT_STATE_BEFORE_SYNC,	/* completion resets states before the slots are changed */
	MUTANT_EXIT_EARLY,		/* a dying task is counted out before its last switch */
	MUTANT_EXIT_HOLE,		/* a dying task is not counted out */
	MUTANT_ALIVE_IGNORED,		/* a module is patched before its coming was handled */
	MUTANT_LATE_SETTLED,		/* a module that loads in a transition gets the new versions */
	MUTANT_REFUSAL_KEEPS,		/* a refused module stays in the patches before the one that refused */
	MUTANT_GOING_FORGOTTEN,		/* a module whose init fails is not taken out of its patches */
	MUTANT_RELOCS_STAY,		/* relocations of a target that goes are not cleared */
	MUTANT_NO_ON_CPU_WAIT,		/* a task wakes elsewhere while its stack is in use */
	MUTANT_FUTEX_READ_FIRST,	/* a waiter looks at the word before it queues */
};

#ifndef CONFIG_MUTANT
#define CONFIG_MUTANT	MUTANT_NONE
#endif
#define MUTANT(name)	(CONFIG_MUTANT == MUTANT_##name)

#endif
