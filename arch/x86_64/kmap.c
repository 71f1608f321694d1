/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel half of the address space.
 *
 *	direct map	all RAM and ACPI tables; RW, NX; 1 GiB and 2 MiB pages
 *	vmap		4 KiB pages, by kmap_page()
 *	kernel image	text R-X, rodata R--, data RW-; 4 KiB pages
 *	modules		4 KiB pages, by kmap_page()
 *	fixmap		devices and firmware tables found at boot
 *
 * Text is not writable where it is executable, and its pages are not writable through the direct
 * map either: when a page becomes read-only or executable here, its alias becomes read-only, and
 * back.
 *
 * No lock (see pagetable.h). kmap_page() and kprotect_range() may allocate tables.  No function
 * here sleeps.  A function that flushes waits for the other CPUs, so it needs interrupts on once
 * there are other CPUs.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include "pagetable.h"
#include "x86.h"

phys_addr_t kernel_pgd;

static pte_t *kernel_root;
static bool kmap_has_1g_pages;
static unsigned long fixmap_next = FIXMAP_BASE;

extern char __text_start[], __text_end[], __rodata_start[], __rodata_end[];
extern char __data_start[], __data_end[], __init_start[], __init_text_start[];
extern char __init_text_end[], __init_data_start[], __init_end[], __bss_start[], _end[];
extern char boot_idle_guard[];
extern pte_t boot_pml4[], boot_tables_end[];

#define PTE_KERNEL	(PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY | PTE_GLOBAL)
#define PTE_PROT_MASK	(PTE_WRITE | PTE_WT | PTE_UNCACHED | PTE_NX)

static pte_t kmap_prot_bits(int prot)
{
	switch (prot) {
	case PROT_KERNEL_RO:
		return PTE_KERNEL | PTE_NX;
	case PROT_KERNEL_RW:
		return PTE_KERNEL | PTE_NX | PTE_WRITE;
	case PROT_KERNEL_RX:
		return PTE_KERNEL;
	case PROT_KERNEL_UNCACHED:
		return PTE_KERNEL | PTE_NX | PTE_WRITE | PTE_UNCACHED | PTE_WT;
	}
	panic("kmap: no such protection: %d", prot);
}

/* The source of tables after the boot memory was handed over: mm_init(). */
static struct kmap_tables kmap_tables;

void __init kmap_set_tables(const struct kmap_tables *tables)
{
	kmap_tables = *tables;
}

/* A zeroed table from the present source of memory; NULL = no memory. */
static pte_t *kmap_table_alloc(void)
{
	if (!boot_memory_is_handed_over())
		return boot_alloc(PAGE_SIZE, PAGE_SIZE);
	return kmap_tables.alloc();
}

static void kmap_table_free(pte_t *table)
{
	if (boot_memory_is_handed_over())
		kmap_tables.free(table);
}

/* Puts a table into an empty entry, or a table that splits a large page of @level. */
static bool kmap_install_table(pte_t *entry, int level)
{
	pte_t old = READ_ONCE(*entry), *table;

	if ((old & PTE_PRESENT) && !(level <= 3 && (old & PTE_LARGE)))
		return true;
	table = kmap_table_alloc();
	if (!table)
		return false;
	if (old & PTE_PRESENT) {
		pte_t flags = level == 2 ? old & ~PTE_LARGE : old;

		for (unsigned long i = 0; i < PTE_ENTRIES; i++)
			table[i] = flags + i * PTE_SPAN(level - 1);
	}
	if (cmpxchg(entry, old, virt_to_phys(table) | PTE_TABLE) != old)
		kmap_table_free(table);		/* another CPU was faster */
	return true;
}

/* The entry of @va at @level; splits larger pages on the way.  NULL = no memory. */
static pte_t *kmap_walk_create(unsigned long va, int level)
{
	pte_t *table = kernel_root;

	for (int l = 4; l > level; l--) {
		pte_t *entry = &table[PTE_INDEX(va, l)];

		if (!kmap_install_table(entry, l))
			return NULL;
		table = phys_to_virt(READ_ONCE(*entry) & PTE_ADDRESS);
	}
	return &table[PTE_INDEX(va, level)];
}

/* The entry that maps @va, and its level; NULL if there is no mapping. */
static pte_t *kmap_lookup(unsigned long va, int *level)
{
	pte_t *table = kernel_root;

	for (int l = 4; l >= 1; l--) {
		pte_t *entry = &table[PTE_INDEX(va, l)], pte = READ_ONCE(*entry);

		if (!(pte & PTE_PRESENT))
			return NULL;
		if (l == 1 || (l <= 3 && (pte & PTE_LARGE))) {
			*level = l;
			return entry;
		}
		table = phys_to_virt(pte & PTE_ADDRESS);
	}
	return NULL;
}

