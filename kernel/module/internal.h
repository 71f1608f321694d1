/* SPDX-License-Identifier: GPL-2.0-or-later */
/* internal.h - what the files of kernel/module share.  See <neurath/module.h> for the marks. */
#ifndef MODULE_INTERNAL_H
#define MODULE_INTERNAL_H

#include <neurath/bug.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/wait.h>
#include "elfmod.h"

/* @user uses an export of @used and holds a reference on it. Both lists under module_mutex. */
struct module_use {
	struct list_head user_node;	/* used->users */
	struct list_head used_node;	/* user->uses */
	struct module *user, *used;
	struct kernfs_node *link;	/* in used's holders directory, or NULL */
};

/* A load in progress: from the file to a struct module. */
struct load_info {
	struct elfmod elf;
	struct module *mod;
	char *args;			/* kmalloc'ed; becomes mod->args */
};

/* list.c */
extern struct wait_queue_head module_wait;	/* a module left COMING or the list */
/* Announces the name: -EEXIST, -EBUSY, or waits for an equal one that is still loading. */
int module_list_add(struct module *mod);
/* After this no new reader finds @mod; those on their way are gone when it returns. (task) */
void module_list_remove(struct module *mod);
void module_set_state(struct module *mod, enum module_state state);
/* @user holds @used from now on: 0, -ENOENT (it is going), -ENOMEM.  Caller holds module_mutex. */
int module_use_add(struct module *user, struct module *used);
void module_drop_uses(struct module *mod);
/* Takes the base reference and @ours of the caller's away: true if nobody else held one. */
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
/* Readers of the list and of addresses, who have interrupts off, are through. */
void module_wait_for_readers(void);
bool module_memory_holds(const struct module_memory *mem, unsigned long addr, size_t size);
bool module_memory_is_text(const struct module_memory *mem, unsigned long addr);

/* loader.c: takes @args over, the caller frees @image */
int module_load_image(const void *image, size_t len, char *args);
void module_release(struct module *mod);	/* frees what a module that nobody runs still has */

/* params.c; args.c parses */
int module_parse_params(struct module *mod);
void module_free_params(struct module *mod);
int module_check_params(const struct module *mod);
int args_parse(const char *owner, char *args, int (*set)(void *ctx, char *name, char *value),
	       void *ctx);

/* sysfs.c */
int module_sysfs_add(struct module *mod);
void module_sysfs_remove(struct module *mod);
size_t module_format_taints(unsigned long taints, char *buf);	/* letters; the count */

/* buildid.c */
const char *kernel_build_id(void);		/* hexadecimal digits */

#endif
