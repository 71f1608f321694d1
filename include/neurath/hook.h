/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry slots and text poking.  Every C function that is not notrace starts with
 * a 5-byte slot that holds a NOP or "jmp rel32".  arch/x86_64/text_poke.c changes
 * text; livepatch/hook.c and kernel/trace decide what a slot holds.
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
/* Plain bytes of text that no CPU executes yet (late relocations). Takes text_mutex. */
int text_poke_copy(unsigned long addr, const void *bytes, size_t n);
/* #BP in kernel mode: true if it was a slot being changed (regs adjusted), or a stale trap. (any) */
bool int3_text_poke(struct pt_regs *regs);
/* Bytes of a slot that does nothing / that jumps from @addr to @target. */
void slot_encode_nop(u8 *slot);
void slot_encode_jmp(u8 *slot, unsigned long addr, unsigned long target);
/* The slot of the function that starts at @func: @func itself, or 0 if it has none. (any) */
unsigned long slot_of_function(unsigned long func);
/* Slots of a module being loaded / unloaded: the __mcount_loc section. */
int slots_register(struct module *mod, unsigned long *slots, size_t n);
void slots_unregister(struct module *mod);
void text_poke_init(void);

#endif
