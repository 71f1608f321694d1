/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbol look-ups: names of addresses and addresses of names, from the table in the image that
 * the build made, and from the tables of modules.
 *
 * Look-ups by address work in any context, also in an NMI and in the unwinder: they take no lock,
 * allocate nothing, and are notrace.  A module's table is read with interrupts off: see
 * module_list_remove().
 */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/ksyms.h>
#include <neurath/ksyms_format.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/string.h>

extern const struct ksyms_header __ksyms_start[];
extern const char __text_start[], __text_end[], __init_text_start[], __init_text_end[];
extern const char __init_start[], __init_end[];

static bool ksyms_init_dropped;		/* set once, after the boot */

static notrace const struct ksyms_entry *ksyms_table(void)
{
	return (const struct ksyms_entry *)(__ksyms_start + 1);
}

static notrace const u32 *ksyms_by_name(void)
{
	return (const u32 *)(ksyms_table() + __ksyms_start->count);
}

static notrace void ksyms_fill(const struct ksyms_entry *e, struct ksym *out)
{
	const char *names = (const char *)(ksyms_by_name() + __ksyms_start->count);

	out->name = names + KSYM_NAME(e);
	out->module = NULL;
	out->start = KSYM_ADDR(e);
	out->size = KSYM_SIZE(e);
	out->type = KSYM_LETTER(e) + (KSYM_LOCAL(e) ? 'a' - 'A' : 0);
}

static notrace bool ksyms_is_dead(const struct ksyms_entry *e)
{
	return KSYM_INIT(e) && READ_ONCE(ksyms_init_dropped);
}

void ksyms_drop_init(void)
{
	WRITE_ONCE(ksyms_init_dropped, true);
}

/* ---- by address -------------------------------------------------------------------- */

