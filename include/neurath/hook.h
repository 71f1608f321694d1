/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry slots and text poking.  Every C function that is not notrace starts with a 5-byte slot,
 * which contains a NOP or "jmp rel32". arch/x86_64/text_poke.c changes text; livepatch/hook.c
 * decides what a slot contains.
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
 * Changes a batch of slots on a running system by the int3 protocol.  No byte is changed unless
 * all old bytes match: -EINVAL (a bug, with a warning).  Process context, interrupts on; takes
 * text_mutex.  It returns when every CPU executes the new bytes.
 */
int text_poke_batch(struct text_poke *pokes, unsigned n);
/*
 * Writes bytes of text that no CPU executes yet.  Before a CPU executes them a serialising round
 * must pass: that of the change that leads there.  Takes text_mutex.
 */
int text_poke_copy(unsigned long addr, const void *bytes, size_t n);
/*
 * #BP in kernel mode: true if it was in a slot that is being changed (regs adjusted), or a stale
 * trap. (any)
 */
bool int3_text_poke(struct pt_regs *regs);
/* The bytes of a slot without effect, and of a slot that jumps from @addr to @target. */
void slot_encode_nop(u8 *slot);
void slot_encode_jmp(u8 *slot, unsigned long addr, unsigned long target);
/* The bytes of a slot that traps at its first byte, for kprobe_trap(). */
void slot_encode_trap(u8 *slot);
/* The slot of the function that starts at @func: @func itself, or 0 if it has none. (any) */
unsigned long slot_of_function(unsigned long func);
/* Where @addr is among the @n sorted @slots; @n: nowhere. (any) */
size_t slot_index(const unsigned long *slots, size_t n, unsigned long addr);
/*
 * Checks the slots of a module that is being loaded; they are addresses in its text.  Each must
 * contain a NOP, else -ENOEXEC (built with other flags). (task)
 */
int slots_register(struct module *mod, unsigned long *slots, size_t n);
void text_poke_init(void);

/*
 * Entry selectors: generated code to which a slot jumps during a transition.  A selector picks
 * the version of the function for the calling task.  In C it would be
 *
 *	v = READ_ONCE(*top);
 *	if (READ_ONCE(v->transition) && READ_ONCE(current->patch_state) == 0)
 *		v = READ_ONCE(v->below);
 *	goto *v->ip;
 *
 * It changes no register that a function may receive and builds no frame.  It can be rewound to
 * the function's entry at any instruction: a serialising round (smp_sync_core) rewinds a selector
 * that it interrupts, so that after a round no CPU acts on values that it read before the round.
 */
struct hook_version {
	struct hook_version *below;	/* older version; the original has none */
	unsigned long ip;		/* its code */
	bool transition;
};

struct selector;
/*
 * A new selector for the function at @func; it reads the newest version from *@top.  NULL = no
 * memory. (task)
 */
struct selector *selector_create(unsigned long func, struct hook_version **top);
/* The slot must not lead to it, and a serialising round must have passed. (task) */
void selector_free(struct selector *selector);
unsigned long selector_entry(const struct selector *selector);
/* For the serialising interrupt: if @regs are in a selector, rewinds them. (irq) */
void selector_rewind(struct pt_regs *regs);

/*
 * Handles a breakpoint at @addr: true if there is a probe; @regs then have the address to
 * continue at.  Set once, by livepatch/kprobe.c; NULL before. (trap)
 */
extern bool (*probe_trap)(struct pt_regs *regs, unsigned long addr);

/*
 * Sites of function tracing: while a function is traced, its slot leads to the trampoline at
 * @entry, which jumps to @stub; that calls the tracer and continues at *@goes_to.  One instruction
 * reads @goes_to and jumps, so after a serialising round no CPU uses an older value.  Arguments and
 * stack of the function are unchanged.
 */
struct trace_site {
	unsigned long func;		/* assembly uses its offset */
	unsigned long goes_to;		/* the same as in struct klp_hook; read without a lock */
	unsigned long stub;		/* of the tracer; read without a lock */
	unsigned long entry;		/* constant */
	struct trace_site *next;	/* while it is free */
};
/* A site that belongs to @func until it is freed.  NULL = no memory. (task; klp_mutex) */
struct trace_site *trace_site_create(unsigned long func);
/*
 * The slot does not lead to the site, a serialising round has passed, and no call of the function
 * is under way: its module has ended. (task; klp_mutex)
 */
void trace_site_free(struct trace_site *site);
/* Selects the tracer: trace_graph_enter() (return_hook.h) or trace_function(). (task; klp_mutex) */
void trace_site_set_tracer(struct trace_site *site, bool graph);
/* Records the begin of a traced function: kernel/trace/write.c. (any) */
void trace_function(unsigned long func, unsigned long caller);

#endif
