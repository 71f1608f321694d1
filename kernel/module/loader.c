/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader: from a file in memory to a LIVE module.
 *
 *	digest, decode, place, memory	no effect is visible
 *	the name is taken		UNFORMED
 *	symbols, relocations, tables
 *	sealed, entry slots registered
 *	COMING				address look-ups find the module
 *	module_notify_coming()		patches for it are applied before its first instruction runs
 *	parameters, /sys/module/NAME
 *	init				LIVE; init memory is freed
 *
 * A step that fails undoes the earlier ones in reverse order, and logs the reason in one line
 * (callbacks of the module and live patching write their own line).  Process context, no locks
 * held.
 */
#include <neurath/hook.h>
#include <neurath/mm.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/sort.h>
#include "internal.h"

#define MODULE_SMALL	(64 * 1024UL)

_Static_assert(ELFMOD_NAME_LEN == MODULE_NAME_LEN, "one limit of names");

void *elfmod_alloc(size_t size)
{
	void *p = size <= MODULE_SMALL ? kmalloc(size, GFP_KERNEL) : vmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void elfmod_free(const void *p)
{
	unsigned long va = (unsigned long)p;

	if (va >= VMAP_BASE && va < VMAP_END)
		vfree((void *)p);
	else
		kfree(p);
}

/* Frees everything except the pages, which contain @mod itself. */
static void module_free_parts(struct module *mod)
{
	module_free_params(mod);
	module_drop_uses(mod);
	module_free_klp_info(mod);
	elfmod_free(mod->symtab);
	elfmod_free(mod->symtypes);
	elfmod_free(mod->by_address);
	elfmod_free(mod->by_name);
	elfmod_free(mod->strtab);
	kfree(mod->args);
	kfree(mod->version);
}

void module_release(struct module *mod)
{
	struct module_memory core = mod->core, init = mod->init_mem;

	module_free_parts(mod);
	module_memory_free(&init);
	module_memory_free(&core);
}

/* ---- before the module is visible ------------------------------------------ */

/* A module fits exactly one build, since it was compiled against the structures of that build. */
static int module_check_build(struct elfmod *m)
{
	const char *id = elfmod_info(m, "buildid", NULL);

	if (id && strcmp(id, kernel_build_id()) == 0)
		return 0;
	scnprintf(m->why, sizeof(m->why), "built for kernel %s, this is %s", id ? id : "unknown",
		  kernel_build_id());
	return -ENOEXEC;
}

/*
 * Takes over struct module in the loaded image.  Of the file's bytes it keeps only the name,
 * which must equal the one in .modinfo; relocations set init and exit.
 */
static int module_adopt(struct load_info *info, struct module_memory core,
			struct module_memory init)
{
	struct elfmod *m = &info->elf;
	struct module *mod = (struct module *)elfmod_address(m, m->this_module);

	if (strncmp(mod->name, m->name, MODULE_NAME_LEN) != 0 || mod->init || mod->exit)
		return elfmod_refuse(m, -ENOEXEC, "struct module does not belong to ", m->name);
	memset(mod, 0, sizeof(*mod));
	strscpy(mod->name, m->name, sizeof(mod->name));
	mod->state = MODULE_STATE_UNFORMED;
	mod->core = core;
	mod->init_mem = init;
	mod->klp = m->livepatch;
	memcpy(mod->digest, m->digest, sizeof(mod->digest));
	/* the loader's reference, until the module is LIVE */
	atomic_set(&mod->refcnt, MODULE_REF_BASE + 1);
	INIT_LIST_HEAD(&mod->users);
	INIT_LIST_HEAD(&mod->uses);
	info->mod = mod;
	return 0;
}

static int module_layout(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	struct module_memory core, init;
	int error = elfmod_unseal(m);

	if (!error)
		error = elfmod_decode(m);
	if (!error)
		error = module_check_build(m);
	if (!error && m->nr_relocations != m->sealed_relocations)
		error = elfmod_refuse(m, -ENOEXEC,
				      "it has another number of relocations than it was built with",
				      NULL);
	if (!error)
		error = elfmod_place(m);
	if (!error)
		error = module_memory_alloc(m, &core, &init);
	if (error)
		return error;
	elfmod_load(m);
	error = module_adopt(info, core, init);
	if (error) {
		module_memory_free(&init);
		module_memory_free(&core);
	}
	return error;
}

/* ---- UNFORMED: the name is taken ---------------------------------------------- */

/* Sorts the slots, and removes those in init memory, which is freed after init. */
static void module_keep_slots(struct module *mod)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < mod->num_mcount_loc; i++) {
		if (module_memory_holds(&mod->core, mod->mcount_loc[i], SLOT_SIZE))
			mod->mcount_loc[kept++] = mod->mcount_loc[i];
	}
	mod->num_mcount_loc = kept;
	sort_by_address(mod->mcount_loc, kept, sizeof(*mod->mcount_loc));
}

