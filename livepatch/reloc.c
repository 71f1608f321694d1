/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Relocations of a patch against symbols that are not exported: static functions and variables
 * of the kernel, and symbols of a module that may load later.
 *
 *	section .klp.rela.OBJECT.SECTION	relocations of SECTION of the patch, applied when
 *						OBJECT (a module, or vmlinux) is loaded
 *	symbol .klp.sym.OBJECT.NAME,POSITION	the symbol whose address is filled in
 *
 * tools/module makes both from KLP_RELOC_SYMBOL() in the source.  Relocations against vmlinux
 * are applied while the patch module is loaded; relocations against a module are applied when
 * that module is patched.  The latter are cleared when the module goes or when its loading is
 * refused, so that it may load again.  When the patch goes they stay applied, because its
 * module may have work left that uses them.  For the same reason a patch that is enabled again
 * leaves them alone, unless its target has been unloaded in between and now has another
 * address.
 *
 * Names are checked once, at loading; kernel/module/decode.c checks the rest of the structure.
 * klp_module_relocate() works on memory that only the loader knows.  The other functions run
 * under klp_mutex on sealed memory, while no CPU runs the code around the places.
 */
#include "internal.h"
#include <neurath/arch.h>
#include <neurath/elf_reloc.h>
#include <neurath/hook.h>
#include <neurath/sched.h>
#include <neurath/string.h>

struct klp_reloc {
	struct module *mod;		/* the module of the patch */
	const char *object;		/* the object for which it is applied */
	/* the module of that object; NULL for vmlinux, and for a check of names */
	struct module *target;
	const char *name;		/* the name of the symbol */
	Elf64_Sym *sym;			/* this file owns its st_value (klp_mutex) */
	u8 *loc;
	unsigned int type, width;
	u64 addend;
};

struct klp_reloc_symbol {
	char object[MODULE_NAME_LEN];
	char name[KSYM_NAME_LEN];
	unsigned long pos;
};

/* ---- names ----------------------------------------------------------------------- */

/* Takes the text before @stop, which must fit in @out; *@at moves behind @stop. */
static bool klp_take_name(const char **at, char stop, char *out, size_t size)
{
	const char *end = strchr(*at, stop);
	size_t n = end ? (size_t)(end - *at) : 0;

	if (n == 0 || n >= size)
		return false;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at = end + 1;
	return true;
}

static bool klp_take_prefix(const char **at, const char *prefix)
{
	size_t n = strlen(prefix);

	if (strncmp(*at, prefix, n) != 0)
		return false;
	*at += n;
	return true;
}

static int klp_parse_section(const char *name, char *object)
{
	const char *at = name;

	if (klp_take_prefix(&at, ".klp.rela.") &&
	    klp_take_name(&at, '.', object, MODULE_NAME_LEN) && *at)
		return 0;
	pr_err("section %s has an incorrectly formatted name\n", name);
	return -EINVAL;
}

static int klp_parse_symbol(const char *name, struct klp_reloc_symbol *out)
{
	const char *at = name;

	if (klp_take_prefix(&at, ".klp.sym.") &&
	    klp_take_name(&at, '.', out->object, sizeof(out->object)) &&
	    klp_take_name(&at, ',', out->name, sizeof(out->name)) &&
	    kstrtoul(at, 10, &out->pos) == 0)
		return 0;
	pr_err("symbol %s has an incorrectly formatted name\n", name);
	return -EINVAL;
}

static bool klp_is_vmlinux(const char *object)
{
	return strcmp(object, "vmlinux") == 0;
}

/* ---- walking ----------------------------------------------------------------------- */

static const char *klp_section_name(const struct module *mod, const Elf64_Shdr *s)
{
	return mod->klp_info->secstrings + s->sh_name;
}

