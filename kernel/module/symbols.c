/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exported symbols, and the kept part of a module's symbol table.
 *
 * A module sees the exports of the kernel and of LIVE modules, and holds a reference on the
 * modules whose exports it uses.  The whole symbol table of each module is kept, in its own
 * order: live patching finds static functions by name and position, and relocations of a
 * livepatch module that are applied later refer to symbols by index.
 */
#include <neurath/mm.h>
#include <neurath/sort.h>
#include <neurath/string.h>
#include "internal.h"

static const struct kernel_symbol *export_find(const struct kernel_symbol *table, size_t n,
					       const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

static const struct kernel_symbol *export_find_kernel(const char *name)
{
	extern const struct kernel_symbol __start_set_export[], __stop_set_export[];

	return export_find(__start_set_export, __stop_set_export - __start_set_export, name);
}

/* The export @name of a module other than @not.  Caller holds module_mutex. */
static const struct kernel_symbol *export_find_module(const char *name, const struct module *not,
						      struct module **owner)
{
	const struct kernel_symbol *sym;

	assert_mutex_held(&module_mutex);
	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod)) {
		if (mod == not || mod->state == MODULE_STATE_UNFORMED)
			continue;
		sym = export_find(mod->exports, mod->num_exports, name);
		if (sym) {
			*owner = mod;
			return sym;
		}
	}
	return NULL;
}

struct resolve_ctx {
	struct module *user;
	struct module *busy;		/* owner of a symbol, in state COMING */
};

static int module_resolve_one(void *arg, const char *name, u64 *value)
{
	struct resolve_ctx *ctx = arg;
	const struct kernel_symbol *sym = export_find_kernel(name);
	struct module *owner;

	if (!sym) {
		sym = export_find_module(name, ctx->user, &owner);
		if (!sym)
			return -ENOENT;
		if (owner->state == MODULE_STATE_COMING) {
			ctx->busy = owner;
			return -EBUSY;
		}
		int error = module_use_add(ctx->user, owner);

		if (error)
			return error;
	}
	*value = (unsigned long)sym->address;
	return 0;
}

/* @mod may have been freed: only its address is compared. */
static bool module_left_coming(const struct module *busy)
{
	bool left = true;

	mutex_lock(&module_mutex);
	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod)) {
		if (mod == busy && mod->state == MODULE_STATE_COMING)
			left = false;
	}
	mutex_unlock(&module_mutex);
	return left;
}

int module_resolve(struct load_info *info)
{
	struct resolve_ctx ctx = { .user = info->mod };
	int error;

	for (;;) {
		ctx.busy = NULL;
		mutex_lock(&module_mutex);
		error = elfmod_resolve(&info->elf, module_resolve_one, &ctx);
		mutex_unlock(&module_mutex);
		if (error != -EBUSY || !ctx.busy)
			return error;
		/* The owner runs its init: the symbol can be used when init has succeeded. */
		error = wait_event_interruptible(module_wait, module_left_coming(ctx.busy));
		if (error)
			return elfmod_refuse(&info->elf, error, "interrupted", NULL);
	}
}

/* A compiler makes the tables, but the file comes from an untrusted source. */
bool module_owns_string(const struct module *mod, const char *s)
{
	unsigned long end = (unsigned long)mod->core.base + mod->core.size;

	return module_memory_holds(&mod->core, (unsigned long)s, 1) &&
	       memchr(s, '\0', end - (unsigned long)s);
}

int module_check_exports(struct module *mod, const char **name, const char **owner)
{
	for (unsigned int i = 0; i < mod->num_exports; i++) {
		struct module *other = NULL;

		*name = mod->exports[i].name;
		*owner = "nobody: its name is not in the module";
		if (!module_owns_string(mod, *name)) {
			*name = "?";
			return -ENOEXEC;
		}
		if (export_find_kernel(*name) || export_find_module(*name, mod, &other)) {
			*owner = module_name(other);
			return -ENOEXEC;
		}
	}
	return 0;
}

/* The letter that nm would print; 0 for a symbol outside of loaded memory. */
static char module_symbol_type(const struct elfmod *m, const Elf64_Sym *sym)
{
	unsigned int type = ELF64_ST_TYPE(sym->st_info);
	const Elf64_Shdr *s;
	char letter;

	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx >= m->nr_sections || !sym->st_name ||
	    type == STT_SECTION || type == STT_FILE ||
	    m->place[sym->st_shndx].region == REGION_NONE)
		return 0;
	s = &m->sections[sym->st_shndx];
	if (elfmod_is_text(m, sym->st_shndx))
		letter = 't';
	else if (s->sh_type == SHT_NOBITS)
		letter = 'b';
	else
		letter = (s->sh_flags & SHF_WRITE) ? 'd' : 'r';
	return ELF64_ST_BIND(sym->st_info) == STB_LOCAL ? letter : letter - 'a' + 'A';
}

