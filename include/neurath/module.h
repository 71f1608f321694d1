/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loadable modules: their life, their symbols, their parameters; kernel/module implements them.
 * struct module is in the module's own data (THIS_MODULE); the loader accepts only name, init and
 * exit from the file.
 *
 *	UNFORMED -> COMING	the loader, relocated and sealed; the notifiers' coming() follows
 *	COMING -> LIVE		init returned success
 *	COMING -> GOING		a step after COMING failed; the module is then removed
 *	LIVE -> GOING		delete_module(2) with no references left
 *
 * State changes under module_mutex.  The list of modules may be walked with module_mutex
 * held or, in any context, with interrupts off: a module is unlinked first, and freed
 * after synchronize_cpus().
 */
#ifndef NEURATH_MODULE_H
#define NEURATH_MODULE_H

#include <neurath/atomic.h>
#include <neurath/elf.h>
#include <neurath/export.h>
#include <neurath/list.h>
#include <neurath/mutex.h>
#include <neurath/sha256.h>

struct kernfs_node;
struct kobject;

#define MODULE_NAME_LEN	56
#define KSYM_NAME_LEN	512

enum module_state {
	MODULE_STATE_LIVE,
	MODULE_STATE_COMING,
	MODULE_STATE_GOING,
	MODULE_STATE_UNFORMED,		/* not visible by find_module() */
};

/* One mapped range: text R-X at its start, then read-only data, then data. */
struct module_memory {
	char *base;			/* NULL = empty, or freed */
	size_t size;			/* whole pages */
	size_t text_size;		/* whole pages, R-X */
	size_t ro_size;			/* whole pages after text, R-- */
};

/* The ELF of a livepatch module, for relocations that are applied later. */
struct klp_modinfo {
	Elf64_Ehdr hdr;
	Elf64_Shdr *sechdrs;	/* sh_addr: address of the section; for symtab: mod->symtab */
	char *secstrings;
	unsigned int symndx;		/* index of the symbol table's section */
	char *modinfo;			/* strings in sequence */
	size_t modinfo_size;
};

struct kernel_param;

/* Legend: (m) module_mutex, (!) constant once COMING, (a) atomic. */
struct module {
	char name[MODULE_NAME_LEN];	/* (!) */
	int (*init)(void);		/* (!) NULL after the init memory was freed */
	void (*exit)(void);		/* (!) may be NULL */
	bool permanent;			/* (!) init without exit: cannot be unloaded */
	enum module_state state;	/* (m) */
	struct module *next;		/* (m) written; read with interrupts off */
	struct module_memory core;	/* (!) */
	struct module_memory init_mem;	/* (m) freed when LIVE */

	/* Symbols: the file's whole table in its own order, st_value is final. */
	Elf64_Sym *symtab;		/* (!) */
	char *symtypes;			/* (!) nm letter; 0 = not a symbol of loaded memory */
	unsigned int num_symtab;	/* (!) */
	const char *strtab;		/* (!) */
	/* Indices of symtab: (!) loaded symbols by (address, index downwards) */
	u32 *by_address;
	unsigned int num_by_address;	/* (!) */
	u32 *by_name;			/* (!) all by (name, index); NULL for a livepatch module */
	const struct kernel_symbol *exports;	/* (!) */
	unsigned int num_exports;	/* (!) */

	/* References: MODULE_REF_BASE while it is loaded, and one for each user. */
	atomic_t refcnt;		/* (a) */
	struct list_head users;		/* (m) struct module_use.user_node: users of this module */
	struct list_head uses;	/* (m) struct module_use.used_node: modules that this one uses */

	/* Parameters */
	const struct kernel_param *params;	/* (!) */
	unsigned int num_params;	/* (!) */
	char *args;			/* (!) kmalloc'ed command line */

	unsigned long taints;		/* (m) TAINT_ bits */
	char *version;			/* (!) modinfo, kmalloc'ed, or NULL */
	u8 digest[SHA256_SIZE];		/* (!) of its file, without the seal's magic line */

	/* /sys/module/NAME (m) */
	struct kernfs_node *sys_dir, *sys_params, *sys_holders;

