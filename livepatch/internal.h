/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations that the files of livepatch/ share. klp_mutex protects all data here unless a
 * line names another lock.  A function marked "held" asserts that the caller holds klp_mutex.
 *
 *	core.c		enabling: preparation, the life of a patch
 *	decode.c	checks everything that the module filled in
 *	check.c		checks a new patch against the other patches
 *	origin.c	checks what a patch was made for: code, modules, an earlier patch
 *	object.c	one object: resolution, its functions on and off the hooks, callbacks
 *	replace.c	nops of a patch that replaces others
 *	hook.c		one hook per original function: its versions and its slot
 *	kprobe.c	handlers at the entry of a function, on the same slot
 *	function_trace.c	the function tracers, on the same slot
 *	transition.c	the consistency model: the phases of a transition
 *	ranges.c	the text in which no task may stand when it changes over
 *	blockers.c	the pending tasks, each with the reason, in words
 *	preview.c	the tasks that would block a patch that is not enabled yet
 *	nudge.c		the fake signal, the safety pass
 *	dynamic_debug.c	log messages about tasks that block
 *	sysfs.c		/sys/kernel/livepatch
 *	reloc.c		relocations of a patch against symbols that are not exported
 *	module.c	targets that load after and unload before the patch
 *	shadow.c state.c	services for patch modules: shadow variables, system states
 */
#ifndef LIVEPATCH_INTERNAL_H
#define LIVEPATCH_INTERNAL_H

#undef pr_fmt
#define pr_fmt(fmt) "livepatch: " fmt

#include <linux/livepatch.h>
#include <neurath/klp_task.h>
#include <neurath/ksyms.h>
#include <neurath/mutex.h>
#include <neurath/printk.h>
#include <neurath/task.h>
#include <neurath/trace.h>

extern struct mutex klp_mutex;
extern struct list_head klp_patches;		/* active: enabled or in transition */
extern struct list_head klp_leaving;		/* disabled or refused, not released yet */
/*
 * Both lists change only while klp_mutex and klp_list_mutex are held; either lock is enough to
 * read them.  A callback may hold klp_mutex without limit, and a reader that only gives advice
 * must not wait for a callback.
 */
extern struct mutex klp_list_mutex;
extern struct klp_patch *klp_transition_patch;	/* NULL = none; files read it without a lock */

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

/* Takes a disabled or replaced patch off klp_patches and frees it from a work item. */
void klp_free_patch_async(struct klp_patch *patch);
int klp_disable_patch(struct klp_patch *patch);	/* held */
/*
 * True, with a log line, if the caller is in a callback (holds klp_mutex): it must fail,
 * -EDEADLK.
 */
bool klp_is_in_callback(const char *module);
/* Sets the internal fields to their initial values and puts the entry on its list. */
void klp_init_func(struct klp_object *obj, struct klp_func *func, bool nop);
void klp_init_object(struct klp_patch *patch, struct klp_object *obj, bool dynamic);
/* Frees the patches that the transition has ended: the disabled patch, or the replaced ones. */
void klp_settle_patches(struct klp_patch *patch, int target);

/* ---- decode.c ------------------------------------------------------------- */
#define KLP_NAME_MAX	255		/* of a directory name */
/* 0, or -EINVAL, -EEXIST, -ENOENT with a log line.  Only reads, and only memory of the module. */
int klp_decode_patch(const struct klp_patch *patch);
bool klp_same_symbol(const struct klp_func *a, const struct klp_func *b);
bool klp_same_object(const struct klp_object *a, const struct klp_object *b);

/* ---- check.c -------------------------------------------------------------- */
int klp_check_against_others(struct klp_patch *patch);	/* held */
/* True if @patch is on klp_patches: enabled or in transition.  Does not read *@patch. (held) */
bool klp_patch_is_active(const struct klp_patch *patch);
/* ---- object.c ------------------------------------------------------------- */
/*
 * Checks that @patch may patch the loaded object.  Returns -EINVAL if the object is itself a
 * livepatch module, -ENOEXEC if it is another build than the one that the patch was made for.
 *
 * Why a livepatch module is refused: suppose that a function of an older patch is patched.  A
 * task in the new version then runs inside the older patch, but no function of the older patch
 * is on its stack, so the judgement of the stack would overlook it.  This rule ensures that no
 * version of a function has versions of its own.
 */
