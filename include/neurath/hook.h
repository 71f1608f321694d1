/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry slots and text poking.  Every C function that is not notrace starts with
 * a 5-byte slot that holds a NOP or "jmp rel32".  arch/x86_64/text_poke.c changes
 * text; livepatch/hook.c decides what a slot holds.
 */
#ifndef NEURATH_HOOK_H
#define NEURATH_HOOK_H

#include <neurath/types.h>
#include <neurath/ptregs.h>

struct module;

#define SLOT_SIZE	5

struct text_poke {
	unsigned long addr;		/* of the slot */
	u8 old[SLOT_SIZE];		/* expected bytes: checked for the whole batch first */
	u8 new[SLOT_SIZE];
};

/*
 * Changes a batch of slots on a running system by the int3 protocol.  Nothing is
 * changed unless all old bytes match: -EINVAL (a bug, warned about).  Process
 * context, interrupts on; takes text_mutex; returns when every CPU executes the
 * new bytes.
 */
int text_poke_batch(struct text_poke *pokes, unsigned n);
/*
 * Plain bytes of text that no CPU executes yet.  A serialising round must pass before
 * one does: that of the change which leads there.  Takes text_mutex.
 */
int text_poke_copy(unsigned long addr, const void *bytes, size_t n);
/*
 * #BP in kernel mode: true if it was a slot being changed (regs adjusted), or a stale trap.
 * (any)
 */
bool int3_text_poke(struct pt_regs *regs);
/* Bytes of a slot that does nothing / that jumps from @addr to @target. */
void slot_encode_nop(u8 *slot);
void slot_encode_jmp(u8 *slot, unsigned long addr, unsigned long target);
/* Bytes of a slot that traps at its first byte, for kprobe_trap(). */
void slot_encode_trap(u8 *slot);
/* The slot of the function that starts at @func: @func itself, or 0 if it has none. (any) */
unsigned long slot_of_function(unsigned long func);
/*
 * Checks the slots of a module being loaded, addresses in its text: each must hold a
 * NOP, or -ENOEXEC (built with other flags). (task)
 */
int slots_register(struct module *mod, unsigned long *slots, size_t n);
void text_poke_init(void);

/*
 * Entry selectors: generated code that a slot jumps to during a transition, which
 * picks the version of the function for the calling task.  In C it would read
 *
 *	v = READ_ONCE(*top);
 *	if (READ_ONCE(v->transition) && READ_ONCE(current->patch_state) == 0)
 *		v = READ_ONCE(v->below);
 *	goto *v->ip;
 *
 * It changes no register that a function may receive, builds no frame and can
 * be rewound to the function's entry at any instruction: a serialising round
 * (smp_sync_core) does that to a selector it interrupts, so that after a round no
 * CPU acts on what it read before it.
 */
struct hook_version {
	struct hook_version *below;	/* older version; the original has none */
	unsigned long ip;		/* where it goes */
	bool transition;
};

struct selector;
/*
 * New selector for the function at @func, reading its newest version from *@top. NULL = no
 * memory. (task)
 */
struct selector *selector_create(unsigned long func, struct hook_version **top);
/* After the slot no longer leads to it and a serialising round has passed. (task) */
void selector_free(struct selector *selector);
unsigned long selector_entry(const struct selector *selector);
/* For the serialising interrupt: rewinds @regs out of a selector. (irq) */
void selector_rewind(struct pt_regs *regs);

#endif
