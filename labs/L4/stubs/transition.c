/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heads that name the purpose of the files, without the method; and code that starts transitions and never ends them. */
/* head: livepatch/transition.c */
/*
 * The transition: every task moves from one set of functions to the other, at a moment
 * when none of the functions concerned is on its stack.
 *
 * The task's half (state, flag, count of pending tasks, and the judgement of a stack) is
 * kernel/sched/patch_state.c and kernel/sched/patch_stack.c.  Here are the phases: the
 * start, the completion, the reversal, force; and the walks over all tasks.
 *
 * The order of all this, and which barrier stands where, is what labs/L4/README.md is about:
 * write it down here when you have it.
 */
/* splice: livepatch/transition.c */
void klp_init_transition(struct klp_patch *patch, int target)
{
	assert_mutex_held(&klp_mutex);
	klp_transition_patch = patch;
	klp_target_state = target;
	/* L4: yours, see labs/L4/README.md */
}
/* head: kernel/sched/patch_stack.c */
/*
 * The judgement of one task: may it change over to the target state now?
 *
 * It may if it is held off the CPUs (or is current), its stack can be walked
 * reliably, and no return address lies in a forbidden function.  Forbidden are the
 * versions that the task would leave: when enabling, what ran before each function
 * of the patch, and all that a replace gives up; when disabling, the new functions.
 *
 * The forbidden ranges are computed once for each direction (livepatch/ranges.c), sorted,
 * and searched for each return address.
 *
 * One look is one stretch with interrupts off on the looker's CPU.  The looker
 * holds no klp_mutex, so the transition may be turned round while it looks: why does it
 * find everything of one direction all the same, and why must it read the target before
 * it clears the flag?
 */
/* splice: kernel/sched/patch_stack.c */
enum klp_verdict judge_stack(struct task *task, const struct klp_ranges *set,
			     struct klp_judgement *out)
{
	/* L4: yours, see labs/L4/README.md */
	out->reason = UNWIND_BAD_END;
	return KLP_UNRELIABLE;
}

/*
 * Callback of task_call_func(): no printing, no sleeping, no scheduler locks in here.
 * Interrupts are off from before the test of the flag until the state is written.
 */
static int judge_held_task(struct task *task, void *data)
{
	struct judge_arg *arg = data;

	/* L4: yours, see labs/L4/README.md */
	arg->out->verdict = KLP_RUNNING;
	return 0;
}
