/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of a module: text, read-only data and data, each on separate pages.  They are written
 * while RW+NX, and then sealed: no page is writable and executable at the same time, also not
 * through the direct map.
 */
#include <neurath/mm.h>
#include "internal.h"

/*
 * Held during requests to all CPUs (a flush, a quiet moment): tasks that load modules at the same
 * time sleep here instead of competing for the same interrupts.
 */
static DEFINE_MUTEX_RANK(module_broadcast_mutex, RANK_MODULE);

static size_t module_pages(size_t size)
{
	return align_up(size, PAGE_SIZE);
}

/* Allocates one range for the three regions from @first on; an empty range has no base. */
static int module_stretch_alloc(struct elfmod *m, enum elfmod_region first,
				struct module_memory *mem)
{
	size_t offset = 0;

	mem->text_size = module_pages(m->region_size[first]);
	mem->ro_size = module_pages(m->region_size[first + 1]);
	mem->size = mem->text_size + mem->ro_size + module_pages(m->region_size[first + 2]);
	mem->base = NULL;
	if (!mem->size)
		return 0;
	mem->base = module_alloc(mem->size);
	if (!mem->base)
		return -ENOMEM;
	/* Traps between functions, zeroes everywhere else. */
	memset(mem->base, 0xcc, mem->text_size);
	memset(mem->base + mem->text_size, 0, mem->size - mem->text_size);
	for (int i = first; i < (int)first + 3; i++) {
		m->region_mem[i] = (u8 *)mem->base + offset;
		m->region_addr[i] = (unsigned long)mem->base + offset;
		offset += module_pages(m->region_size[i]);
	}
	return 0;
}

int module_memory_alloc(struct elfmod *m, struct module_memory *core,
			struct module_memory *init)
{
	int error = module_stretch_alloc(m, REGION_TEXT, core);

	init->base = NULL;
	if (!error)
		error = module_stretch_alloc(m, REGION_INIT_TEXT, init);
	if (error) {
		module_memory_free(core);
		module_memory_free(init);
		return elfmod_refuse(m, error, "no memory for its sections", NULL);
	}
	return 0;
}

int module_memory_seal(struct module_memory *mem)
{
	unsigned long va = (unsigned long)mem->base;
	int error = 0;

	mutex_lock(&module_broadcast_mutex);
	if (mem->base && mem->text_size)
		error = kprotect_range(va, mem->text_size, PROT_KERNEL_RX);
	if (!error && mem->base && mem->ro_size)
		error = kprotect_range(va + mem->text_size, mem->ro_size, PROT_KERNEL_RO);
	mutex_unlock(&module_broadcast_mutex);
	return error;
}

void module_memory_free(struct module_memory *mem)
{
	if (!mem->base)
		return;
	mutex_lock(&module_broadcast_mutex);
	/* The pages return to general use: writable again, also in the direct map. */
	if (mem->text_size + mem->ro_size)
		kprotect_range((unsigned long)mem->base, mem->text_size + mem->ro_size,
			       PROT_KERNEL_RW);
	module_free(mem->base);
	mutex_unlock(&module_broadcast_mutex);
	mem->base = NULL;
}

void module_wait_for_readers(void)
{
	mutex_lock(&module_broadcast_mutex);
	synchronize_cpus();
	mutex_unlock(&module_broadcast_mutex);
}