static int module_find_tables(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	struct module *mod = info->mod;
	unsigned int exports, params, slots;
	int error = elfmod_find(m, "set_export", sizeof(struct kernel_symbol), &exports);

	if (!error)
		error = elfmod_find(m, "__param", sizeof(struct kernel_param), &params);
	if (!error)
		error = elfmod_find(m, "__mcount_loc", sizeof(unsigned long), &slots);
	if (error)
		return error;
	if (exports) {
		mod->exports = (const void *)elfmod_address(m, exports);
		mod->num_exports = m->sections[exports].sh_size / sizeof(struct kernel_symbol);
	}
	if (params) {
		mod->params = (const void *)elfmod_address(m, params);
		mod->num_params = m->sections[params].sh_size / sizeof(struct kernel_param);
	}
	if (slots) {
		mod->mcount_loc = (void *)elfmod_address(m, slots);
		mod->num_mcount_loc = m->sections[slots].sh_size / sizeof(unsigned long);
		module_keep_slots(mod);
	}
	return 0;
}

static int module_check_functions(struct load_info *info)
{
	struct module *mod = info->mod;
	const char *name;

	if (mod->init && !module_memory_is_text(&mod->core, (unsigned long)mod->init) &&
	    !module_memory_is_text(&mod->init_mem, (unsigned long)mod->init))
		return elfmod_refuse(&info->elf, -ENOEXEC, "init is not in its text", NULL);
	if (mod->exit && !module_memory_is_text(&mod->core, (unsigned long)mod->exit))
		return elfmod_refuse(&info->elf, -ENOEXEC, "exit is not in its text", NULL);
	mod->permanent = mod->init && !mod->exit;
	return module_check_params(mod, &name) ?
	       elfmod_refuse(&info->elf, -ENOEXEC, "operations or variable that are none, or go "
			     "away with init, of parameter ", name) : 0;
}

static int module_set_version(struct load_info *info)
{
	const char *version = elfmod_info(&info->elf, "version", NULL);

	if (!version)
		return 0;
	info->mod->version = kstrdup(version, GFP_KERNEL);
	return info->mod->version ? 0 : elfmod_refuse(&info->elf, -ENOMEM, "no memory", NULL);
}

/* Every step that can fail without visible effect, up to sealed memory. */
static int module_prepare(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	struct module *mod = info->mod;
	int error = module_resolve(info);

	if (!error)
		error = elfmod_relocate(m);
	if (!error)
		error = module_find_tables(info);
	if (!error)
		error = module_check_functions(info);
	if (!error)
		error = module_set_version(info);
	if (!error)
		error = module_keep_symbols(info);
	if (!error && mod->klp)
		error = module_keep_klp_info(info);
	if (!error && mod->klp)
		error = module_notify_relocate(mod);	/* logs its own errors */
	if (error)
		return error;
	error = module_memory_seal(&mod->core);
	if (!error)
		error = module_memory_seal(&mod->init_mem);
	if (error)
		return elfmod_refuse(m, error, "its pages could not be sealed", NULL);
	error = slots_register(mod, mod->mcount_loc, mod->num_mcount_loc);
	if (error)
		return elfmod_refuse(m, error, "an entry slot is not a NOP", NULL);
	return 0;
}

/* From here on look-ups find names for addresses of @mod, and its exports are visible. */
static int module_form(struct load_info *info)
{
	struct module *mod = info->mod;
	const char *name, *owner;
	int error;

	mutex_lock(&module_mutex);
	error = module_check_exports(mod, &name, &owner);
	if (!error)
		smp_store_release(&mod->state, MODULE_STATE_COMING);
	mutex_unlock(&module_mutex);
	if (error)
		scnprintf(info->elf.why, sizeof(info->elf.why),
			  "exports duplicate symbol %s (owned by %s)", name, owner);
	return error;
}

