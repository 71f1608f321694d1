/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: handlers that run when a function is entered, with Linux's names.  Only at
 * the first instruction (offset 0) of functions that have an entry slot.
 *
 * Handlers run with interrupts off and must not sleep.  A probed function that a handler calls
 * is not probed: nmissed counts these.  A function that is in a transition of a live patch may be
 * reported twice for one call.
 *
 * A probe with a post_handler has the slot for itself: it is refused (-EBUSY) for a function that
 * is live patched, and a live patch of the function is refused.  Any other probe runs before
 * whatever version the caller gets.
 */
#ifndef NEURATH_KPROBE_H
#define NEURATH_KPROBE_H

#include <neurath/ptregs.h>
#include <neurath/types.h>

struct klp_hook;
struct kprobe;
struct module;

typedef u8 kprobe_opcode_t;
/* @regs: as at the call, the instruction pointer behind the breakpoint.  Not 0: it has set that. */
typedef int (*kprobe_pre_handler_t)(struct kprobe *p, struct pt_regs *regs);
/* @regs: the instruction pointer is where the function, or its new version, goes on. */
typedef void (*kprobe_post_handler_t)(struct kprobe *p, struct pt_regs *regs, unsigned long flags);

struct kprobe {
	const char *symbol_name;	/* FUNCTION or MODULE:FUNCTION; or else addr */
	kprobe_opcode_t *addr;		/* set by register_kprobe() */
	unsigned int offset;		/* 0 */
	kprobe_pre_handler_t pre_handler;
	kprobe_post_handler_t post_handler;
	unsigned long nmissed;		/* approximate */

	/* internal, klp_mutex */
	struct klp_hook *hook;		/* NULL = not registered */
	struct kprobe *next;		/* of the same function; the trap reads it without a lock */
	struct module *mod;		/* of the function: referenced, so that it stays */
};

/*
 * 0; -EINVAL: registered already, name and address or neither, an offset, or a function without
 * entry slot; -ENOENT: no such function; -EBUSY: see above; -ENOMEM.  Not from callbacks of
 * live patches. (task)
 */
int register_kprobe(struct kprobe *p);
/* Afterwards no handler of it runs. (task) */
void unregister_kprobe(struct kprobe *p);

/* A breakpoint at @addr: true if a probe is there; @regs then say where to go on. (trap) */
bool kprobe_trap(struct pt_regs *regs, unsigned long addr);

#endif