/* ---- sorted orders for look-ups ---------------------------------------------------- */

/* Of symbols with one address the first counts: look-ups search downwards. */
static bool symbol_before_by_address(const void *arg, u32 a, u32 b)
{
	const Elf64_Sym *symtab = ((const struct module *)arg)->symtab;

	if (symtab[a].st_value != symtab[b].st_value)
		return symtab[a].st_value < symtab[b].st_value;
	return a > b;
}

static bool symbol_before_by_name(const void *arg, u32 a, u32 b)
{
	const struct module *mod = arg;
	int order = strcmp(mod->strtab + mod->symtab[a].st_name,
			   mod->strtab + mod->symtab[b].st_name);

	return order ? order < 0 : a < b;
}

/* No look-up uses the order before num_by_address is set. */
static int module_sort_symbols(struct module *mod)
{
	unsigned int n = 0;

	mod->by_address = elfmod_alloc(mod->num_symtab * sizeof(u32));
	if (!mod->by_address)
		return -ENOMEM;
	for (unsigned int i = 1; i < mod->num_symtab; i++)
		if (mod->symtypes[i])
			mod->by_address[n++] = i;
	sort_numbers(mod->by_address, n, symbol_before_by_address, mod);
	smp_store_release(&mod->num_by_address, n);
	if (is_livepatch_module(mod))
		return 0;
	mod->by_name = elfmod_alloc(mod->num_symtab * sizeof(u32));
	if (!mod->by_name)
		return -ENOMEM;
	for (unsigned int i = 0; i < mod->num_symtab; i++)
		mod->by_name[i] = i;
	sort_numbers(mod->by_name, mod->num_symtab, symbol_before_by_name, mod);
	return 0;
}

int module_keep_symbols(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	struct module *mod = info->mod;
	char *strings = elfmod_alloc(m->strings_size);

	mod->symtypes = elfmod_alloc(m->nr_symbols);
	mod->strtab = strings;
	if (!strings || !mod->symtypes)
		return elfmod_refuse(m, -ENOMEM, "no memory for symbols", NULL);
	memcpy(strings, m->strings, m->strings_size);
	for (unsigned int i = 1; i < m->nr_symbols; i++)
		mod->symtypes[i] = module_symbol_type(m, &m->symbols[i]);
	mod->num_symtab = m->nr_symbols;
	mod->symtab = m->symbols;
	m->symbols = NULL;
	if (module_sort_symbols(mod))
		return elfmod_refuse(m, -ENOMEM, "no memory for symbols", NULL);
	return 0;
}

/* Called after module_keep_symbols(): the saved section header points to the kept copy. */
int module_keep_klp_info(struct load_info *info)
{
	struct elfmod *m = &info->elf;
	const Elf64_Shdr *names = &m->sections[m->hdr.e_shstrndx];
	size_t headers = m->nr_sections * sizeof(Elf64_Shdr);
	struct klp_modinfo *klp = kzalloc(sizeof(*klp), GFP_KERNEL);

	info->mod->klp_info = klp;
	if (!klp)
		return elfmod_refuse(m, -ENOMEM, "no memory for livepatch information", NULL);
	klp->sechdrs = elfmod_alloc(headers);
	klp->secstrings = elfmod_alloc(names->sh_size);
	klp->modinfo = elfmod_alloc(m->modinfo_size);
	if (!klp->sechdrs || !klp->secstrings || !klp->modinfo)
		return elfmod_refuse(m, -ENOMEM, "no memory for livepatch information", NULL);
	klp->hdr = m->hdr;
	klp->symndx = m->symtab_index;
	klp->modinfo_size = m->modinfo_size;
	memcpy(klp->modinfo, m->modinfo, m->modinfo_size);
	memcpy(klp->sechdrs, m->sections, headers);
	for (unsigned int i = 0; i < m->nr_sections; i++)
		klp->sechdrs[i].sh_flags &= ~(u64)SHF_KLP_APPLIED;
	memcpy(klp->secstrings, m->section_names, names->sh_size);
	klp->sechdrs[klp->symndx].sh_addr = (unsigned long)info->mod->symtab;
	return 0;
}

void module_free_klp_info(struct module *mod)
{
	struct klp_modinfo *klp = mod->klp_info;

	if (!klp)
		return;
	elfmod_free(klp->sechdrs);
	elfmod_free(klp->secstrings);
	elfmod_free(klp->modinfo);
	kfree(klp);
	mod->klp_info = NULL;
}
