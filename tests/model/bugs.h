/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that can be seeded into transition.pml, one at a time: the environment variable SEEDED of a
 * verifier holds the number. check.py reads this list. In the configuration that the comment names,
 * the verifier must find a violation. After "harmless in" it must find none: then the broken rule
 * has another purpose, which README.md gives.
 */
#define NO_BUG			0
#define STATES_AFTER_ARM	1	/* calls: barrier A, states set when the slots already lead to selectors */
#define STATES_AFTER_FLAGS	2	/* harmless in calls: barrier A alone, states set after the transition flags */
#define TARGET_AFTER_FLAGS	3	/* calls: barrier A2, pending flags are set before the target */
#define FLAGS_AFTER_ARM		4	/* calls: barrier B, versions on the hooks before their transition flags */
#define DISABLE_NO_ARM		5	/* calls: barrier C, pending flags while slots still jump directly */
#define RANGES_NO_ROUND		6	/* calls: barrier D, a reversal sets flags without the round before */
#define FLIP_AFTER_FLAGS	7	/* calls: barrier D, target flipped after the flags are set again */
#define FLIP_FIRST		8	/* harmless in calls: barrier D, target flipped before flags are cleared */
#define FLAGS_BEFORE_POP	9	/* calls: barrier E, transition flags cleared before versions are popped */
#define STATE_BEFORE_SYNC	10	/* calls: barrier F, states reset before the slots are direct */
#define FREE_NO_ROUND		11	/* calls: barrier G, memory freed without a round after the pop */
#define NO_REWIND		12	/* calls: a round does not send a CPU back from a selector */
#define START_NO_ROUND		13	/* calls: no round between pending flags and the look */
#define LOOK_FORGOTTEN		14	/* calls: no look at tasks that do not pass a point of judgement */
#define SCHEDULE_SPLIT		15	/* calls: schedule() tests the flag with interrupts on */
#define UPDATE_IRQS_ON		16	/* calls: a task clears its flag and takes the target with interrupts on */
#define NO_START_COUNT		17	/* harmless in calls: the starter does not count while it sets flags */
#define NOBODY_WOKEN		18	/* calls: the last task does not wake completion */
#define NO_STACK_CHECK		19	/* calls: a task changes over with any stack */
#define STALE_RANGES		20	/* calls: a reversal keeps the forbidden functions of the old direction */
#define LOOK_AT_RUNNING		21	/* calls: a running task is judged by its present stack */
#define EXIT_HOLE		22	/* births: a dying task does not count itself out */
#define GONE_AFTER_CLEAR	23	/* births: a dying task clears its flag before it is marked as gone */
#define FORK_NO_FLAG		24	/* births: a child does not inherit the pending flag */
#define FORK_NO_STATE		25	/* births: a child does not inherit the state */
#define FORK_UNLOCKED		26	/* births: a child takes state and flag before tasklist_lock */
#define IDLE_FORGOTTEN		27	/* idle: idle tasks are neither flagged nor looked at */
#define HANDLER_NEWEST		28	/* handler: an interrupt uses the newest version, not that of the interrupted task */
#define FORCE			29	/* calls: force breaks claims, and the model must find this */
#define LOOK_SPLIT		30	/* calls: a look tests the flag before it turns interrupts off */
#define THREAD_UNSEEN		31	/* threads: no task looks at a kernel thread that is born pending */
#define EXIT_EARLY		32	/* births: a task is counted out before its last switch */
#define EXEC_FORGOTTEN		33	/* execs: a task that changes its pid does not set its own state and flag */
#define WALK_FOLLOWS		34	/* execs: a walk continues after the new pid of the task that it has reached */
#define EXEC_IRQS_ON		35	/* execs: klp_pid_moved() with interrupts on */
#define SELECTOR_JUDGED		36	/* interrupts: a kernel thread in a selector changes over by the rest of its stack */
#define TARGET_AFTER_CLEAR	37	/* births: a task that changes over reads the target after it has cleared its flag */
