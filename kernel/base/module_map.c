/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module to which an address belongs: the read side of the list of modules, which the symbol
 * table and the unwinder use in any context.
 *
 * Writers hold module_mutex (kernel/module/list.c).  Readers hold it too, or have interrupts off.
 * The list is singly linked, and an entry is complete before it is published.  An entry that was
 * removed keeps its link until every CPU has had its interrupts on, so a reader at this entry
 * continues to the end of the list.
 */
#include <neurath/arch.h>
#include <neurath/module.h>

/* (m) for writing */
struct module *module_list;

notrace struct module *module_next(struct module *mod)
{
	/* Pairs with the release in module_list_link(): the reader sees a complete entry. */
	return smp_load_acquire(mod ? &mod->next : &module_list);
}

notrace bool module_memory_holds(const struct module_memory *mem, unsigned long addr, size_t size)
{
	unsigned long base = (unsigned long)READ_ONCE(mem->base);

	return base && addr >= base && addr - base <= mem->size &&
	       size <= mem->size - (addr - base);
}

notrace bool module_memory_is_text(const struct module_memory *mem, unsigned long addr)
{
	unsigned long base = (unsigned long)READ_ONCE(mem->base);

	return base && addr - base < mem->text_size;
}

notrace struct module *module_of_address(unsigned long addr)
{
	if (addr < MODULE_BASE || addr >= MODULE_END)
		return NULL;
	for (struct module *mod = module_next(NULL); mod; mod = module_next(mod)) {
		if (READ_ONCE(mod->state) != MODULE_STATE_UNFORMED &&
		    (module_memory_holds(&mod->core, addr, 1) ||
		     module_memory_holds(&mod->init_mem, addr, 1)))
			return mod;
	}
	return NULL;
}

notrace bool module_text_address(unsigned long addr)
{
	unsigned long flags = irq_save();
	struct module *mod = module_of_address(addr);
	bool text = mod && (module_memory_is_text(&mod->core, addr) ||
			    module_memory_is_text(&mod->init_mem, addr));

	irq_restore(flags);
	return text;
}
