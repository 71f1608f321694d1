/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks pointers that a module passes to the kernel.  Contract: <neurath/handed.h>.
 *
 * Reads no byte before the owner of the byte is known.  Takes no lock except that of
 * vmalloc_room(); the list of modules is read with interrupts off.  A module that passes its own
 * memory exists during the call: it runs.
 */
#include <neurath/arch.h>
#include <neurath/export.h>
#include <neurath/handed.h>
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/string.h>

extern const char __rodata_start[], __rodata_end[];
extern const char __data_start[], __data_end[], __init_start[], __init_end[];
extern const char __bss_start[], __bss_end[];
extern const char __init_text_start[], __init_text_end[];

/* ---- the place ---------------------------------------------------------------------- */

static bool handed_between(const void *p, const char *start, const char *end, struct handed *out,
			   enum handed_place place)
{
	if ((const char *)p < start || (const char *)p >= end)
		return false;
	out->place = place;
	out->room = (size_t)(end - (const char *)p);
	return true;
}

static void handed_look_kernel(const void *p, struct handed *out)
{
	/* During the boot, memory that is freed afterwards is still valid. */
	if (core_kernel_text((unsigned long)__init_text_start) &&
	    (handed_between(p, __init_text_start, __init_text_end, out, HANDED_TEXT) ||
	     handed_between(p, __init_start, __init_end, out, HANDED_DATA)))
		return;
	if (handed_between(p, __text_start, __text_end, out, HANDED_TEXT) ||
	    handed_between(p, __rodata_start, __rodata_end, out, HANDED_RODATA) ||
	    handed_between(p, __data_start, __data_end, out, HANDED_DATA) ||
	    handed_between(p, __bss_start, __bss_end, out, HANDED_DATA) ||
	    !handed_between(p, __init_start, __init_end, out, HANDED_INIT))
		return;
	out->room = 0;
}

/* Interrupts are off. */
static void handed_look_module(const void *p, struct handed *out)
{
	const struct module *mod = module_of_address((unsigned long)p);
	const char *base = mod ? mod->core.base : NULL;
	const char *text_end = mod ? base + mod->core.text_size : NULL;

	if (!mod)
		return;
	if (!module_memory_holds(&mod->core, (unsigned long)p, 1)) {
		out->place = HANDED_INIT;
		return;
	}
	out->owner = mod;
	if (!handed_between(p, base, text_end, out, HANDED_TEXT) &&
	    !handed_between(p, text_end, text_end + mod->core.ro_size, out, HANDED_RODATA))
		handed_between(p, base, base + mod->core.size, out, HANDED_DATA);
}

/* A variable ends where its symbol ends, and so does a table. */
static void handed_trim(const void *p, struct handed *out)
{
	unsigned long addr = (unsigned long)p;
	struct ksym sym;

	if ((out->place == HANDED_DATA || out->place == HANDED_RODATA) &&
	    ksym_lookup(addr, &sym) && sym.size)
		out->room = min(out->room, sym.size - (addr - sym.start));
}

/* Everything except the end of the variable, which needs a search of the symbol table. */
static void handed_find(const void *p, struct handed *out)
{
	unsigned long addr = (unsigned long)p, flags;

	*out = (struct handed){ .place = HANDED_NOWHERE };
	if (addr < KERNEL_BASE) {
		out->room = addr < VMAP_BASE ? kmalloc_room(p) : vmalloc_room(p);
		if (out->room)
			out->place = HANDED_HEAP;
		return;
	}
	flags = irq_save();
	if (addr < MODULE_BASE)
		handed_look_kernel(p, out);
	else
		handed_look_module(p, out);
	irq_restore(flags);
}

void handed_look(const void *p, struct handed *out)
{
	unsigned long flags = irq_save();

	handed_find(p, out);
	handed_trim(p, out);
	irq_restore(flags);
}

const char *handed_place_text(enum handed_place place)
{
	switch (place) {
	case HANDED_INIT:
		return "in init memory, which goes away (__init, __initdata)";
	case HANDED_TEXT:
		return "code";
	case HANDED_RODATA:
		return "in memory that cannot be written (const)";
	case HANDED_DATA:
		return "data";
	case HANDED_HEAP:
		return "memory of kmalloc(), vmalloc() or a stack";
	case HANDED_NOWHERE:
		break;
	}
	return "no memory of the kernel";
}

/* ---- the contents ------------------------------------------------------------------- */

static bool handed_say(const char **why, const char *text)
{
	if (why)
		*why = text;
	return !text;
}

static bool handed_check_function(const void *fn, const struct handed *look, const char **why)
{
	struct ksym sym;

	if (!fn)
		return handed_say(why, "missing");
	if (look->place != HANDED_TEXT)
		return handed_say(why, handed_place_text(look->place));
	if (!ksym_lookup((unsigned long)fn, &sym) || sym.start != (unsigned long)fn ||
	    (sym.type != 't' && sym.type != 'T'))
		return handed_say(why, "inside code, where no function begins");
	return handed_say(why, NULL);
}

bool handed_function(const void *fn, const char **why)
{
	struct handed look;

	handed_look(fn, &look);
	return handed_check_function(fn, &look, why);
}

bool handed_own_function(const struct module *mod, const void *fn, const char **why)
{
	struct handed look;

	handed_look(fn, &look);
	if (!handed_check_function(fn, &look, why))
		return false;
	return look.owner == mod ||
	       handed_say(why, "a function of the kernel or of another module");
}

static bool handed_check_data(const void *p, size_t size, const struct handed *look,
			      const char **why)
{
	if (!p)
		return handed_say(why, "missing");
	if (look->place != HANDED_DATA && look->place != HANDED_HEAP)
		return handed_say(why, handed_place_text(look->place));
	if (look->room < size)
		return handed_say(why, "in a variable that ends before it");
	/* A word over the border of two cache lines is not read in one piece by other CPUs. */
	if ((unsigned long)p % sizeof(long))
		return handed_say(why, "not at a multiple of 8");
	return handed_say(why, NULL);
}

bool handed_data(const void *p, size_t size, const char **why)
{
	struct handed look;

	handed_look(p, &look);
	return handed_check_data(p, size, &look, why);
}

bool handed_own_data(const struct module *mod, const void *p, size_t size, const char **why)
{
	struct handed look;

	handed_look(p, &look);
	if (!handed_check_data(p, size, &look, why))
		return false;
	return look.place == HANDED_HEAP || look.owner == mod ||
	       handed_say(why, "data of the kernel or of another module");
}

bool handed_string(const char *s, size_t limit)
{
	struct handed look;

	handed_look(s, &look);
	limit = min(limit, look.room);
	return look.place != HANDED_TEXT && strnlen(s, limit) < limit;
}

bool handed_check_callback(const char *what, const void *object, const void *fn)
{
	struct handed code, data;
	char name[80] = "";

	handed_find(fn, &code);
	handed_find(object, &data);
	if (object)
		snprintf(name, sizeof(name), " %ps", object);
	if (!fn)
		pr_err("%s%s has no function: not taken\n", what, name);
	else if (code.place != HANDED_TEXT)
		pr_err("%s%s: its function %ps is %s: not taken\n", what, name, fn,
		       handed_place_text(code.place));
	else if (data.place == HANDED_INIT)
		pr_err("%s%s is %s: not taken\n", what, name, handed_place_text(data.place));
	return code.place == HANDED_TEXT && data.place != HANDED_INIT;
}
EXPORT_SYMBOL(handed_check_callback);
