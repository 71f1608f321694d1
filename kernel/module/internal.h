/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declarations that the files of kernel/module share.  See <neurath/module.h> for the marks. */
#ifndef MODULE_INTERNAL_H
#define MODULE_INTERNAL_H

#include <neurath/bug.h>
#include <neurath/handed.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/wait.h>
#include "elfmod.h"

/* @user uses an export of @used and holds a reference on it.  Both lists: module_mutex. */
struct module_use {
	struct list_head user_node;	/* used->users */
	struct list_head used_node;	/* user->uses */
	struct module *user, *used;
	struct kernfs_node *link;	/* in used's holders directory, or NULL */
};

/* A load in progress: the file and its struct module. */
struct load_info {
	struct elfmod elf;
	struct module *mod;
	char *args;			/* kmalloc'ed; becomes mod->args */
};

/* list.c */
extern struct wait_queue_head module_wait;	/* a module left the state COMING or the list */
/* Adds the name: -EEXIST, -EBUSY.  Waits for a module of this name that is being loaded. */
int module_list_add(struct module *mod);
/* No new reader finds @mod; when this returns, earlier readers are done with it. (task) */
void module_list_remove(struct module *mod);
void module_set_state(struct module *mod, enum module_state state);
void module_drop_uses(struct module *mod);
/* Drops the base reference and @ours of the caller: true if there was no other reference. */
bool module_try_stop(struct module *mod, int ours);

/* symbols.c */
int module_resolve(struct load_info *info);
bool module_owns_string(const struct module *mod, const char *s);
int module_check_exports(struct module *mod, const char **name, const char **owner);
int module_keep_symbols(struct load_info *info);
int module_keep_klp_info(struct load_info *info);
void module_free_klp_info(struct module *mod);

/* memory.c */
int module_memory_alloc(struct elfmod *m, struct module_memory *core,
			struct module_memory *init);
int module_memory_seal(struct module_memory *mem);
void module_memory_free(struct module_memory *mem);
/* Waits for readers of the list and of addresses, which have interrupts off. */
void module_wait_for_readers(void);

/* notify.c: all notifiers */
int module_notify_relocate(struct module *mod);
int module_notify_coming(struct module *mod);
void module_notify_going(struct module *mod);
bool module_is_leaving(const char *name);
void module_say_why_held(const char *name);

/* loader.c: consumes @args; the caller frees @image */
int module_load_image(const void *image, size_t len, char *args);
/* frees what a module that no longer runs still has */
void module_release(struct module *mod);

/* params.c; args.c splits the line */
int module_parse_params(struct module *mod);
void module_free_params(struct module *mod);
/* -ENOEXEC: the parameter *@name has invalid operations, or an invalid or temporary variable. */
int module_check_params(struct module *mod, const char **name);
int args_parse(const char *owner, char *args, int (*set)(void *ctx, char *name, char *value),
	       void *ctx);

/* sysfs.c */
int module_sysfs_add(struct module *mod);
void module_sysfs_remove(struct module *mod);

/* buildid.c */
const char *kernel_build_id(void);		/* hexadecimal digits */

#endif
