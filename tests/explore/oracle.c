/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The oracle: checks the claims of tests/model/README.md in the running C.
 *
 *	mixed		I1: an old version calls a new one, or the reverse
 *	wrong state	I1: a version runs in a task whose state does not select it
 *	turned twice	I2: a task enters an older set again within one direction
 *	left behind	I3: a transition is complete, and a task is in a version that was left
 *	retired		I4: a freed version runs, or a task returns into it
 *	stateless	I5: a task without a state enters a function in a transition
 *	interrupts	I6: an interrupt does not use the versions of its task
 *
 * The functions of the world only call each other.  This file records the versions in which each
 * task is; the unwinder of the world returns these records.
 */
#include "world.h"
#include <neurath/klp_sched.h>
#include "../../livepatch/internal.h"

#define CALLS_MAX	8

struct calls {
	struct {
		u8 f, version;
	} call[CALLS_MAX];
	unsigned n;
};

u8 world_text[4 * TEXT_PAGE] __attribute__((aligned(TEXT_PAGE)));
static struct calls calls[WORLD_STACKS];		/* by stack */
static bool retired[WORLD_PATCHES + 1];
/* Versions that all tasks use when no transition runs; and the versions below each patch. */
static u8 settled[WORLD_FUNCS], below[WORLD_PATCHES + 1][WORLD_FUNCS];
static bool forced;

static struct calls *calls_of(const struct task *t)
{
	unsigned long offset = (const char *)t->stack - world_stacks[0];

	return offset < sizeof(world_stacks) ? &calls[offset / KSTACK_SIZE] : NULL;
}

static unsigned version_at(unsigned f, unsigned long ip)
{
	if (ip == TEXT_OF(f) + SLOT_SIZE)
		return 0;
	for (unsigned p = 1; p <= WORLD_PATCHES; p++)
		if (ip == TEXT_NEW(p, f))
			return p;
	violation("function %u goes on at %#lx, which is no version of it", f, ip);
}

static u8 new_version(unsigned patch, unsigned f)
{
	if (world_patches[patch].has[f])
		return (u8)patch;
	return world_patches[patch].patch.replace ? 0 : below[patch][f];
}

enum side { OLD, NEW, EITHER };

static enum side side_of(unsigned patch, unsigned f, unsigned version)
{
	unsigned old = below[patch][f], new = new_version(patch, f);

	if (old == new)
		return EITHER;
	if (version != old && version != new)
		violation("version %u of function %u is on neither side", version, f);
	return version == new ? NEW : OLD;
}

/* In a transition: the versions of the caller belong to the state of the task. */
static void check_sides(const struct calls *c, unsigned patch, unsigned f, unsigned version)
{
	enum side side = side_of(patch, f, version);
	int state = current->patch_state;

	if (side == EITHER)
		return;
	if (state != KLP_TRANSITION_IDLE && (state == KLP_TRANSITION_PATCHED) != (side == NEW))
		violation("wrong state: %s enters version %u of function %u in state %d",
			  current->comm, version, f, state);
	for (unsigned i = 0; i < c->n; i++) {
		enum side caller = side_of(patch, c->call[i].f, c->call[i].version);

		if (caller != EITHER && caller != side)
			violation("mixed: %s is in version %u of function %u and enters version %u "
				  "of function %u", current->comm, c->call[i].version,
				  c->call[i].f, version, f);
	}
}

void oracle_enter(unsigned f, unsigned long ip)
{
	struct calls *c = calls_of(current);
	unsigned version = version_at(f, ip), patch = world_transition_patch();

	note("%s enters %s, version %u, state %d%s", current->comm,
	     f == 0 ? "outer" : f == 1 ? "inner" : "late", version, current->patch_state,
	     machine_cpus[machine_now].depth ? ", in an interrupt" : "");
	if (retired[version])
		violation("retired: version %u runs", version);
	if (patch && !forced)
		check_sides(c, patch, f, version);
	if (c->n == CALLS_MAX)
		violation("the world's stacks are too small");
	c->call[c->n].f = (u8)f;
	c->call[c->n++].version = (u8)version;
}

void oracle_leave(void)
{
	struct calls *c = calls_of(current);

	c->n--;
	if (retired[c->call[c->n].version])
		violation("retired: version %u is returned into", c->call[c->n].version);
}

unsigned oracle_stack(const struct task *t, unsigned long *entries, unsigned room)
{
	const struct calls *c = calls_of(t);
	unsigned n = 0;

	for (unsigned i = c ? c->n : 0; i > 0 && n < room; i--) {
		unsigned f = c->call[i - 1].f, v = c->call[i - 1].version;

		/* After a call that is the last instruction, the return address is the start of the next function. */
		entries[n++] = (v ? TEXT_NEW(v, f) : TEXT_OF(f)) + 256;
	}
	return n;
}

void oracle_forget(unsigned stack)
{
	calls[stack].n = 0;
}

/* No stack has a call of a version that was left. */
static void check_stacks(const u8 *versions, unsigned nr_funcs, const char *what)
{
	for (unsigned s = 0; s < WORLD_STACKS; s++) {
		for (unsigned i = 0; i < calls[s].n; i++) {
			unsigned f = calls[s].call[i].f, version = calls[s].call[i].version;

			if (f < nr_funcs && version != versions[f])
				violation("%s: a task is in version %u of function %u", what,
					  version, f);
		}
	}
}

void oracle_complete(unsigned patch, bool patched)
{
	note("complete: patch %u is %s", patch, patched ? "on" : "off");
	for (unsigned f = 0; f < WORLD_FUNCS; f++)
		settled[f] = patched ? new_version(patch, f) : below[patch][f];
	/* The replaced versions are gone: when this patch is disabled, the functions are the original ones. */
	if (patched && world_patches[patch].patch.replace)
		__builtin_memset(below[patch], 0, sizeof(below[patch]));
	if (!forced)
		check_stacks(settled, WORLD_FUNCS, "left behind");
}

void oracle_retired(unsigned patch)
{
	note("the memory of patch %u is given back", patch);
	retired[patch] = true;
	for (unsigned s = 0; s < WORLD_STACKS; s++)
		for (unsigned i = 0; i < calls[s].n; i++)
			if (calls[s].call[i].version == patch)
				violation("retired: a task is in version %u of function %u", patch,
					  calls[s].call[i].f);
}

void oracle_came(unsigned patch)
{
	retired[patch] = false;
	__builtin_memcpy(below[patch], settled, sizeof(settled));
}

void oracle_force(void)
{
	forced = true;
}

void oracle_init(void)
{
	for (unsigned f = 0; f < WORLD_FUNCS; f++) {
		slot_encode_nop((u8 *)TEXT_OF(f));
		for (unsigned p = 1; p <= WORLD_PATCHES; p++)
			slot_encode_nop((u8 *)TEXT_NEW(p, f));
	}
}
