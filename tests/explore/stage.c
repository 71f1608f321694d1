/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stage.c - the common part of all scenes: patches, the administrator's steps, the actions of tasks in the
 * functions that are patched, and the set-up of a scene.  stage.h is the contract.  No locks of
 * its own: there is one host thread.
 */
#include "stage.h"
#include <neurath/bug.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/workqueue.h>

const struct scene *scene_now;
bool scene_done;
struct world_patch world_patches[WORLD_PATCHES + 1];

DECLARE_WAIT_QUEUE_HEAD(changes);
DECLARE_WAIT_QUEUE_HEAD(door);
DECLARE_WAIT_QUEUE_HEAD(closing);
unsigned begun;
bool door_open;
static bool at_end;

/* ---- patches -------------------------------------------------------------------------------- */

unsigned world_patch_number(const struct klp_patch *patch)
{
	for (unsigned p = 1; p <= WORLD_PATCHES; p++)
		if (patch == &world_patches[p].patch)
			return p;
	return 0;
}

unsigned world_transition_patch(void)
{
	return world_patch_number(klp_transition_patch);
}

/* Patch @p of the functions with a bit in @funcs. */
void make_patch(unsigned p, unsigned funcs, bool replace)
{
	static const char *const names[] = { "outer", "inner", "late" };
	struct world_patch *w = &world_patches[p];
	struct klp_func *kernel = w->funcs[0], *late = w->funcs[1];

	*w = (struct world_patch){ };
	for (unsigned f = 0; f < WORLD_FUNCS; f++) {
		struct klp_func **func = f == LATE ? &late : &kernel;

		w->has[f] = funcs & BIT(f);
		if (w->has[f])
			*(*func)++ = (struct klp_func){
				.old_name = names[f], .new_func = (void *)TEXT_NEW(p, f) };
	}
	w->objs[0].funcs = w->funcs[0];
	if (funcs & BIT(LATE)) {
		w->objs[1].name = "late";
		w->objs[1].funcs = w->funcs[1];
	}
	w->mod.klp = true;
	snprintf(w->mod.name, sizeof(w->mod.name), "patch%u", p);
	w->patch.mod = &w->mod;
	w->patch.objs = w->objs;
	w->patch.replace = replace;
}

void scene_patch_changed(void *patch)
{
	const struct klp_patch *p = patch;

	if (!klp_transition_patch)
		oracle_complete(world_patch_number(p), p->enabled);
	else if (p == klp_transition_patch)
		WRITE_ONCE(begun, begun + 1);
	wake_up_all(&changes);
}

/* The safety pass of nudge.c must not be needed to complete a transition. */
void scene_all_halted(void)
{
	struct task_walk walk;
	bool pending = false;

	if (!klp_transition_patch)
		return;
	search_active = false;
	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk))
		pending |= test_task_flag(t, TIF_PATCH_PENDING);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		pending |= test_task_flag(idle_task(cpu), TIF_PATCH_PENDING);
	search_active = true;
	if (!pending)
		violation("all tasks have gone over, and nobody completes the transition");
}

void enable(unsigned p)
{
	oracle_came(p);
	if (klp_enable_patch(&world_patches[p].patch))
		violation("patch %u is refused", p);
}

/* Does the same as a write to the file "enabled". */
void turn_off(unsigned p)
{
	struct klp_patch *patch = &world_patches[p].patch;

	mutex_lock(&klp_mutex);
	if (patch == klp_transition_patch)
		klp_reverse_transition();
	else if (klp_patch_is_active(patch) && patch->enabled)
		klp_disable_patch(patch);
	mutex_unlock(&klp_mutex);
}

void turn_round(unsigned p)
{
	struct klp_patch *patch = &world_patches[p].patch;

	mutex_lock(&klp_mutex);
	if (patch == klp_transition_patch)
		klp_reverse_transition();
	mutex_unlock(&klp_mutex);
}

