/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of livepatch/ share.  klp_mutex protects everything here unless a
 * line says otherwise; functions that say "held" assert it.
 *
 *	core.c		enabling: preparation, the life of a patch
 *	check.c		what is refused before anything is done
 *	object.c	one object: resolution, its functions on and off the hooks, callbacks
 *	replace.c	nops of a patch that replaces others
 *	hook.c		one hook per original function: its versions and its slot
 *	kprobe.c	handlers at the entry of a function, on the same slot
 *	transition.c	the consistency model: states, flags, completion
 *	stack.c		the judgement of one task
 *	nudge.c		the fake signal, the safety pass
 *	dynamic_debug.c	the messages about tasks that block
 *	sysfs.c		/sys/kernel/livepatch
 *	reloc.c		relocations of a patch against symbols that nobody exports
 *	module.c	targets that load after and unload before the patch
 *	shadow.c state.c	what modules use beside the patch itself
 */
#ifndef LIVEPATCH_INTERNAL_H
#define LIVEPATCH_INTERNAL_H

#undef pr_fmt
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/livepatch.h>
#include <neurath/klp_sched.h>
#include <neurath/ksyms.h>
#include <neurath/mutant.h>
#include <neurath/mutex.h>
#include <neurath/printk.h>
#include <neurath/task.h>
#include <neurath/unwind.h>

extern struct mutex klp_mutex;
extern struct list_head klp_patches;		/* active: enabled or in transition */
extern struct list_head klp_leaving;		/* disabled or refused, not released yet */
extern struct klp_patch *klp_transition_patch;	/* NULL = none; files read it racily */
extern int klp_target_state;			/* KLP_TRANSITION_*; read without the lock */

/* ---- core.c ------------------------------------------------------------- */
static inline bool klp_is_module(const struct klp_object *obj)
{
	return obj->name != NULL;
}

static inline bool klp_object_loaded(const struct klp_object *obj)
{
	return !klp_is_module(obj) || obj->mod;
}

static inline const char *klp_object_name(const struct klp_object *obj)
{
	return klp_is_module(obj) ? obj->name : "vmlinux";
}

/* Takes a disabled or replaced patch off the list and frees it from a work item. */
void klp_free_patch_async(struct klp_patch *patch);
int klp_disable_patch(struct klp_patch *patch);	/* held */
/* Brings the internal fields to their start and puts the entry on its list. */
void klp_init_func(struct klp_object *obj, struct klp_func *func);
void klp_init_object(struct klp_patch *patch, struct klp_object *obj);
/* Frees what the transition leaves behind: a disabled patch, or the replaced ones. */
void klp_settle_patches(struct klp_patch *patch, int target);

/* ---- check.c -------------------------------------------------------------- */
int klp_check_patch(const struct klp_patch *patch);
int klp_check_against_others(struct klp_patch *patch);	/* held */
int klp_check_objects(const struct klp_patch *patch);
/* On klp_patches: enabled or in transition; asked without looking into @patch. Held. */
bool klp_patch_is_active(const struct klp_patch *patch);
bool klp_same_symbol(const struct klp_func *a, const struct klp_func *b);
bool klp_same_object(const struct klp_object *a, const struct klp_object *b);

/* ---- object.c ------------------------------------------------------------- */
/* Looks up the functions of a loaded object and reserves their hooks: no effect on text. */
int klp_resolve_object(struct klp_object *obj);
void klp_unresolve_object(struct klp_object *obj);
/* Pushes all functions of @obj and arms their slots.  -EBUSY: see klp_hook_may_push(). */
int klp_patch_object(struct klp_object *obj);
void klp_unpatch_object(struct klp_object *obj);
/* Callbacks with the rule of post_unpatch_enabled; pre_patch: 0 or negative. */
int klp_pre_patch_callback(struct klp_object *obj);
void klp_post_patch_callback(struct klp_object *obj);
void klp_pre_unpatch_callback(struct klp_object *obj);
void klp_call_pre_unpatch(struct klp_patch *patch);	/* of each patched object */
void klp_post_unpatch_callback(struct klp_object *obj);
/* Writes the line for what ksym_find() answered; the error to pass on. */
int klp_symbol_error(int error, const char *object, const char *name, unsigned long pos);

/* ---- reloc.c ---------------------------------------------------------------- */
/* Every object that @patch has relocations for is one of its objects. -EINVAL. */
int klp_check_relocs(const struct klp_patch *patch);
/*
 * Applies the relocations for the module @obj, which is loaded: all of them or none.
 * obj->relocated is ours, and outlives the patch: the places keep what was written.
 */
int klp_relocate_object(struct klp_patch *patch, struct klp_object *obj);
/* Takes them back, if they were applied. */
void klp_clear_object(struct klp_patch *patch, struct klp_object *obj);