/* The next .klp.rela section after @s (NULL = first), or NULL. */
static Elf64_Shdr *klp_next_section(const struct module *mod, Elf64_Shdr *s)
{
	const struct klp_modinfo *info = mod->klp_info;

	for (s = s ? s + 1 : info->sechdrs; s < info->sechdrs + info->hdr.e_shnum; s++)
		if (s->sh_flags & SHF_RELA_LIVEPATCH)
			return s;
	return NULL;
}

static void klp_decode_reloc(const Elf64_Shdr *s, const Elf64_Rela *rela, struct klp_reloc *r)
{
	r->type = ELF64_R_TYPE(rela->r_info);
	r->width = elf_reloc_width(r->type);
	r->sym = &r->mod->symtab[ELF64_R_SYM(rela->r_info)];
	r->name = r->mod->strtab + r->sym->st_name;
	r->loc = (u8 *)r->mod->klp_info->sechdrs[s->sh_info].sh_addr + rela->r_offset;
	r->addend = rela->r_addend;
}

typedef int (*klp_reloc_fn)(struct klp_reloc *r);

/* Walks up to *@limit relocations of one section; *@limit drops by the number @fn accepted. */
static int klp_walk_section(const Elf64_Shdr *s, struct klp_reloc *r, klp_reloc_fn fn,
			    unsigned long *limit)
{
	const Elf64_Rela *relas = (const Elf64_Rela *)s->sh_addr;
	int error;

	for (u64 i = 0; i < s->sh_size / sizeof(*relas) && *limit; i++) {
		klp_decode_reloc(s, &relas[i], r);
		if (r->type == R_X86_64_NONE)
			continue;
		error = fn(r);
		if (error)
			return error;
		--*limit;
		cond_resched();		/* each step may search a whole symbol table */
	}
	return 0;
}

/*
 * Walks the relocations of @mod that belong to @object (NULL = all), in the order of the file.
 * Those of vmlinux are walked before the memory is sealed, those of a @target afterwards.
 */
static int klp_walk_relocs(struct module *mod, const char *object, struct module *target,
			   klp_reloc_fn fn, unsigned long *limit)
{
	char section_object[MODULE_NAME_LEN];
	struct klp_reloc r = { .mod = mod, .object = section_object, .target = target };
	Elf64_Shdr *s;
	int error;

	for (s = klp_next_section(mod, NULL); s; s = klp_next_section(mod, s)) {
		error = klp_parse_section(klp_section_name(mod, s), section_object);
		if (!error && (!object || strcmp(section_object, object) == 0))
			error = klp_walk_section(s, &r, fn, limit);
		if (error)
			return error;
	}
	return 0;
}

/* ---- one relocation ------------------------------------------------------------------ */

/* The patch called @name below the one in @mod, or NULL.  It stays as long as @mod is loaded. */
static struct module *klp_earlier_module(const struct module *mod, const char *name)
{
	struct module *other = klp_predecessor_module(mod);

	while (other && strcmp(other->name, name) != 0)
		other = klp_predecessor_module(other);
	return other;
}

static int klp_check_reloc(struct klp_reloc *r)
{
	struct klp_reloc_symbol symbol;
	int error;

	if (r->sym->st_shndx != SHN_LIVEPATCH) {
		pr_err("symbol %s is not marked as a livepatch symbol\n", r->name);
		return -EINVAL;
	}
	error = klp_parse_symbol(r->name, &symbol);
	if (error)
		return error;
	if (klp_is_vmlinux(symbol.object) && !klp_is_vmlinux(r->object)) {
		pr_err("invalid access to vmlinux symbol '%s' from module-specific livepatch "
		       "relocation section\n", symbol.name);
		return -EINVAL;
	}
	if (!klp_is_vmlinux(symbol.object) && klp_is_vmlinux(r->object) &&
	    !klp_earlier_module(r->mod, symbol.object)) {
		pr_err("invalid access to symbol '%s' of module '%s' from livepatch relocation "
		       "section of vmlinux\n", symbol.name, symbol.object);
		return -EINVAL;
	}
	return 0;
}

