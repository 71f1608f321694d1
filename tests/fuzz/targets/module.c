/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module.c - the module loader on any file, from the digest to the moment before the first instruction of the
 * module would run: sections, symbols, relocations, tables, the checks, livepatch relocations against the
 * kernel. The target makes the digest and the count of the relocations right, since no change would get past
 * them. A file that is accepted has its tables inside of its own memory and in order, and look-ups of its
 * symbols find what a search of the whole table finds.
 *
 * world: kernel
 * sources: kernel/module/loader.c kernel/module/decode.c kernel/module/digest.c kernel/module/place.c
 * sources: kernel/module/relocate.c kernel/module/symbols.c kernel/module/memory.c kernel/module/list.c
 * sources: kernel/module/args.c kernel/module/params.c kernel/module/notify.c kernel/lib/sha256.c
 * sources: kernel/kmem/handed.c livepatch/reloc.c livepatch/slots.c
 * flags: -Wl,--wrap=module_free_params
 * length: 8192
 */
#include <neurath/handed.h>
#include <neurath/ksyms.h>
#include <neurath/module_notifier.h>
#include "../../../kernel/module/internal.h"
#include "../lib/kernel.h"
#include "module_world.h"

static bool accepted;

/* ---- what an accepted module is like --------------------------------------------------------- */

static bool in_core(const struct module *mod, const void *p, size_t size)
{
	return !size || module_memory_holds(&mod->core, (unsigned long)p, size);
}

static void check_tables(const struct module *mod)
{
	CHECK(module_name_is_valid(mod->name));
	CHECK(in_core(mod, mod, sizeof(*mod)));
	CHECK(in_core(mod, mod->exports, mod->num_exports * sizeof(*mod->exports)));
	CHECK(in_core(mod, mod->params, mod->num_params * sizeof(*mod->params)));
	CHECK(in_core(mod, mod->mcount_loc, mod->num_mcount_loc * sizeof(*mod->mcount_loc)));
	for (unsigned i = 0; i < mod->num_mcount_loc; i++) {
		CHECK(module_memory_holds(&mod->core, mod->mcount_loc[i], 5));
		CHECK(!i || mod->mcount_loc[i - 1] <= mod->mcount_loc[i]);
	}
	for (unsigned i = 0; i < mod->num_exports; i++)
		CHECK(module_owns_string(mod, mod->exports[i].name));
	CHECK(!mod->init || module_memory_is_text(&mod->core, (unsigned long)mod->init) ||
	      module_memory_is_text(&mod->init_mem, (unsigned long)mod->init));
	CHECK(!mod->exit || module_memory_is_text(&mod->core, (unsigned long)mod->exit));
}

/* The number of text symbols with the name of symbol @of in memory that stays, and the first of them. */
static unsigned count_names(const struct module *mod, const char *name, unsigned long *first)
{
	unsigned n = 0;

	for (unsigned i = 0; i < mod->num_symtab; i++) {
		const Elf64_Sym *sym = &mod->symtab[i];

		if ((mod->symtypes[i] | 32) != 't' || strcmp(mod->strtab + sym->st_name, name) ||
		    sym->st_value - (unsigned long)mod->core.base >= mod->core.size)
			continue;
		if (!n++)
			*first = sym->st_value;
	}
	return n;
}

static void check_symbols(struct module *mod)
{
	struct ksym found;

	for (unsigned i = 1; i < mod->num_symtab && i < 64; i++) {
		const Elf64_Sym *sym = &mod->symtab[i];
		unsigned long first = 0;
		unsigned n = count_names(mod, mod->strtab + sym->st_name, &first);
		int error = ksym_find(mod, mod->strtab + sym->st_name, 0, &found);

		CHECK_EQ(error, n == 0 ? -ENOENT : n == 1 ? 0 : -EEXIST);
		CHECK(n != 1 || found.start == first);
		if (mod->symtypes[i] && ksym_lookup(sym->st_value, &found))
			CHECK(sym->st_value - found.start < max(found.size, 1UL));
	}
	for (unsigned i = 1; i < mod->num_by_address; i++)
		CHECK(mod->symtab[mod->by_address[i - 1]].st_value <= mod->symtab[mod->by_address[i]].st_value);
}

/* ---- the notifiers: live patching, and then the end --------------------------------------------- */

int klp_module_relocate(struct module *mod);

static int stop_before_init(struct module *mod)
{
	accepted = true;
	check_tables(mod);
	check_symbols(mod);
	return -ECANCELED;
}

MODULE_NOTIFIER(fuzz_notifier) = {
	.relocate = klp_module_relocate,
	.coming = stop_before_init,
};

/* Would call the free operation of a parameter, which may be text of the module. */
void __wrap_module_free_params(struct module *mod);
void __wrap_module_free_params(struct module *mod)
{
}

/* ---- the file ---------------------------------------------------------------------------------------- */

#define SEAL	(4 + 8 + SHA256_SIZE + 24)

/* The relocations that a file has, if it can be decoded. */
static unsigned count_relocations(const u8 *file, size_t len)
{
	struct elfmod m = { .image = file, .len = len, .this_module_size = sizeof(struct module),
			    .init_offset = offsetof(struct module, init),
			    .exit_offset = offsetof(struct module, exit) };
	unsigned n;

	if (elfmod_decode(&m))
		CHECK(m.why[0]);
	n = m.nr_relocations;
	elfmod_release(&m);
	return n;
}

/* Appends what tools/moduleseal.py appends. */
static void seal(u8 *file, size_t len)
{
	u32 relocations = count_relocations(file, len);

	memcpy(file + len, &relocations, 4);
	memset(file + len + 4, 0, 8);
	sha256(file, len + 12, file + len + 12);
	memcpy(file + len + 12 + SHA256_SIZE, ELFMOD_SEAL_MAGIC, 24);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 *file = host_alloc(size + SEAL);
	int error;

	module_world_begin();
	memcpy(file, data, size);
	seal(file, size);
	accepted = false;
	error = module_load_image(file, size + SEAL, kstrdup("", GFP_KERNEL));
	CHECK(error == (accepted ? -ECANCELED : error) && error < 0);
	CHECK(accepted || kernel_log[0]);
	host_free(file);
	module_world_end();
	return 0;
}
