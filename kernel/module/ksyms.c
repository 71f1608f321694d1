/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ksyms.c - names of addresses and addresses of names, from the table that the build put
 * into the image and from the tables of modules.
 *
 * Look-ups by address run in any context, also in an NMI and from the unwinder: they take no
 * lock, allocate nothing, and are notrace.  A module's table is read with interrupts off:
 * see module_list_remove().
 */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/ksyms.h>
#include <neurath/ksyms_format.h>
#include <neurath/module.h>
#include <neurath/mutant.h>
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

static notrace void ksyms_fill(const struct ksyms_entry *e, struct ksym *out)
{
	const char *names = (const char *)(ksyms_table() + __ksyms_start->count);

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

/* Index of the first entry above @addr. */
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
	/* Of several names of one place the first in the table counts, as in Linux. */
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

/* A symbol of memory that is still there. */
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

static notrace bool ksyms_lookup_module(unsigned long addr, struct ksym *out)
{
	const struct module *mod = module_of_address(addr);
	unsigned int best = 0;

	if (!mod)
		return false;
	for (unsigned int i = 1; i < mod->num_symtab; i++) {
		const Elf64_Sym *sym = &mod->symtab[i];

		if (ksyms_module_has(mod, i) && addr - sym->st_value < max(sym->st_size, 1UL) &&
		    (!best || sym->st_value > mod->symtab[best].st_value))
			best = i;
	}
	if (!best)
		return false;
	ksyms_fill_module(mod, best, out);
	return true;
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
	unsigned long flags = irq_save();	/* the name may be a module's */
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

/* Symbol @index of the kernel or of @mod; *@dead: it is in the table, but nowhere else. */
static bool ksym_at(struct module *mod, unsigned long index, struct ksym *out, bool *dead)
{
	*dead = false;
	if (mod && index < mod->num_symtab) {
		ksyms_fill_module(mod, index, out);
		/* Init memory does not count even while it is there: positions must not change. */
		*dead = !out->type || out->start - (unsigned long)mod->core.base >= mod->core.size;
		return true;
	}
	if (mod || !ksym_get(index, out))
		return false;
	*dead = !out->type;
	return true;
}

static int ksym_search(struct module *mod, const char *name, unsigned long pos, bool any,
		       struct ksym *out)
{
	unsigned long count = 0;
	struct ksym sym;
	bool dead;

	for (unsigned long i = 0; ksym_at(mod, i, &sym, &dead); i++) {
		if (dead || !(any || ksym_is_text(&sym)) || strcmp(sym.name, name) != 0)
			continue;
		count++;
		if (count == 1 || count == pos)
			*out = sym;
		if (count == pos || (pos == 0 && (count > 1 || MUTANT(AMBIGUOUS_TAKEN))))
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