void wait_for_transition(void)
{
	wait_event(changes, !klp_transition_running());
}

static bool is_gone(unsigned p)
{
	return atomic_read(&world_patches[p].mod.refcnt) == 0;
}

/* Runs after each module_put() of livepatch/. */
void module_wake_waiters(void)
{
	wake_up_all(&changes);
}

void wait_until_gone(unsigned p)
{
	wait_event(changes, is_gone(p) && !klp_transition_running());
}

/* ---- what tasks do --------------------------------------------------------------------------- */

void nothing(void)
{
}

void outer_plain(void)
{
	machine_call(INNER, nothing);
}

static void outer_resched(void)
{
	cond_resched();
	machine_call(INNER, nothing);
}

static void outer_sleeps(void)
{
	wait_event(door, READ_ONCE(door_open));
	machine_call(INNER, nothing);
}

unsigned awaited;

/* Asleep in the function until transition number @awaited has begun. */
static void outer_awaits_start(void)
{
	unsigned nr = READ_ONCE(awaited);

	wait_event(changes, READ_ONCE(begun) >= nr);
	machine_call(INNER, nothing);
}

static void outer_exits(void)
{
	do_exit(0);
}

static void outer_sleeps_interruptibly(void)
{
	(void)wait_event_interruptible(door, READ_ONCE(door_open));
	machine_call(INNER, nothing);
}

void sys_plain(void)
{
	machine_call(OUTER, outer_plain);
}

void sys_resched(void)
{
	machine_call(OUTER, outer_resched);
}

void sys_sleep_inside(void)
{
	machine_call(OUTER, outer_sleeps);
}

/* In the functions when the first transition begins, and when the second one does. */
void sys_await_first(void)
{
	WRITE_ONCE(awaited, 1);
	machine_call(OUTER, outer_awaits_start);
}

void sys_await_second(void)
{
	wait_event(changes, READ_ONCE(begun) >= 1 && !klp_transition_running());
	WRITE_ONCE(awaited, 2);
	machine_call(OUTER, outer_awaits_start);
}

void sys_exit_inside(void)
{
	machine_call(OUTER, outer_exits);
}

void sys_sleep_interruptibly(void)
{
	machine_call(OUTER, outer_sleeps_interruptibly);
}

void sys_open_door(void)
{
	WRITE_ONCE(door_open, true);
	wake_up_all(&door);
}

void sys_wait_end(void)
{
	wait_event(closing, READ_ONCE(at_end));
}

void sys_exit(void)
{
	do_exit(0);
}

void the_end(void)
{
	WRITE_ONCE(at_end, true);
	wake_up_all(&closing);
	scene_done = true;
}

/* The seed sets when a program continues: the administrator may be at any step then. */
void prelude(void)
{
	for (u64 n = search_random(4) % 12; n; n--)
		machine_syscall(nothing);
}

/* ---- who there is ---------------------------------------------------------------------------- */

struct task *spawn_in(struct process *p, const char *name, void (*program)(void),
			     u64 allowed)
{
	struct pt_regs regs = { .rip = (unsigned long)program };
	struct task *t = task_alloc(name);
	unsigned long flags;

	t->process = p;
	t->se.cpus_allowed = allowed;
	arch_setup_user(t, &regs);
	spin_lock_irqsave(&tasklist_lock, flags);
	list_add_tail(&t->thread_node, &p->threads);
	klp_copy_process(t);
	task_publish(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	wake_up_new_task(t);
	return t;
}

struct task *spawn(const char *name, void (*program)(void), u64 allowed)
{
	return spawn_in(&world_process, name, program, allowed);
}


void boot_kernel(void)
{
	machine_cpus[0].irqs_on = true;
	world_services_init();
	sched_init();
	arch_start_cpus();
	klp_init();
	text_poke_init();
	workqueue_init();
	for (unsigned p = 1; p <= WORLD_PATCHES; p++)
		make_patch(p, BIT(OUTER) | BIT(INNER), false);
}