/* ---- replace.c ------------------------------------------------------------ */
/* A nop for each function of the older patches that @patch does not have. -ENOMEM. */
int klp_add_nops(struct klp_patch *patch);
/* Takes the nops off their hooks, after the older patches. */
void klp_discard_nops(struct klp_patch *patch);
void klp_free_nops(struct klp_patch *patch);

/* ---- hook.c --------------------------------------------------------------- */
struct kprobe;
struct klp_hook {
	struct list_head node;		/* klp_hooks */
	unsigned long func;		/* original function == address of its slot */
	struct hook_version *top;	/* read by the selector without a lock */
	struct hook_version original;
	struct selector *selector;
	unsigned refs;			/* functions of patches, and probes, that use it */
	u8 slot[SLOT_SIZE];		/* what the text holds now */
	unsigned long goes_to;		/* where a call goes on; a trap reads it without a lock */
	struct kprobe *probes;		/* newest first; a trap reads it without a lock */
	struct klp_hook *next_trapped;	/* while it has probes */
};

/* The hook of the function at @func, created if needed; one reference. -EINVAL: no slot. */
int klp_hook_get(unsigned long func, struct klp_hook **out);
/* Without users it is found no more; klp_hooks_reap() frees it, with others in one round. */
void klp_hook_put(struct klp_hook *hook);
void klp_hooks_reap(void);
/* kernel.ftrace_enabled; true as long as there is a hook. Held. */
bool klp_hooks_are_allowed(void);
/* 0, or -EBUSY: kernel.ftrace_enabled is 0, or a probe has the function for itself. */
int klp_hook_may_push(const struct klp_hook *hook);
bool klp_hook_is_patched(const struct klp_hook *hook);
void klp_hook_push(struct klp_func *func);
void klp_hook_pop(struct klp_func *func);
/* The version that runs when @func is not there: its start and size. */
void klp_hook_below(const struct klp_func *func, unsigned long *start, unsigned long *size);
/* Brings every slot to what its versions ask for: NOP, selector, or the direct jump. */
void klp_hooks_sync(void);
/*
 * Makes @first the probes of @hook, NULL = none, and its slot trap or not.  Traps that still
 * see the ones before are over after a serialising round.
 */
void klp_hook_set_probes(struct klp_hook *hook, struct kprobe *first);
/* The hook with probes at @func, or NULL. (trap, interrupts off) */
struct klp_hook *klp_hook_trapped_at(unsigned long func);

/* ---- transition.c --------------------------------------------------------- */
void klp_init_transition(struct klp_patch *patch, int target);
void klp_start_transition(void);
void klp_cancel_transition(void);
void klp_reverse_transition(void);
void klp_force_transition(void);
void klp_complete_if_done(void);
/* Calls fn for every task and every idle task, without holding a lock; lets others run. (task) */
void klp_for_each_task(void (*fn)(struct task *task));
/* One task reached its target: wakes completion if it was the last. (irq, no locks held) */
void klp_task_done(void);

/* ---- stack.c ---------------------------------------------------------------- */
enum klp_verdict { KLP_CLEAR, KLP_RUNNING, KLP_UNRELIABLE, KLP_BLOCKED };
struct klp_judgement {
	enum klp_verdict verdict;
	enum unwind_reason reason;	/* of KLP_UNRELIABLE */
	unsigned long addr;		/* of KLP_BLOCKED: the return address in the function */
	unsigned state, cpu;
	bool switched;			/* this look moved the task to its target */
};
int klp_stack_init(void);
/* Computes the forbidden ranges of the transition; room was made by klp_ranges_reserve(). */
void klp_ranges_set(struct klp_patch *patch, int target);
void klp_ranges_clear(void);
int klp_ranges_reserve(unsigned nr_funcs);
/* Looks at a pending task where it stands, and switches it if @commit and nothing forbids it. */
void klp_judge_task(struct task *task, bool commit, struct klp_judgement *out);
/*
 * The same with commit, and the accounting: true if the task is at its target now, and
 * *@look unset if it had been before; else why not.
 */
bool klp_try_switch_task(struct task *task, struct klp_judgement *look);

/* ---- dynamic_debug.c --------------------------------------------------------- */
/* Says in the log, if it was asked to, why @task did not switch. (task, no spinlock held) */
void klp_debug_look(const struct task *task, const struct klp_judgement *look);

/* ---- nudge.c ---------------------------------------------------------------- */
void klp_nudge_start(void);
void klp_nudge_stop(void);
void klp_send_signals(void);			/* held, a transition runs */

/* ---- sysfs.c ---------------------------------------------------------------- */
int klp_sysfs_add(struct klp_patch *patch);
void klp_sysfs_remove(struct klp_patch *patch);	/* not held; waits for running methods */
/* Directories of nops and of the objects made for them; their files take no lock. */
void klp_sysfs_remove_nops(struct klp_patch *patch);

/* ---- state.c ---------------------------------------------------------------- */
bool klp_is_patch_compatible(struct klp_patch *patch);

#endif