	/* Live patching */
	bool klp;			/* (!) modinfo livepatch */
	bool klp_alive;			/* livepatch/module.c: under klp_mutex */
	struct klp_modinfo *klp_info;	/* (!) livepatch modules only */
	void *slots;			/* livepatch/hook.c: slots_register() */
	unsigned long *mcount_loc;	/* (!) addresses of entry slots, in the module's memory */
	unsigned int num_mcount_loc;	/* (!) */
};
#define MODULE_REF_BASE	1

#define TAINT_PROPRIETARY_MODULE	0
#define TAINT_FORCED_MODULE		1
#define TAINT_FORCED_RMMOD		3
#define TAINT_DIE			7
#define TAINT_WARN			9
#define TAINT_OOT_MODULE		12
#define TAINT_LIVEPATCH			15
/* The list, newest first: kernel/base/module_map.c; (m) for writing. */
extern struct module *module_list;
bool module_memory_holds(const struct module_memory *mem, unsigned long addr, size_t size);
bool module_memory_is_text(const struct module_memory *mem, unsigned long addr);

/* Sets a bit of /proc/sys/kernel/tainted; bits are not cleared. (any) */
void add_taint(unsigned int flag);
unsigned long get_taint(void);
/* A summary like "G W K", or "Not tainted". (any) */
const char *print_tainted(void);
/* Writes the letters of @taints; returns their number. */
size_t module_format_taints(unsigned long taints, char *buf);

extern struct mutex module_mutex;

/*
 * The module @name that is not UNFORMED, or NULL.  The caller holds module_mutex or has
 * interrupts off; in the latter case the pointer is valid until they are on again.
 */
struct module *find_module(const char *name);
/* The COMING, LIVE or GOING module whose memory contains @addr; same rules. (any) */
struct module *module_of_address(unsigned long addr);
/* True if @addr is text of a module that may run. (any) */
bool module_text_address(unsigned long addr);

/* False if @mod is going away; true for NULL (the kernel). (any) */
bool try_module_get(struct module *mod);
void __module_get(struct module *mod);	/* caller holds a reference already */
void module_put(struct module *mod);
/* Tasks that wait in delete_module(2) test again. (any) */
void module_wake_waiters(void);
/* Notifies pollers of /sys/module/@name/refcnt, if the module still exists. (task) */
void module_refcnt_changed(const char *name);
/*
 * @user gets a reference on @used: 0, -ENOENT (it is going), -ENOMEM.  Caller holds module_mutex.
 */
int module_use_add(struct module *user, struct module *used);
int module_refcount(struct module *mod);	/* users, without the base; -1 = going */
static inline bool is_livepatch_module(const struct module *mod)
{
	return mod->klp;
}
static inline const char *module_name(const struct module *mod)
{
	return mod ? mod->name : "kernel";
}

/* Letters, digits and _, shorter than MODULE_NAME_LEN: every module's name is of this kind. */
bool module_name_is_valid(const char *name);
/* Walks modules newest first: NULL starts. Caller as for find_module(). */
struct module *module_next(struct module *mod);

/* ---- parameters ----------------------------------------------------------- */
struct kernel_param_ops {
	unsigned int flags;		/* KERNEL_PARAM_OPS_FL_NOARG: "name" without "=value" */
	int (*set)(const char *val, const struct kernel_param *kp);
	int (*get)(char *buffer, const struct kernel_param *kp);	/* at most a page */
	void (*free)(void *arg);
};
#define KERNEL_PARAM_OPS_FL_NOARG	1

struct kparam_string {
	unsigned int maxlen;
	char *string;
};

struct kparam_array {
	unsigned int max;
	unsigned int elemsize;
	unsigned int *num;		/* may be NULL */
	const struct kernel_param_ops *ops;
	void *elem;
};

/* An entry of a module's section "__param". */
struct kernel_param {
	const char *name;
	struct module *mod;
	const struct kernel_param_ops *ops;
	umode_t perm;			/* of /sys/module/NAME/parameters/FILE; 0 = none */
	union {
		void *arg;
		const struct kparam_string *str;
		const struct kparam_array *arr;
	};
};

void module_init_subsystem(void);

#endif