/*
 * Takes no reference on the target.  The target stays until klp_module_going(), which waits for
 * klp_mutex; a reference would make rmmod report a user.
 */
static int klp_find_symbol(const struct klp_reloc *r, const struct klp_reloc_symbol *symbol,
			   struct ksym *found)
{
	struct module *other;

	if (klp_is_vmlinux(symbol->object))
		return ksym_find_any(NULL, symbol->name, symbol->pos, found);
	other = klp_earlier_module(r->mod, symbol->object);
	if (other)
		return ksym_find_any(other, symbol->name, symbol->pos, found);
	if (strcmp(symbol->object, r->target->name) == 0)
		return ksym_find_any(r->target, symbol->name, symbol->pos, found);
	other = klp_find_alive_module(symbol->object);
	return other ? ksym_find_any(other, symbol->name, symbol->pos, found) : -ENOENT;
}

static int klp_resolve_reloc(struct klp_reloc *r)
{
	struct klp_reloc_symbol symbol;
	struct ksym found;
	int error = klp_parse_symbol(r->name, &symbol);

	if (error)
		return error;
	error = klp_find_symbol(r, &symbol, &found);
	if (error)
		return klp_symbol_error(error, symbol.object, symbol.name, symbol.pos);
	r->sym->st_value = found.start;
	return 0;
}

static void klp_write_reloc(const struct klp_reloc *r, const void *bytes)
{
	if (r->target)
		text_poke_copy((unsigned long)r->loc, bytes, r->width);
	else
		memcpy(r->loc, bytes, r->width);
}

static int klp_apply_reloc(struct klp_reloc *r)
{
	static const u8 zero[8];
	u64 value;
	bool fits = elf_reloc_compute(r->type, (unsigned long)r->loc, r->sym->st_value, r->addend,
				      &value);

	if (memcmp(r->loc, zero, r->width) != 0) {
		printk(KERN_ERR "x86/modules: Invalid relocation target, "
		       "existing value is nonzero for type %d, loc %p, val %lx\n", r->type, r->loc,
		       value);
		return -ENOEXEC;
	}
	if (!fits) {
		printk(KERN_ERR "x86/modules: overflow in relocation type %d val %lx, "
		       "for symbol %s\n", r->type, value, r->name);
		return -ENOEXEC;
	}
	klp_write_reloc(r, &value);	/* little endian: the low bytes come first */
	return 0;
}

static int klp_clear_reloc(struct klp_reloc *r)
{
	static const u8 zero[8];
	u64 value;

	elf_reloc_compute(r->type, (unsigned long)r->loc, r->sym->st_value, r->addend, &value);
	if (memcmp(r->loc, &value, r->width) == 0)
		klp_write_reloc(r, zero);
	else
		printk(KERN_WARNING "x86/modules: Invalid relocation target, "
		       "existing value does not match expected value for type %d, loc %p, "
		       "val %lx\n", r->type, r->loc, value);
	return 0;
}

/* Fails if the address of the symbol has changed since the place was filled. */
static int klp_check_in_place(struct klp_reloc *r)
{
	struct klp_reloc_symbol symbol;
	struct ksym found;

	if (klp_parse_symbol(r->name, &symbol) || klp_find_symbol(r, &symbol, &found))
		return -ENOENT;
	return found.start == r->sym->st_value ? 0 : -ESTALE;
}

/* ---- all of an object -------------------------------------------------------------------- */

/* Finds all symbols first; then fills all places or none. */
static int klp_apply_relocs(struct module *mod, const char *object, struct module *target)
{
	unsigned long limit = ULONG_MAX, done;
	int error = klp_walk_relocs(mod, object, target, klp_resolve_reloc, &limit);

	if (error)
		return error;
	limit = ULONG_MAX;
	error = klp_walk_relocs(mod, object, target, klp_apply_reloc, &limit);
	if (!error)
		return 0;
	done = ULONG_MAX - limit;
	klp_walk_relocs(mod, object, target, klp_clear_reloc, &done);
	return error;
}

