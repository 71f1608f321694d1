/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp.c - the checks that klp_enable_patch() makes before it acts, on tables in the memory of a module.
 *
 * The module has eight functions, and its data are four variables. The input is a list of writes into its data
 * and constants: numbers, pointers of several kinds, strings. What the checks accept is walked again here: each
 * table lies in one variable of the module, its functions and callbacks are functions of the module, its names
 * end, nothing is listed twice. What they refuse has a line in the log.
 *
 * world: kernel
 * sources: livepatch/decode.c livepatch/reloc.c kernel/kmem/handed.c kernel/module/decode.c
 * length: 1024
 */
#include <neurath/elf_reloc.h>
#include "../lib/kernel.h"
#include "../../../livepatch/internal.h"
#include "module_world.h"

#define FUNCTIONS	8
#define VARIABLES	4
#define FUNCTION_SIZE	16

struct mutex klp_mutex;
static struct module *mod;
static u8 *constants, *data;
static Elf64_Sym symtab[1 + FUNCTIONS + VARIABLES];
static char symtypes[1 + FUNCTIONS + VARIABLES];
static u32 by_address[FUNCTIONS + VARIABLES];
static Elf64_Shdr sections[2];
static char section_names[128];

/* ---- the module -------------------------------------------------------------------------------- */

void *elfmod_alloc(size_t size)
{
	return kzalloc(size, GFP_KERNEL);
}

void elfmod_free(const void *p)
{
	kfree(p);
}

static unsigned long text_of(unsigned n)
{
	return (unsigned long)mod->core.base + n % FUNCTIONS * FUNCTION_SIZE;
}

static void put_symbol(unsigned n, unsigned long start, unsigned long size, char type)
{
	symtab[n] = (Elf64_Sym){ .st_name = n, .st_shndx = 1, .st_value = start, .st_size = size };
	symtypes[n] = type;
	by_address[n - 1] = n;
}

/* The variables lie one behind the other; @in says where each ends. */
static void put_variables(struct fuzz_input *in)
{
	unsigned long start = (unsigned long)data, end = start + PAGE_SIZE;

	for (unsigned i = 0; i < VARIABLES; i++) {
		unsigned long size = i + 1 == VARIABLES ? end - start : min(fuzz_number(in, 1) * 16, end - start);

		put_symbol(1 + FUNCTIONS + i, start, size, 'd');
		start += size;
	}
}

static void put_module(struct fuzz_input *in)
{
	static const char names[] = "abcdefghijklmnop";
	static struct klp_modinfo info;
	static struct module the_module;

	mod = &the_module;
	*mod = (struct module){ .name = "patch", .state = MODULE_STATE_COMING, .klp = fuzz_number(in, 1) != 255,
				.core = { module_alloc(3 * PAGE_SIZE), 3 * PAGE_SIZE, PAGE_SIZE, PAGE_SIZE },
				.symtab = symtab, .symtypes = symtypes, .strtab = names, .by_address = by_address,
				.num_symtab = 1 + FUNCTIONS + VARIABLES, .num_by_address = FUNCTIONS + VARIABLES,
				.klp_info = &info };
	constants = (u8 *)mod->core.base + PAGE_SIZE;
	data = constants + PAGE_SIZE;
	for (unsigned i = 0; i < FUNCTIONS; i++)
		put_symbol(1 + i, text_of(i), FUNCTION_SIZE, i < FUNCTIONS / 2 ? 't' : 'T');
	put_variables(in);
	info = (struct klp_modinfo){ .sechdrs = sections, .secstrings = section_names };
	info.hdr.e_shnum = 2;
	module_list = mod;
}

/* ---- the input: writes --------------------------------------------------------------------------- */

enum { PUT_NUMBER, PUT_DATA, PUT_CONSTANT, PUT_FUNCTION, PUT_MODULE, PUT_STRING, PUT_SECTION, PUTS };

static u64 pointer(struct fuzz_input *in, unsigned kind)
{
	switch (kind) {
	case PUT_DATA:
		return (unsigned long)data + fuzz_number(in, 2);
	case PUT_CONSTANT:
		return (unsigned long)constants + fuzz_number(in, 2);
	case PUT_FUNCTION:
		return text_of(fuzz_number(in, 1)) + fuzz_number(in, 1);
	case PUT_MODULE:
		return (unsigned long)mod;
	}
	return fuzz_number(in, 8);
}

