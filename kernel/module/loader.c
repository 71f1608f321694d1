/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loader.c - from a file in memory to a LIVE module.
 *
 *	decode, place, memory		nothing is visible yet
 *	the name is taken		UNFORMED
 *	symbols, relocations, tables
 *	sealed, entry slots registered
 *	COMING				address look-ups find it
 *	klp_module_coming()		patches for it are applied before its first instruction runs
 *	parameters, /sys/module/NAME
 *	init				LIVE; init memory is given back
 *
 * A step that fails undoes the ones before it in reverse order and says why in one log
 * line (a callback of the module or live patching writes its own).  Process context,
 * no locks held.
 */
#include <neurath/klp_module.h>
#include <neurath/hook.h>
#include <neurath/mm.h>
#include <neurath/mutant.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include "internal.h"

#define MODULE_SMALL	(64 * 1024UL)

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

/* Everything but the pages, which hold @mod itself. */
static void module_free_parts(struct module *mod)
{
	module_free_params(mod);
	module_drop_uses(mod);
	module_free_klp_info(mod);
	elfmod_free(mod->symtab);
	elfmod_free(mod->symtypes);
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

/* A module fits exactly one build: it was compiled against its structures. */
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
 * struct module in the loaded image becomes ours: of the file's bytes it keeps the name,
 * which must be the one that .modinfo says; init and exit come by relocation.
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
	atomic_set(&mod->refcnt, MODULE_REF_BASE + 1);	/* ours, until it is LIVE */
	INIT_LIST_HEAD(&mod->users);
	INIT_LIST_HEAD(&mod->uses);
	info->mod = mod;
	return 0;
}

static int module_layout(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	struct module_memory core, init;
	int error = elfmod_decode(m);

	if (!error)
		error = module_check_build(m);
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

/* Slots in memory that goes away after init are of no use to anybody. */
static void module_drop_init_slots(struct module *mod)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < mod->num_mcount_loc; i++) {
		if (module_memory_holds(&mod->core, mod->mcount_loc[i], SLOT_SIZE))
			mod->mcount_loc[kept++] = mod->mcount_loc[i];
	}
	mod->num_mcount_loc = kept;
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
		module_drop_init_slots(mod);
	}
	return 0;
}

static int module_check_functions(struct load_info *info)
{
	struct module *mod = info->mod;

	if (mod->init && !module_memory_is_text(&mod->core, (unsigned long)mod->init) &&
	    !module_memory_is_text(&mod->init_mem, (unsigned long)mod->init))
		return elfmod_refuse(&info->elf, -ENOEXEC, "init is not in its text", NULL);
	if (mod->exit && !module_memory_is_text(&mod->core, (unsigned long)mod->exit))
		return elfmod_refuse(&info->elf, -ENOEXEC, "exit is not in its text", NULL);
	mod->permanent = mod->init && !mod->exit;
	return module_check_params(mod) ?
	       elfmod_refuse(&info->elf, -ENOEXEC, "bad section __param", NULL) : 0;
}

static int module_set_version(struct load_info *info)
{
	const char *version = elfmod_info(&info->elf, "version", NULL);

	if (!version)
		return 0;
	info->mod->version = kstrdup(version, GFP_KERNEL);
	return info->mod->version ? 0 : elfmod_refuse(&info->elf, -ENOMEM, "no memory", NULL);
}

/* Everything that can fail without a trace, up to memory that is sealed. */
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
	if (!error && mod->klp) {
		m->why[0] = '\0';
		error = klp_module_relocate(mod);	/* says itself what is wrong */
	}
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

/* From here addresses of @mod have names, and its exports can be seen. */
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
	module_wait_for_readers();	/* who looked an address up there has done so */
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

	/* A patch that is enabled just now sees the module, but leaves it to coming: klp_alive. */
	race_point();
	error = klp_module_coming(mod);
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
	/* In one step with the look at the references: nobody takes one in between. */
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
	if (!MUTANT(GOING_FORGOTTEN))
		klp_module_going(mod);
	module_sysfs_remove(mod);
	return error;
}

/*
 * Loads the module in image[0..len), which the caller frees afterwards.  @args is
 * kmalloc'ed and taken over.
 */
static int module_load(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	struct module *mod;
	int error = module_layout(info);

	if (error)
		goto report;
	mod = info->mod;
	mod->args = info->args;
	info->args = NULL;
	error = module_list_add(mod);
	if (error) {
		elfmod_refuse(m, error, error == -EEXIST ? "a module of this name is loaded" :
			      "a module of this name was being loaded or removed", NULL);
		goto report_and_free;
	}
	module_taint(mod);
	error = module_prepare(info);
	if (error)
		goto unlink;
	error = module_form(info);
	if (error)
		goto slots;
	error = module_start(mod);
	if (!error)
		return 0;

	module_list_remove(mod);
	module_release(mod);
	return error;			/* who refused has said so */

slots:
unlink:
	module_list_remove(mod);
report_and_free:
	if (strncmp(m->why, "Unknown symbol ", 15) == 0)
		pr_err("%s: %s (err %d)\n", m->name, m->why, error);
	else if (m->why[0])
		pr_err("%s: %s\n", m->name, m->why);
	module_release(mod);
	return error;
report:
	pr_err("%s: %s\n", m->name ? m->name : "module", m->why);
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

	elfmod_release(&info.elf);
	kfree(info.args);
	return error;
}
