/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: handlers that run at the entry of a function, with Linux's names.  Only at the first
 * instruction (offset 0) of functions that have an entry slot.
 *
 * Handlers run with interrupts off and must not sleep.  If a handler calls a probed function, the
 * probe does not run: nmissed counts these calls.  A function in a transition of a live patch may
 * be reported twice for one call.
 *
 * A probe with a post_handler needs the slot for itself: it is refused (-EBUSY) for a function
 * that is live patched, and a live patch of its function is refused.  Any other probe runs before
 * the version that the caller gets.
 */
#ifndef NEURATH_KPROBE_H
#define NEURATH_KPROBE_H

#include <neurath/ptregs.h>
#include <neurath/types.h>

struct kprobe;
struct module;

typedef u8 kprobe_opcode_t;
/* @regs: as at the call, rip behind the breakpoint.  Nonzero: the handler has set rip. */
typedef int (*kprobe_pre_handler_t)(struct kprobe *p, struct pt_regs *regs);
/* @regs: rip is where the function, or its new version, continues. */
typedef void (*kprobe_post_handler_t)(struct kprobe *p, struct pt_regs *regs, unsigned long flags);

struct kprobe {
	const char *symbol_name;	/* FUNCTION or MODULE:FUNCTION; alternatively addr */
	kprobe_opcode_t *addr;		/* set by register_kprobe() */
	unsigned int offset;		/* 0 */
	kprobe_pre_handler_t pre_handler;
	kprobe_post_handler_t post_handler;
	unsigned long nmissed;		/* approximate */

	/* internal, klp_mutex */
	struct kprobe *next;	/* next probe of the function; the trap reads it without a lock */
	struct module *mod;		/* the function's module, with a reference */
};

/*
 * 0; -EINVAL: already registered, both or neither of name and address, an offset, a function
 * without entry slot, or (with a log line) a structure, name or handler that is invalid or
 * temporary; -ENOENT: no such function; -EBUSY: see above; -ENOMEM.  Callbacks of live patches
 * may call it. (task)
 */
int register_kprobe(struct kprobe *p);
/* On return none of its handlers runs. (task) */
void unregister_kprobe(struct kprobe *p);

#endif
