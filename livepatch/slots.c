/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry slots and their addresses: the compiler lists them in the section __mcount_loc of
 * the kernel and of each module.  tools/sortslots.py has sorted the kernel's, the loader sorts
 * those of modules.  Read-only after boot or load.
 */
#include <neurath/hook.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/module.h>
#include <neurath/string.h>

extern const unsigned long __start_mcount_loc[], __stop_mcount_loc[];

size_t slot_index(const unsigned long *slots, size_t n, unsigned long addr)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (slots[mid] < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && slots[low] == addr ? low : n;
}

static bool slot_listed(const unsigned long *slots, size_t n, unsigned long addr)
{
	return slot_index(slots, n, addr) < n;
}

unsigned long slot_of_function(unsigned long func)
{
	struct module *mod;
	unsigned long flags;
	bool found;

	if (func < MODULE_BASE)
		return slot_listed(__start_mcount_loc, __stop_mcount_loc - __start_mcount_loc, func)
			       ? func : 0;
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