/* The index of the first entry above @addr. */
static notrace unsigned int ksyms_upper_bound(unsigned long addr)
{
	const struct ksyms_entry *table = ksyms_table();
	unsigned int lo = 0, hi = __ksyms_start->count;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (KSYM_ADDR(&table[mid]) <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static notrace bool ksyms_lookup_kernel(unsigned long addr, struct ksym *out)
{
	const struct ksyms_entry *table = ksyms_table();
	unsigned int i = ksyms_upper_bound(addr);
	unsigned long start;

	if (i == 0)
		return false;
	/* Of several names for one address the first in the table counts, as on Linux. */
	for (i--, start = KSYM_ADDR(&table[i]); i > 0 && KSYM_ADDR(&table[i - 1]) == start; i--)
		;
	for (; i < __ksyms_start->count && KSYM_ADDR(&table[i]) == start; i++) {
		if (addr - start < max(KSYM_SIZE(&table[i]), 1U) && !ksyms_is_dead(&table[i])) {
			ksyms_fill(&table[i], out);
			return true;
		}
	}
	return false;
}

static notrace void ksyms_fill_module(const struct module *mod, unsigned int i, struct ksym *out)
{
	const Elf64_Sym *sym = &mod->symtab[i];

	out->name = mod->strtab + sym->st_name;
	out->module = mod->name;
	out->start = sym->st_value;
	out->size = sym->st_size;
	out->type = mod->symtypes[i];
}

/* True if the symbol is in memory that still exists. */
static notrace bool ksyms_module_has(const struct module *mod, unsigned int i)
{
	const Elf64_Sym *sym = &mod->symtab[i];
	unsigned long init = (unsigned long)READ_ONCE(mod->init_mem.base);
	unsigned long core = (unsigned long)mod->core.base;

	if (!mod->symtypes[i])
		return false;
	return sym->st_value - core < mod->core.size ||
	       (init && sym->st_value - init < mod->init_mem.size);
}

/* The number of the module's symbols, in address order, that begin at @addr or below. */
static notrace unsigned int ksyms_module_upper_bound(const struct module *mod, unsigned long addr)
{
	unsigned int lo = 0, hi = mod->num_by_address;

	while (lo < hi) {
		unsigned int mid = lo + (hi - lo) / 2;

		if (mod->symtab[mod->by_address[mid]].st_value <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Labels without a size may be inside of functions: the walk skips them. */
static notrace bool ksyms_lookup_module(unsigned long addr, struct ksym *out)
{
	const struct module *mod = module_of_address(addr);

	if (!mod)
		return false;
	for (unsigned int n = ksyms_module_upper_bound(mod, addr); n > 0; n--) {
		unsigned int i = mod->by_address[n - 1];
		const Elf64_Sym *sym = &mod->symtab[i];

		if (!ksyms_module_has(mod, i))
			continue;
		if (addr - sym->st_value < max(sym->st_size, 1UL)) {
			ksyms_fill_module(mod, i, out);
			return true;
		}
		if (sym->st_size)
			break;
	}
	return false;
}

notrace bool ksym_lookup(unsigned long addr, struct ksym *out)
{
	unsigned long flags;
	bool found;

	if (addr < KSYMS_BASE)
		return false;
	if (addr < MODULE_BASE)
		return ksyms_lookup_kernel(addr, out);
	flags = irq_save();
	found = ksyms_lookup_module(addr, out);
	irq_restore(flags);
	return found;
}

notrace bool core_kernel_text(unsigned long addr)
{
	if (addr >= (unsigned long)__text_start && addr < (unsigned long)__text_end)
		return true;
	return !READ_ONCE(ksyms_init_dropped) && addr >= (unsigned long)__init_text_start &&
	       addr < (unsigned long)__init_text_end;
}

notrace bool kernel_text_address(unsigned long addr)
{
	return core_kernel_text(addr) || module_text_address(addr);
}

notrace int ksym_sprint(char *buf, size_t size, unsigned long addr, bool with_offset)
{
	unsigned long flags = irq_save();	/* the name may belong to a module */
	struct ksym sym;
	int n;

	if (!ksym_lookup(addr, &sym))
		n = scnprintf(buf, size, "0x%lx", addr);
	else if (!with_offset)
		n = scnprintf(buf, size, "%s", sym.name);
	else
		n = scnprintf(buf, size, "%s+0x%lx/0x%lx", sym.name, addr - sym.start, sym.size);
	if (n < (int)size && addr >= MODULE_BASE && addr < MODULE_END) {
		const struct module *mod = module_of_address(addr);

		if (mod)
			n += scnprintf(buf + n, size - n, " [%s]", mod->name);
	}
	irq_restore(flags);
	return n;
}

/* ---- by name ------------------------------------------------------------------------- */

bool ksym_get(unsigned long index, struct ksym *out)
{
	const struct ksyms_entry *table = ksyms_table();

	if (index >= __ksyms_start->count)
		return false;
	ksyms_fill(&table[index], out);
	if (ksyms_is_dead(&table[index]))
		out->type = 0;
	return true;
}

bool module_ksym_get(struct module *mod, unsigned long index, struct ksym *out)
{
	if (index >= mod->num_symtab)
		return false;
	ksyms_fill_module(mod, index, out);
	if (!ksyms_module_has(mod, index))
		out->type = 0;
	return true;
}

static bool ksym_is_text(const struct ksym *sym)
{
	return sym->type == 't' || sym->type == 'T';
}

/* Symbol @index of the kernel or of @mod; *@dead: its memory does not exist (any more). */
static bool ksym_at(struct module *mod, unsigned long index, struct ksym *out, bool *dead)
{
	*dead = false;
	if (mod && index < mod->num_symtab) {
		ksyms_fill_module(mod, index, out);
		/* Init memory never counts, even while it exists: positions must not change. */
		*dead = !out->type || out->start - (unsigned long)mod->core.base >= mod->core.size;
		return true;
	}
	if (mod || !ksym_get(index, out))
		return false;
	*dead = !out->type;
	return true;
}

/* The index of symbol @n by name; a livepatch module has no such order: its own order is used. */
static unsigned long ksym_nth_by_name(const struct module *mod, unsigned long n)
{
	if (!mod)
		return ksyms_by_name()[n];
	return mod->by_name ? mod->by_name[n] : n;
}

/* The start of @name in the order of names; 0 if there is no such order. */
static unsigned long ksym_first_by_name(struct module *mod, const char *name, unsigned long count)
{
	unsigned long lo = 0, hi = mod && !mod->by_name ? 0 : count;
	struct ksym sym;
	bool dead;

	while (lo < hi) {
		unsigned long mid = lo + (hi - lo) / 2;

		ksym_at(mod, ksym_nth_by_name(mod, mid), &sym, &dead);
		if (strcmp(sym.name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Equal names are sorted by their positions. */
static int ksym_search(struct module *mod, const char *name, unsigned long pos, bool any,
		       struct ksym *out)
{
	unsigned long count = 0, total = mod ? mod->num_symtab : __ksyms_start->count;
	bool sorted = !mod || mod->by_name, dead;
	struct ksym sym;

	for (unsigned long n = ksym_first_by_name(mod, name, total); n < total; n++) {
		bool same;

		ksym_at(mod, ksym_nth_by_name(mod, n), &sym, &dead);
		same = strcmp(sym.name, name) == 0;
		if (sorted && !same)
			break;
		if (dead || !same || !(any || ksym_is_text(&sym)))
			continue;
		count++;
		if (count == 1 || count == pos)
			*out = sym;
		if (count == pos || (pos == 0 && count > 1))
			break;
	}
	if (count == 0)
		return -ENOENT;
	if (pos == 0)
		return count == 1 ? 0 : -EEXIST;
	return count == pos ? 0 : -ERANGE;
}

int ksym_find(struct module *mod, const char *name, unsigned long pos, struct ksym *out)
{
	return ksym_search(mod, name, pos, false, out);
}

int ksym_find_any(struct module *mod, const char *name, unsigned long pos, struct ksym *out)
{
	return ksym_search(mod, name, pos, true, out);
}
