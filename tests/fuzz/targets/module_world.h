/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module_world.h - the kernel in which a module of an input lives: memory of modules at fixed addresses, a few
 * exports and symbols, no other module. For module.c and klp.c.
 */
#ifndef FUZZ_MODULE_WORLD_H
#define FUZZ_MODULE_WORLD_H

#include <linux/livepatch.h>
#include <neurath/hook.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include <neurath/mm.h>
#include <neurath/arch.h>
#include <neurath/export.h>
#include <neurath/module.h>

/* ---- memory of modules: one range after the other, with a page without access behind each -------- */

static unsigned long module_next_base = MODULE_BASE;
static struct {
	void *base;
	size_t size;
} module_ranges[8];

void *module_alloc(size_t size)
{
	unsigned i = 0;

	while (module_ranges[i].base)
		i++;
	CHECK(i < 8);
	size = align_up(size, PAGE_SIZE);
	if (size > (16UL << 20))
		return NULL;
	module_ranges[i].base = host_map(module_next_base, size);
	module_ranges[i].size = size;
	module_next_base += size + PAGE_SIZE;
	CHECK(module_ranges[i].base);
	return module_ranges[i].base;
}

void module_free(void *p)
{
	unsigned i = 0;

	while (module_ranges[i].base != p)
		i++;
	host_unmap(p, module_ranges[i].size);
	module_ranges[i].base = NULL;
}

int kprotect_range(unsigned long va, unsigned long size, int prot)
{
	return 0;
}

/* ---- what the kernel exports ----------------------------------------------------------------- */

static void a_function(void)
{
}

static int set_number(const char *val, const struct kernel_param *kp)
{
	return kstrtoint(val, 0, kp->arg);
}

/* By the name under which modules look for it. */
#define EXPORT_AS(id, address)	\
	SET_ENTRY(export, struct kernel_symbol, export_##id) = { (const void *)(address), #id }

EXPORT_AS(a_function, a_function);
EXPORT_AS(a_variable, kernel_variables);
EXPORT_AS(_printk, a_function);
EXPORT_AS(seq_printf, a_function);
EXPORT_AS(proc_create, a_function);
EXPORT_AS(proc_remove, a_function);
EXPORT_AS(klp_enable_patch, a_function);
EXPORT_AS(param_ops_int, kernel_constants);

/* ---- what only other files of the kernel have --------------------------------------------------- */

struct module;
int klp_module_origin(struct module *mod);
struct module *klp_predecessor_module(const struct module *mod);
struct module *klp_find_alive_module(const char *name);
int klp_symbol_error(int error, const char *object, const char *name, unsigned long pos);

int klp_module_origin(struct module *mod)
{
	return 0;
}

struct module *klp_predecessor_module(const struct module *mod)
{
	return NULL;
}

struct module *klp_find_alive_module(const char *name)
{
	return NULL;
}

int klp_symbol_error(int error, const char *object, const char *name, unsigned long pos)
{
	pr_err("no symbol '%s', %lu of '%s'\n", name, pos, object);
	return -EINVAL;
}

void slot_encode_nop(u8 *slot)
{
	memcpy(slot, "\x0f\x1f\x44\x00\x00", SLOT_SIZE);
}

int text_poke_copy(unsigned long addr, const void *bytes, size_t n)
{
	memcpy((void *)addr, bytes, n);
	return 0;
}

const char *kernel_build_id(void);
const char *kernel_build_id(void)
{
	return "0000000000000000000000000000000000000000";
}

/* ---- one input ------------------------------------------------------------------------------------ */

static inline void module_world_begin(void)
{
	const struct kernel_name names[] = {
		{ "a_function", a_function, 4, 'T' },
		{ "set_number", set_number, 4, 't' },
		{ "param_ops_int", kernel_constants, sizeof(struct kernel_param_ops), 'R' },
		{ "a_variable", kernel_variables, 64, 'D' },
	};

	*(struct kernel_param_ops *)kernel_constants = (struct kernel_param_ops){ .set = set_number };
	kernel_symbols(names, ARRAY_SIZE(names));
	module_next_base = MODULE_BASE;
	kernel_begin();
}

static inline void module_world_end(void)
{
	CHECK(!module_list);
	for (unsigned i = 0; i < 8; i++)
		CHECK(!module_ranges[i].base);
	kernel_end();
}

#endif
