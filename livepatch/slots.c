// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the entry slots are: the compiler lists them in the section __mcount_loc of
 * the kernel and of each module.  Read-only after boot or load.
 */
#include <neurath/hook.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/module.h>
#include <neurath/string.h>

extern const unsigned long __start_mcount_loc[], __stop_mcount_loc[];

static bool slot_listed(const unsigned long *slots, size_t n, unsigned long addr)
{
	for (size_t i = 0; i < n; i++)
		if (slots[i] == addr)
			return true;
	return false;
}

unsigned long slot_of_function(unsigned long func)
{
	struct module *mod;
	unsigned long flags;
	bool found;

	if (slot_listed(__start_mcount_loc, __stop_mcount_loc - __start_mcount_loc, func))
		return func;
	flags = irq_save();
	mod = module_of_address(func);
	found = mod && slot_listed(mod->mcount_loc, mod->num_mcount_loc, func);
	irq_restore(flags);
	return found ? func : 0;
}

int slots_register(struct module *mod, unsigned long *slots, size_t n)
{
	u8 nop[SLOT_SIZE];

	slot_encode_nop(nop);
	for (size_t i = 0; i < n; i++)
		if (memcmp((void *)slots[i], nop, SLOT_SIZE) != 0)
			return -ENOEXEC;
	return 0;
}