/* Maps a range with the largest pages that fit.  Boot only: panics without memory. */
static void __init kmap_range_large(unsigned long va, phys_addr_t pa, phys_addr_t end, int prot)
{
	while (pa < end) {
		int level = kmap_has_1g_pages ? 3 : 2;
		pte_t *entry;

		while (level > 1 && ((pa | va) & (PTE_SPAN(level) - 1) ||
				     end - pa < PTE_SPAN(level)))
			level--;
		entry = kmap_walk_create(va, level);
		if (!entry)
			panic("no memory for the kernel's page tables: "
			      "the machine needs more (MEM=)");
		*entry = pa | kmap_prot_bits(prot) | (level > 1 ? PTE_LARGE : 0);
		pa += PTE_SPAN(level);
		va += PTE_SPAN(level);
	}
}

int kmap_page(unsigned long va, phys_addr_t pa, int prot)
{
	pte_t *entry = kmap_walk_create(va, 1);

	if (!entry)
		return -ENOMEM;
	assert(!(READ_ONCE(*entry) & PTE_PRESENT));
	WRITE_ONCE(*entry, (pa & PTE_ADDRESS) | kmap_prot_bits(prot));
	return 0;
}

/* Changes the protection of one page without a flush. -ENOMEM if a split fails. */
static int kmap_set_prot(unsigned long va, int prot)
{
	int level;
	pte_t *entry = kmap_lookup(va, &level), want = kmap_prot_bits(prot) & PTE_PROT_MASK;

	if (!entry)
		return -EINVAL;
	if ((*entry & PTE_PROT_MASK) == want)
		return 0;
	if (level > 1) {
		entry = kmap_walk_create(va, 1);
		if (!entry)
			return -ENOMEM;
	}
	WRITE_ONCE(*entry, (*entry & ~PTE_PROT_MASK) | want);
	return 0;
}

static bool kmap_in_direct_map(unsigned long va)
{
	return va >= DIRECT_MAP_BASE && va < VMAP_BASE;
}

/* Sets the alias of the page at @va: writable only if the page itself is. */
static int kmap_set_alias(unsigned long va, int prot)
{
	int level;
	pte_t *entry = kmap_lookup(va, &level);

	if (kmap_in_direct_map(va) || !entry || prot == PROT_KERNEL_UNCACHED)
		return 0;
	assert(level == 1);
	return kmap_set_prot((unsigned long)phys_to_virt(*entry & PTE_ADDRESS),
			     prot == PROT_KERNEL_RW ? PROT_KERNEL_RW : PROT_KERNEL_RO);
}

int kprotect_range(unsigned long va, unsigned long size, int prot)
{
	unsigned long end = align_up(va + size, PAGE_SIZE);
	int error = 0;

	for (unsigned long p = va & PAGE_MASK; p < end && !error; p += PAGE_SIZE) {
		/* At no moment both: the side that loses rights changes first. */
		if (prot == PROT_KERNEL_RW) {
			error = kmap_set_prot(p, prot);
			if (!error)
				error = kmap_set_alias(p, prot);
		} else {
			error = kmap_set_alias(p, prot);
			if (!error)
				error = kmap_set_prot(p, prot);
		}
	}
	/* One flush covers the aliases, too: it is a full flush if aliases have changed. */
	if (kmap_in_direct_map(va))
		tlb_flush_kernel_range(va & PAGE_MASK, end);
	else
		tlb_flush_kernel_range(0, -1UL);
	return error;
}

void kunmap_range(unsigned long va, unsigned long size)
{
	unsigned long end = align_up(va + size, PAGE_SIZE);
	bool aliases = false;

	for (unsigned long p = va & PAGE_MASK; p < end; p += PAGE_SIZE) {
		int level;
		pte_t *entry = kmap_lookup(p, &level);

		if (!entry)
			continue;
		assert(level == 1);
		if (!(*entry & (PTE_WRITE | PTE_UNCACHED))) {
			/* The split exists already: this cannot fail. */
			kmap_set_alias(p, PROT_KERNEL_RW);
			aliases = true;
		}
		WRITE_ONCE(*entry, 0);
	}
	if (aliases)
		tlb_flush_kernel_range(0, -1UL);
	else
		tlb_flush_kernel_range(va & PAGE_MASK, end);
}

/* ---- boot ----------------------------------------------------------------- */