int klp_check_target(const struct klp_patch *patch, const struct klp_object *obj);
/* Looks up the functions of a loaded object and reserves their hooks.  Does not write to text. */
int klp_resolve_object(struct klp_patch *patch, struct klp_object *obj);
void klp_unresolve_object(struct klp_object *obj);
/* Pushes all functions of @obj and arms their slots. -EBUSY: see klp_hook_may_push(). */
int klp_patch_object(struct klp_object *obj);
void klp_unpatch_object(struct klp_object *obj);
/* Callbacks; post_unpatch_enabled decides which of them run. pre_patch: 0 or a negative errno. */
int klp_pre_patch_callback(struct klp_object *obj);
void klp_post_patch_callback(struct klp_object *obj);
void klp_pre_unpatch_callback(struct klp_object *obj);
void klp_call_pre_unpatch(struct klp_patch *patch);	/* for each patched object */
void klp_post_unpatch_callback(struct klp_object *obj);
/* Logs the error that ksym_find() returned, and returns the error for the caller to return. */
int klp_symbol_error(int error, const char *object, const char *name, unsigned long pos);

/* ---- module.c ---------------------------------------------------------------- */
/*
 * The module @name if its coming has been handled and its going has not, or NULL.  The module
 * stays while klp_mutex is held, without a reference, because going takes klp_mutex. (held)
 */
struct module *klp_find_alive_module(const char *name);

/* ---- origin.c -------------------------------------------------------------- */
/*
 * Both check that the loaded object @obj is what the patch was made for: the first compares its
 * functions, whose addresses are known, the second its module.  A patch without such entries
 * accepts any object. -ENOEXEC with a log line, -ENOMEM. (held)
 */
int klp_check_texts(const struct klp_patch *patch, struct klp_object *obj);
int klp_check_base(const struct klp_patch *patch, const struct klp_object *obj);
/*
 * Checks the form of the origin entries of @mod, which is being loaded.  From then on @mod
 * holds a reference on the module of its predecessor, the patch that it was made on top of.
 * -ENOEXEC, -ENOENT (the predecessor is not loaded), -ENOMEM. (task)
 */
int klp_module_origin(struct module *mod);
/* Checks that the predecessor of @patch is enabled; it then stays enabled. -EINVAL. (held) */
int klp_check_predecessor(const struct klp_patch *patch);
/* True, with a log line that names it, if an active patch was made on top of @patch. (held) */
bool klp_has_followers(const struct klp_patch *patch);
/*
 * The module of the predecessor of @mod if it is loaded, or NULL.  It stays while @mod holds a
 * reference on it, which is so after klp_module_origin(). (any)
 */
struct module *klp_predecessor_module(const struct module *mod);

/* ---- reloc.c ---------------------------------------------------------------- */
int klp_module_relocate(struct module *mod);	/* an entry of the MODULE_NOTIFIER() table */
/* Checks that every object for which @patch has relocations is one of its objects. -EINVAL. */
int klp_check_relocs(const struct klp_patch *patch);
/*
 * Applies the relocations for the loaded module @obj: all of them or none.  The relocations
 * stay applied when the patch is gone: the places keep their values.
 */
int klp_relocate_object(struct klp_patch *patch, struct klp_object *obj);
/* Clears the relocations if they were applied. */
void klp_clear_object(struct klp_patch *patch, struct klp_object *obj);

/* ---- replace.c ------------------------------------------------------------ */
/* Adds a nop for each function that the older patches have and @patch does not. -ENOMEM. */
int klp_add_nops(struct klp_patch *patch);
/* Takes the nops off their hooks.  The older patches must have left the hooks first. */
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
	unsigned refs;			/* functions of patches, and probes, that use the hook */
	u64 resolution;			/* the last run of klp_resolve_object() that met the hook */
	u8 slot[SLOT_SIZE];		/* what the text contains now */
	unsigned long goes_to;		/* where a call goes: the version, or the selector */
	/* where slot or trap leads: the tracer, or goes_to; read without a lock */
	unsigned long leads_to;
	struct trace_site *site;	/* NULL until the function is traced for the first time */
	bool traced;
	struct kprobe *probes;		/* newest first; the trap reads it without a lock */
	struct klp_hook *next_trapped;	/* while it has probes */
	struct klp_hook *next_in_bucket;
};

