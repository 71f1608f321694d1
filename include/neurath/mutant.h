/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutants: one check, barrier or rule of the kernel is broken, and a named test must
 * turn red.  tests/mutants.txt says which test kills which mutant.
 *
 * A debug build has all of them; mutant=NAME on its command line chooses one.  In any
 * other build MUTANT() is a constant false and costs nothing.
 *
 * A marker stands where the rule stands, and what it breaks is the rule and nothing else.
 */
#ifndef NEURATH_MUTANT_H
#define NEURATH_MUTANT_H

#include <neurath/types.h>

#define MUTANT_LIST(M) \
	M(NONE) \
	/* text and selectors */ \
	M(NO_INT3)		/* text written without the breakpoint step */ \
	M(NO_REWIND)		/* a round leaves CPUs in selectors where they are */ \
	/* barriers of the transition */ \
	M(FLAG_BEFORE_STATE)	/* A: tasks flagged before their state is set */ \
	M(STATES_AFTER_ARM)	/* A: states set when the slots lead to selectors */ \
	M(FLAGS_AFTER_ARM)	/* B: versions on the hooks before their flags */ \
	M(DISABLE_NO_ARM)	/* C: tasks go back while slots jump directly */ \
	M(FLIP_AFTER_FLAGS)	/* D: target flipped after the flags are set again */ \
	M(FLAGS_BEFORE_POP)	/* E: flags cleared before versions are popped */ \
	M(STATE_BEFORE_SYNC)	/* F: states reset before the slots are changed */ \
	M(PUT_BEFORE_GONE)	/* G: the module may go before its directory and hooks */ \
	/* who goes over, and when */ \
	M(START_NO_ROUND)	/* no round between flags and the look at sleepers */ \
	M(LOOK_FORGOTTEN)	/* nobody looks at sleepers */ \
	M(LOOK_AT_RUNNING)	/* a running task goes over as if it slept */ \
	M(SELF_UNCHECKED)	/* who calls schedule() goes over whatever its stack holds */ \
	M(UNRELIABLE_TAKEN)	/* a stack that cannot be walked is taken for a clear one */ \
	M(RETURN_JUDGED)	/* the return address is judged, and not the call before it */ \
	M(STALE_RANGES)		/* a reversal keeps the forbidden ranges */ \
	M(NO_STACK_CHECK)	/* a task switches whatever its stack holds */ \
	M(IDLE_FORGOTTEN)	/* idle tasks are neither flagged nor judged nor kicked */ \
	M(IDLE_NOT_RUN)		/* a busy CPU is not made to pass its idle loop */ \
	M(FORK_NO_FLAG)		/* a child does not inherit the pending flag */ \
	M(FORK_NO_STATE)	/* a child does not inherit the patch state */ \
	M(KTHREAD_UNSEEN)	/* an unstarted thread that inherits the flag is not looked at */ \
	M(EXIT_HOLE)		/* a dying task is not counted out */ \
	M(EXIT_EARLY)		/* a dying task is counted out before its last switch */ \
	/* checks of klp_enable_patch() */ \
	M(UNMARKED_TAKEN)	/* a module without the livepatch mark may patch */ \
	M(BUSY_IGNORED)		/* a second transition begins while one runs */ \
	M(ENABLED_TWICE)	/* an active patch is enabled again */ \
	M(LISTED_TWICE)		/* a function may be listed twice */ \
	/* callbacks, and the end of a patch */ \
	M(NO_POST_UNPATCH)	/* post_unpatch never runs */ \
	M(POSITIVE_PASSED_ON)	/* a positive value of pre_patch is taken for an error code */ \
	M(REVERSE_CALLS_BACK)	/* turning round runs pre_unpatch */ \
	M(REPLACED_CALLED_BACK)	/* pre_unpatch of replaced patches runs */ \
	M(ABSENT_CALLED_BACK)	/* callbacks of objects that are not loaded run */ \
	M(GOING_CALLED_BACK)	/* pre_unpatch of a module that goes in a transition runs */ \
	M(FREED_BEFORE_POST)	/* patches are given up before post_patch or post_unpatch */ \
	/* modules that come and go */ \
	M(ALIVE_IGNORED)	/* a module is patched before its coming was handled */ \
	M(LATE_SETTLED)		/* a module that loads in a transition gets the new versions */ \
	M(REFUSAL_KEEPS)	/* a refused module stays in patches that had taken it */ \
	M(GOING_FORGOTTEN)	/* a module whose init fails is not taken out of its patches */ \
	M(RELOCS_STAY)		/* relocations of a target that goes are not cleared */ \
	M(RELOCS_REWRITTEN)	/* a patch that is enabled again writes relocations that stand */ \
	/* the patch interface */ \
	M(UNPATCH_ALWAYS)	/* post_unpatch runs although pre_patch failed */ \
	M(LATE_POST)		/* post_patch of a late target does not wait for completion */ \
	M(NO_NOPS)		/* what a replacing patch does not have stays replaced */ \
	M(FORCED_FREED)		/* the module of a forced patch can go */ \
	M(DOWNGRADE)		/* a lower version of a state is compatible */ \
	M(AMBIGUOUS_TAKEN)	/* of several symbols of a name the first is taken */ \
	M(FILLED_RELOCATED)	/* a place that is not empty is relocated */ \
	M(SWITCHED_OFF_USED)	/* a hook is used while hooks are switched off */ \
	M(SWITCHED_OFF_PATCHED)	/* hooks are switched off while functions are patched */ \
	M(SHADOW_NO_GRACE)	/* a shadow variable is freed under its readers */ \
	/* elsewhere */ \
	M(NO_ON_CPU_WAIT)	/* a task wakes elsewhere while its stack is in use */ \
	M(FUTEX_READ_FIRST)	/* a waiter looks at the word before it queues */ \
	M(LOOK_THEN_TAKE)	/* /proc may show another address space than it asked about */ \
	M(LOOK_NOT_REPEATED)	/* the same for what is no memory */

#define MUTANT_ENUM(name)	MUTANT_##name,
enum mutant { MUTANT_LIST(MUTANT_ENUM) };

extern enum mutant mutant_now;		/* set once at boot */
#define MUTANT(name)	(CONFIG_DEBUG && unlikely(mutant_now == MUTANT_##name))

/* Reads the command line; panics if it names no mutant, so that no test passes by a misspelling. */
void mutant_init(void);

#endif