static void *__init fixmap_map(phys_addr_t pa, size_t size, int prot)
{
	unsigned long va = fixmap_next, end;
	phys_addr_t page = pa & PAGE_MASK;

	end = va + align_up(size + (pa - page), PAGE_SIZE);
	if (end > FIXMAP_END)
		panic("fixmap is full");
	for (; va < end; va += PAGE_SIZE, page += PAGE_SIZE)
		if (kmap_page(va, page, prot))
			panic("no memory for the fixmap: the machine needs more (MEM=)");
	va = fixmap_next + (pa & (PAGE_SIZE - 1));
	fixmap_next = end;
	return (void *)va;
}

void *__init kmap_device(phys_addr_t pa, size_t size)
{
	return fixmap_map(pa, size, PROT_KERNEL_UNCACHED);
}

const void *__init kmap_firmware(phys_addr_t pa, size_t size)
{
	unsigned long va = (unsigned long)phys_to_virt(pa);
	int level;

	for (unsigned long p = va & PAGE_MASK; p < va + size; p += PAGE_SIZE)
		if (!kmap_lookup(p, &level))
			return fixmap_map(pa, size, PROT_KERNEL_RO);
	return (const void *)va;
}

static void __init paging_map_image(const char *start, const char *end, int prot)
{
	for (unsigned long va = (unsigned long)start; va < (unsigned long)end; va += PAGE_SIZE) {
		if (kmap_page(va, virt_to_phys((void *)va), prot) || kmap_set_alias(va, prot))
			panic("no memory to map the kernel");
	}
}

/*
 * The top-level entries of all areas exist from now on, so that roots need no later update:
 * pgd_alloc() copies entries 256..511 once.
 */
static void __init paging_fill_root(void)
{
	unsigned long areas[] = { VMAP_BASE, KERNEL_BASE, FIXMAP_BASE };

	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++)
		if (!kmap_install_table(&kernel_root[PTE_INDEX(areas[i], 4)], 4))
			panic("no memory for the kernel's page tables: "
			      "the machine needs more (MEM=)");
}

void __init paging_init(void)
{
	kmap_has_1g_pages = cpuid(0x80000001, 0).edx & (1u << 26);
	kernel_root = boot_alloc(PAGE_SIZE, PAGE_SIZE);
	kernel_pgd = virt_to_phys(kernel_root);
	paging_fill_root();

	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		if (r->type != BOOT_RESERVED && r->type != BOOT_BAD)
			kmap_range_large((unsigned long)phys_to_virt(r->start), r->start, r->end,
					 PROT_KERNEL_RW);
	}
	paging_map_image(__text_start, __text_end, PROT_KERNEL_RX);
	paging_map_image(__rodata_start, __rodata_end, PROT_KERNEL_RO);
	paging_map_image(__data_start, __data_end, PROT_KERNEL_RW);
	paging_map_image(__init_text_start, __init_text_end, PROT_KERNEL_RX);
	paging_map_image(__init_data_start, __init_end, PROT_KERNEL_RW);
	paging_map_image(__bss_start, boot_idle_guard, PROT_KERNEL_RW);
	paging_map_image(boot_idle_guard + PAGE_SIZE, _end, PROT_KERNEL_RW);
	write_cr3(kernel_pgd);
}

void __init paging_forget_boot_tables(void)
{
	pte_t *table = phys_to_virt((phys_addr_t)boot_pml4);

	while (table < (pte_t *)phys_to_virt((phys_addr_t)boot_tables_end))
		*table++ = 0;
}

void paging_unmap_init(void)
{
	kunmap_range((unsigned long)__init_start, (unsigned long)(__init_end - __init_start));
}

/* ---- W^X ------------------------------------------------------------------ */

/* A page has the permissions that all levels grant. */
static unsigned long paging_count_wx(const pte_t *table, int level, pte_t allowed)
{
	unsigned long count = 0;

	for (unsigned int i = level == 4 ? PTE_ENTRIES / 2 : 0; i < PTE_ENTRIES; i++) {
		pte_t pte = READ_ONCE(table[i]), here;

		if (!(pte & PTE_PRESENT))
			continue;
		here = (allowed & pte & PTE_WRITE) | ((allowed | pte) & PTE_NX);
		if (level > 1 && !(level <= 3 && (pte & PTE_LARGE)))
			count += paging_count_wx(phys_to_virt(pte & PTE_ADDRESS), level - 1, here);
		else if ((here & PTE_WRITE) && !(here & PTE_NX))
			count++;
	}
	return count;
}

unsigned long paging_count_writable_executable(void)
{
	return paging_count_wx(kernel_root, 4, PTE_WRITE);
}