/* ---- COMING --------------------------------------------------------------------- */

static void module_taint(struct module *mod)
{
	static bool said;

	if (!mod->klp)
		return;
	mod->taints |= BIT(TAINT_LIVEPATCH);
	add_taint(TAINT_LIVEPATCH);
	if (!xchg(&said, true))
		pr_notice("%s: tainting kernel with TAINT_LIVEPATCH\n", mod->name);
}

static void module_free_init(struct module *mod)
{
	struct module_memory init = mod->init_mem;

	mutex_lock(&module_mutex);
	mod->init = NULL;
	WRITE_ONCE(mod->init_mem.base, NULL);
	mutex_unlock(&module_mutex);
	if (!init.base)
		return;
	module_wait_for_readers();	/* readers that looked an address up there are done */
	module_memory_free(&init);
}

static int module_run_init(struct module *mod)
{
	int ret = mod->init ? mod->init() : 0;

	if (ret > 0) {
		pr_warn("%s: '%s'->init suspiciously returned %d, "
			"it should follow 0/-E convention\n", __func__, mod->name, ret);
		pr_warn("%s: loading module anyway...\n", __func__);
		dump_stack();
	}
	return min(ret, 0);
}

static int module_start(struct module *mod)
{
	int error;

	/* A patch enabled at this moment sees the module, and leaves it to coming: klp_alive. */
	race_point();
	error = module_notify_coming(mod);
	if (error) {
		module_set_state(mod, MODULE_STATE_GOING);
		return error;
	}
	error = module_parse_params(mod);
	if (error)
		goto going;
	error = module_sysfs_add(mod);
	if (error) {
		pr_err("%s: cannot create its directory in /sys/module: %d\n", mod->name, error);
		goto going;
	}
	error = module_run_init(mod);
	/* In one step with the test of the references: no other task takes one in between. */
	if (error && module_try_stop(mod, 1))
		goto going;
	if (error)
		pr_err("%s: init failed (%d), but something of it is in use: it stays loaded\n",
		       mod->name, error);
	module_set_state(mod, MODULE_STATE_LIVE);
	module_put(mod);
	module_free_init(mod);
	return 0;

going:
	module_set_state(mod, MODULE_STATE_GOING);
	race_point();
	module_notify_going(mod);
	module_sysfs_remove(mod);
	return error;
}

/*
 * Logs a load that failed.  A step that refuses a module stores the reason in elf.why, and only
 * this function prints it.  Steps that run code of the module or of live patching (notifiers,
 * parameters, init) write their own log line and leave why empty.
 */
static void module_report(const struct elfmod *m, int error)
{
	const char *name = m->name ? m->name : "module";

	if (m->why[0] && m->why_errno)
		pr_err("%s: %s (err %d)\n", name, m->why, error);
	else if (m->why[0])
		pr_err("%s: %s\n", name, m->why);
}

static int module_announce(struct load_info *info)
{
	int error = module_list_add(info->mod);

	if (error == -EEXIST)
		elfmod_refuse(&info->elf, error, "a module of this name is loaded", NULL);
	else if (error)
		elfmod_refuse(&info->elf, error,
			      "a module of this name was being loaded or removed", NULL);
	return error;
}

/* From the file to a running module. info->mod takes over @info->args. */
static int module_load(struct load_info *info)
{
	struct module *mod;
	int error = module_layout(info);

	if (error)
		return error;
	mod = info->mod;
	mod->args = info->args;
	info->args = NULL;
	error = module_announce(info);
	if (error)
		goto release;
	module_taint(mod);
	error = module_prepare(info);
	if (!error)
		error = module_form(info);
	if (!error)
		error = module_start(mod);
	if (!error)
		return 0;
	module_list_remove(mod);
release:
	module_release(mod);
	return error;
}

int module_load_image(const void *image, size_t len, char *args)
{
	struct load_info info = {
		.elf = {
			.image = image, .len = len,
			.this_module_size = sizeof(struct module),
			.init_offset = offsetof(struct module, init),
			.exit_offset = offsetof(struct module, exit),
		},
		.args = args,
	};
	int error = module_load(&info);

	if (error)
		module_report(&info.elf, error);
	elfmod_release(&info.elf);
	kfree(info.args);
	return error;
}
