/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that can be seeded into transition.pml, one at a time: the environment variable SEEDED of a
 * verifier holds the number. check.py reads this list: in the configuration that stands in the
 * comment, a violation must be found, or, after "harmless in", none: then the rule that is
 * broken is there for another reason, which README.md gives.
 */
#define NO_BUG			0
#define STATES_AFTER_ARM	1	/* calls: barrier A, states set when the slots already lead to selectors */
#define STATES_AFTER_FLAGS	2	/* harmless in calls: barrier A alone, states set after the transition flags */
#define TARGET_AFTER_FLAGS	3	/* calls: barrier A2, pending flags before the target that they ask for */
#define FLAGS_AFTER_ARM		4	/* calls: barrier B, versions on the hooks before their transition flags */
#define DISABLE_NO_ARM		5	/* calls: barrier C, pending flags while slots still jump directly */
#define RANGES_NO_ROUND		6	/* calls: barrier D, a reversal sets flags without the round before */
#define FLIP_AFTER_FLAGS	7	/* calls: barrier D, target flipped after the flags are set again */
#define FLIP_FIRST		8	/* harmless in calls: barrier D, target flipped before flags are cleared */
#define FLAGS_BEFORE_POP	9	/* calls: barrier E, transition flags cleared before versions are popped */
#define STATE_BEFORE_SYNC	10	/* calls: barrier F, states reset before the slots are direct */
#define FREE_NO_ROUND		11	/* calls: barrier G, memory freed without a round after the pop */
#define NO_REWIND		12	/* calls: a round leaves a selector that it interrupts where it is */
#define START_NO_ROUND		13	/* calls: no round between pending flags and the look */
#define LOOK_FORGOTTEN		14	/* calls: no task looks at those that do not pass by themselves */
#define SCHEDULE_SPLIT		15	/* calls: schedule() looks at the flag with interrupts on */
#define UPDATE_IRQS_ON		16	/* calls: a task clears its flag and takes the target with interrupts on */
#define NO_START_COUNT		17	/* harmless in calls: the starter does not count while it sets flags */
#define NOBODY_WOKEN		18	/* calls: the last task does not wake completion */
#define NO_STACK_CHECK		19	/* calls: a task switches whatever its stack holds */
#define STALE_RANGES		20	/* calls: a reversal keeps the forbidden functions of the old direction */
#define LOOK_AT_RUNNING		21	/* calls: a running task is judged by what is on its stack just now */
#define EXIT_HOLE		22	/* births: a dying task does not count itself out */
#define GONE_AFTER_CLEAR	23	/* births: a dying task clears its flag before it says that it is gone */
#define FORK_NO_FLAG		24	/* births: a child does not inherit the pending flag */
#define FORK_NO_STATE		25	/* births: a child does not inherit the state */
#define FORK_UNLOCKED		26	/* births: a child takes state and flag before tasklist_lock */
#define IDLE_FORGOTTEN		27	/* idle: idle tasks are neither flagged nor looked at */
#define HANDLER_NEWEST		28	/* handler: an interrupt takes the newest version whatever it interrupted */
#define FORCE			29	/* calls: what force gives up must be seen here too */
#define LOOK_SPLIT		30	/* calls: a look tests the flag before it turns interrupts off */
#define THREAD_UNSEEN		31	/* threads: no task looks at a kernel thread that is born pending */
#define EXIT_EARLY		32	/* births: a task is counted out before its last switch */
#define EXEC_FORGOTTEN		33	/* execs: state and flag of a task that changes its pid are left to the walks */
#define WALK_FOLLOWS		34	/* execs: a walk goes on behind the new pid of a task that it stands on */
#define EXEC_IRQS_ON		35	/* execs: klp_pid_moved() with interrupts on */