/* The hook of the function at @func with a reference; created if needed. -EINVAL: no slot. */
int klp_hook_get(unsigned long func, struct klp_hook **out);
/* The same for a tracer.  A new hook gets no selector, which only versions need. */
int klp_hook_get_for_trace(unsigned long func, struct klp_hook **out);
/* Takes effect with klp_hooks_sync(). Held. */
void klp_hook_set_traced(struct klp_hook *hook, struct trace_site *site, bool traced);
/* Without references a hook is not found; klp_hooks_reap() frees all such hooks in one round. */
void klp_hook_put(struct klp_hook *hook);
void klp_hooks_reap(void);
/* kernel.ftrace_enabled.  It cannot become false while a hook exists. (any) */
bool klp_hooks_are_allowed(void);
/* 0, or -EBUSY if kernel.ftrace_enabled is 0 or a probe needs the function for itself. */
int klp_hook_may_push(const struct klp_hook *hook);
bool klp_hook_is_patched(const struct klp_hook *hook);
void klp_hook_push(struct klp_func *func);
void klp_hook_pop(struct klp_func *func);
/* Start and size of @version, which is that of @func or one below it on the same hook. */
void klp_hook_range(const struct klp_func *func, const struct hook_version *version,
		    unsigned long *start, unsigned long *size);
/* Makes every slot what the versions require: NOP, jump to the selector, or direct jump. */
void klp_hooks_sync(void);
/*
 * If a patch has replaced the function at @func, returns true and the range of the newest
 * version.  Without klp_mutex the answer may be out of date when it returns. (task)
 */
bool klp_hook_newest_range(unsigned long func, unsigned long *start, unsigned long *size);
/* From now on handlers run @p first. (held) */
void klp_hook_add_probe(struct klp_hook *hook, struct kprobe *p);
/* Takes @p off @hook.  On return every trap that saw @p is over, and so are its handlers. (held) */
void klp_hook_remove_probe(struct klp_hook *hook, struct kprobe *p);
/* The hook on which @p is registered, or NULL.  Does not read *@p. (held) */
struct klp_hook *klp_hook_of_probe(const struct kprobe *p);
/* The hook with probes at @func, or NULL. (trap, interrupts off) */
struct klp_hook *klp_hook_trapped_at(unsigned long func);

/* ---- traced_slots.c ------------------------------------------------------- */
/* The site of the function at @func if the function has ever been traced, else NULL. (held) */
struct trace_site *klp_trace_site_of(unsigned long func);

/* ---- transition.c --------------------------------------------------------- */
void klp_init_transition(struct klp_patch *patch, int target);
void klp_start_transition(void);
void klp_cancel_transition(void);
void klp_reverse_transition(void);
void klp_force_transition(void);
void klp_complete_if_done(void);
/* Calls fn for every task and every idle task, without a lock held; calls cond_resched(). (task) */
void klp_for_each_task(void (*fn)(struct task *task));
void klp_transition_init(void);

/* ---- ranges.c ---------------------------------------------------------------- */
/*
 * Computes the forbidden ranges of the transition, after a serialising round.
 * klp_ranges_reserve() must have allocated the room. (task, no spinlock held)
 */
void klp_ranges_set(struct klp_patch *patch, int target);
void klp_ranges_clear(void);
int klp_ranges_reserve(unsigned nr_funcs);

/* ---- dynamic_debug.c --------------------------------------------------------- */
/* Logs why @task did not change over, if these messages are on. (task, no spinlock held) */
void klp_debug_look(const struct task *task, const struct klp_judgement *look);

/* ---- nudge.c ---------------------------------------------------------------- */
void klp_nudge_start(void);
void klp_nudge_stop(void);
void klp_send_signals(void);			/* takes no lock (task) */

/* ---- blockers.c --------------------------------------------------------------- */
struct seq_file;
/* Prints "PID NAME cpu N STATE @whatREASON FUNCTION" without a line end. */
void klp_show_look(struct seq_file *m, struct task *task, const struct klp_judgement *look,
		   const char *what);
int klp_blockers_show(struct seq_file *m, void *patch);

/* ---- sysfs.c ---------------------------------------------------------------- */
int klp_sysfs_add(struct klp_patch *patch);
/* Wakes the pollers of `enabled` and `transition`: the contents may have changed. (held) */
void klp_sysfs_changed(struct klp_patch *patch);
/* not held; waits until running methods have returned */
void klp_sysfs_remove(struct klp_patch *patch);
/* Removes the directories of nops, and of objects only for nops; their files take no lock. */
void klp_sysfs_remove_nops(struct klp_patch *patch);

/* ---- state.c ---------------------------------------------------------------- */
bool klp_is_patch_compatible(struct klp_patch *patch);

#endif
