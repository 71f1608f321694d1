/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live patching: the interface for a patch module, with the names and meanings of Linux.  A
 * module fills the external fields and calls klp_enable_patch() in its init function.  Everything
 * below "internal" belongs to livepatch/, which clears it first.  The structures stay in the
 * module's memory, not const and not __initdata, or come from kmalloc(): the core holds a
 * reference on the module as long as it uses them.
 *
 * klp_mutex protects internal fields unless noted.
 */
#ifndef LINUX_LIVEPATCH_H
#define LINUX_LIVEPATCH_H

#include <neurath/module.h>
#include <neurath/list.h>
#include <neurath/mutex.h>
#include <neurath/types.h>
#include <neurath/workqueue.h>
#include <neurath/hook.h>
#include <neurath/wait.h>

#define KLP_TRANSITION_IDLE		(-1)
#define KLP_TRANSITION_UNPATCHED	0
#define KLP_TRANSITION_PATCHED		1

struct kernfs_node;
struct klp_hook;
struct klp_object;
struct klp_patch;

/*
 * One version of a function, for the entry selector (hook.h). transition tells the selector that
 * the task's patch_state decides between this version and the one below.  Valid sequences of
 * (patched, transition) of its klp_func:
 *
 *	patching    (0,0) -> (0,1) -> (1,1) -> (1,0)
 *	unpatching  (1,0) -> (1,1) -> (0,1) -> (0,0)
 */

/*
 * struct klp_func - one function to be replaced.
 * @old_name:	name of the function in its object
 * @new_func:	the function that runs instead
 * @old_sympos:	0: the name must be unique; n: the n-th symbol of that name
 */
struct klp_func {
	const char *old_name;
	void *new_func;
	unsigned long old_sympos;

	/* internal */
	unsigned long old_func;		/* 0 while the object is not loaded */
	unsigned long old_size, new_size;
	struct hook_version version;	/* read by the selector without a lock */
	struct klp_hook *hook;		/* of old_func, while patched or about to be */
	struct kernfs_node *dir;
	struct list_head node;		/* klp_object.func_list */
	bool nop;			/* represents the original during a replace */
	bool patched;
};

struct klp_callbacks {
	int (*pre_patch)(struct klp_object *obj);
	void (*post_patch)(struct klp_object *obj);
	void (*pre_unpatch)(struct klp_object *obj);
	void (*post_unpatch)(struct klp_object *obj);
	/* internal: the last pre_patch succeeded, so post_unpatch must run */
	bool post_unpatch_enabled;
};

/*
 * struct klp_object - functions of one module or of the kernel.
 * @name:	module name, NULL for the kernel
 * @funcs:	array, ended by an empty entry
 * @callbacks:	optional functions around patching of this object
 */
struct klp_object {
	const char *name;
	struct klp_func *funcs;
	struct klp_callbacks callbacks;

	/* internal */
	struct kernfs_node *dir;
	struct list_head func_list;
	struct list_head node;		/* klp_patch.obj_list */
	struct module *mod;		/* set while the target module is alive */
	bool dynamic;			/* made by the core, only for nops */
	bool patched;
};

/* struct klp_state - a change of system state that patches hand over; id 0 ends the array. */
struct klp_state {
	unsigned long id;
	unsigned int version;
	void *data;
};

/*
 * struct klp_patch - a live patch.
 * @mod:	the module that contains it: THIS_MODULE
 * @objs:	array, ended by an entry without name and funcs
 * @states:	optional array of system states
 * @replace:	take over from all older patches
 */
struct klp_patch {
	struct module *mod;
	struct klp_object *objs;
	struct klp_state *states;
	bool replace;

	/* internal */
	struct list_head list;		/* klp_patches, in enabling order */
	struct list_head obj_list;
	struct kernfs_node *dir;
	bool enabled;
	bool forced;
	unsigned stack_order;		/* place in klp_patches or 0; read without a lock */
	struct work_struct free_work;
};

#define klp_for_each_object_static(patch, obj) \
	for (obj = (patch)->objs; obj->funcs || obj->name; obj++)
#define klp_for_each_func_static(obj, func) \
	for (func = (obj)->funcs; func->old_name || func->new_func || func->old_sympos; func++)
#define klp_for_each_object(patch, obj)	list_for_each_entry(obj, &(patch)->obj_list, node)
#define klp_for_each_func(obj, func)	list_for_each_entry(func, &(obj)->func_list, node)

/*
 * Starts the transition to @patch; called in the init function of its module, which returns the
 * result. 0: the transition has started, and may have finished.  Errors, with nothing changed:
 * -EINVAL (malformed, symbol not found or ambiguous, incompatible states, enabled already),
 * -ENOENT (size unknown), -ENOEXEC (made for other code than runs), -EBUSY (another transition
 * runs), -EEXIST (directory exists), -ENOMEM, -ENODEV; and the error of a pre_patch callback.
 * (task, in module init)
 */
int klp_enable_patch(struct klp_patch *patch);

/* True while a transition runs; a snapshot. (any) */
bool klp_transition_running(void);

typedef int (*klp_shadow_ctor_t)(void *obj, void *shadow_data, void *ctor_data);
typedef void (*klp_shadow_dtor_t)(void *obj, void *shadow_data);

void *klp_shadow_get(void *obj, unsigned long id);
void *klp_shadow_alloc(void *obj, unsigned long id, size_t size, gfp_t gfp_flags,
		       klp_shadow_ctor_t ctor, void *ctor_data);
void *klp_shadow_get_or_alloc(void *obj, unsigned long id, size_t size, gfp_t gfp_flags,
			      klp_shadow_ctor_t ctor, void *ctor_data);
void klp_shadow_free(void *obj, unsigned long id, klp_shadow_dtor_t dtor);
void klp_shadow_free_all(unsigned long id, klp_shadow_dtor_t dtor);

/*
 * Refers to a symbol that is not exported, a static function or variable of a patched object:
 *
 *	extern int helper(int) KLP_RELOC_SYMBOL(target, target, helper);
 *
 * @lp_obj:	the object for whose patching it is needed: a module of the patch, or vmlinux
 * @sym_obj:	the object of the symbol: the same, or a module that @lp_obj itself uses
 * @pos:	0: the name must be unique there; n: the n-th symbol of that name
 * The reference is filled in when @lp_obj is patched, so only code of the patched functions of
 * that object may use it.  See docs/modules.md.
 */
#define KLP_RELOC_SYMBOL_POS(lp_obj, sym_obj, sym, pos) \
	__asm__("\".klp.sym.rela." #lp_obj "." #sym_obj "." #sym "," #pos "\"")
#define KLP_RELOC_SYMBOL(lp_obj, sym_obj, sym) KLP_RELOC_SYMBOL_POS(lp_obj, sym_obj, sym, 0)

struct klp_state *klp_get_state(struct klp_patch *patch, unsigned long id);
struct klp_state *klp_get_prev_state(unsigned long id);

#endif