/* A section with relocations, for klp_check_relocs(). */
static void put_section(unsigned n, const void *name, size_t len)
{
	sections[n].sh_name = n * (sizeof(section_names) / 2);
	sections[n].sh_flags = SHF_RELA_LIVEPATCH;
	len = min(len, sizeof(section_names) / 2 - 1);
	memcpy(section_names + sections[n].sh_name, name, len);
	section_names[sections[n].sh_name + len] = '\0';
}

static void one_write(struct fuzz_input *in)
{
	unsigned kind = fuzz_below(in, PUTS), at = fuzz_number(in, 2) % (2 * PAGE_SIZE);
	size_t len = sizeof(u64);
	u64 value;
	const void *bytes = &value;

	if (kind == PUT_STRING || kind == PUT_SECTION)
		bytes = fuzz_bytes(in, fuzz_number(in, 1), &len);
	else
		value = pointer(in, kind);
	if (kind == PUT_SECTION)
		put_section(at & 1, bytes, len);
	else
		memcpy(constants + at, bytes, min(len, 2 * PAGE_SIZE - at));
}

/* ---- what is accepted ------------------------------------------------------------------------------ */

/* Of @size bytes at @p: all are in one variable of the module. */
static bool in_one_variable(const void *p, size_t size)
{
	unsigned long at = (unsigned long)p;

	for (unsigned i = 0; i < VARIABLES; i++) {
		const Elf64_Sym *v = &symtab[1 + FUNCTIONS + i];

		if (at >= v->st_value && at - v->st_value < v->st_size && size <= v->st_size - (at - v->st_value))
			return true;
	}
	return false;
}

static bool is_function(const void *fn)
{
	for (unsigned i = 0; i < FUNCTIONS; i++)
		if ((unsigned long)fn == text_of(i))
			return true;
	return false;
}

static unsigned check_functions(const struct klp_object *obj)
{
	unsigned n = 0;

	for (const struct klp_func *f = obj->funcs;; f++, n++) {
		CHECK(in_one_variable(obj->funcs, (n + 1) * sizeof(*f)));
		if (!f->old_name && !f->new_func && !f->old_sympos)
			return n;
		CHECK(is_function(f->new_func));
		CHECK(*f->old_name && strlen(f->old_name) < KSYM_NAME_LEN);
		for (const struct klp_func *other = obj->funcs; other < f; other++)
			CHECK(strcmp(other->old_name, f->old_name) ||
			      max(other->old_sympos, 1UL) != max(f->old_sympos, 1UL));
	}
}

static void check_objects(const struct klp_patch *patch)
{
	unsigned n = 0;

	for (const struct klp_object *obj = patch->objs;; obj++, n++) {
		CHECK(in_one_variable(patch->objs, (n + 1) * sizeof(*obj)));
		if (!obj->name && !obj->funcs)
			return;
		CHECK(!obj->name || module_name_is_valid(obj->name));
		check_functions(obj);
		CHECK(!obj->callbacks.pre_patch || is_function(obj->callbacks.pre_patch));
		CHECK(!obj->callbacks.post_unpatch || is_function(obj->callbacks.post_unpatch));
		for (const struct klp_object *other = patch->objs; other < obj; other++)
			CHECK(!obj->name || !other->name ? obj->name != other->name : strcmp(obj->name, other->name));
	}
}

static void check_states(const struct klp_patch *patch)
{
	unsigned n = 0;

	for (const struct klp_state *state = patch->states; state; state++, n++) {
		CHECK(in_one_variable(patch->states, (n + 1) * sizeof(*state)));
		if (!state->id)
			return;
		for (const struct klp_state *other = patch->states; other < state; other++)
			CHECK(other->id != state->id);
	}
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct fuzz_input in = { bytes, bytes + size };
	const struct klp_patch *patch;
	int error;

	module_world_begin();
	memset(sections, 0, sizeof(sections));
	put_module(&in);
	patch = (const void *)(data + fuzz_number(&in, 1) * 8);
	while (fuzz_left(&in))
		one_write(&in);
	error = klp_decode_patch(patch);
	CHECK(!error || kernel_log[0]);
	if (!error) {
		CHECK(in_one_variable(patch, sizeof(*patch)) && patch->mod == mod && mod->klp);
		check_objects(patch);
		check_states(patch);
	}
	module_list = NULL;
	module_free(mod->core.base);
	module_world_end();
	return 0;
}