int klp_module_relocate(struct module *mod)
{
	unsigned long limit = ULONG_MAX;
	int error = klp_module_origin(mod);

	if (!error)
		error = klp_walk_relocs(mod, NULL, NULL, klp_check_reloc, &limit);
	return error ? error : klp_apply_relocs(mod, "vmlinux", NULL);
}

int klp_check_relocs(const struct klp_patch *patch)
{
	const struct klp_object *obj;
	Elf64_Shdr *s;
	char object[MODULE_NAME_LEN];
	bool found;

	for (s = klp_next_section(patch->mod, NULL); s; s = klp_next_section(patch->mod, s)) {
		if (klp_parse_section(klp_section_name(patch->mod, s), object))
			return -EINVAL;
		found = klp_is_vmlinux(object);
		klp_for_each_object_static(patch, obj)
			found = found || (obj->name && strcmp(obj->name, object) == 0);
		if (!found) {
			pr_err("section %s: the patch has no object '%s', "
			       "so nothing would apply it\n", klp_section_name(patch->mod, s),
			       object);
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * The section headers record whether the relocations are applied.  This file owns the headers;
 * the object belongs to the module, which may write any value into it.
 */
static void klp_set_relocated(struct klp_patch *patch, const struct klp_object *obj, bool on)
{
	char object[MODULE_NAME_LEN];
	Elf64_Shdr *s;

	for (s = klp_next_section(patch->mod, NULL); s; s = klp_next_section(patch->mod, s)) {
		if (klp_parse_section(klp_section_name(patch->mod, s), object) == 0 &&
		    strcmp(object, obj->name) == 0)
			s->sh_flags = on ? s->sh_flags | SHF_KLP_APPLIED :
					   s->sh_flags & ~SHF_KLP_APPLIED;
	}
}

static bool klp_is_relocated(struct klp_patch *patch, const struct klp_object *obj)
{
	char object[MODULE_NAME_LEN];
	Elf64_Shdr *s;

	for (s = klp_next_section(patch->mod, NULL); s; s = klp_next_section(patch->mod, s)) {
		if ((s->sh_flags & SHF_KLP_APPLIED) &&
		    klp_parse_section(klp_section_name(patch->mod, s), object) == 0 &&
		    strcmp(object, obj->name) == 0)
			return true;
	}
	return false;
}

/* True if the patch was enabled before and every symbol still has the same address. */
static bool klp_relocs_in_place(struct klp_patch *patch, struct klp_object *obj)
{
	unsigned long limit = ULONG_MAX;

	return klp_is_relocated(patch, obj) &&
	       klp_walk_relocs(patch->mod, obj->name, obj->mod, klp_check_in_place, &limit) == 0;
}

int klp_relocate_object(struct klp_patch *patch, struct klp_object *obj)
{
	int error;

	assert_mutex_held(&klp_mutex);
	if (!klp_is_module(obj) || !klp_next_section(patch->mod, NULL))
		return 0;
	/* Threads and timers of the patch's module may use the places at this moment. */
	if (klp_relocs_in_place(patch, obj))
		return 0;
	/* The symbols are gone: code that still used them would access freed memory anyway. */
	klp_clear_object(patch, obj);
	error = klp_apply_relocs(patch->mod, obj->name, obj->mod);
	klp_set_relocated(patch, obj, !error);
	/* The code runs from now on: no CPU may hold older bytes that it fetched before. */
	smp_sync_core();
	return error;
}

void klp_clear_object(struct klp_patch *patch, struct klp_object *obj)
{
	unsigned long limit = ULONG_MAX;

	assert_mutex_held(&klp_mutex);
	if (!klp_is_relocated(patch, obj))
		return;
	klp_walk_relocs(patch->mod, obj->name, obj->mod, klp_clear_reloc, &limit);
	klp_set_relocated(patch, obj, false);
	smp_sync_core();
}
