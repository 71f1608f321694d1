/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory before the page allocator: the RAM of the memory map minus a short,
 * sorted list of reservations.
 *
 * Only the boot CPU uses it, until boot_hand_over_memory(); no locks.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "bootinfo.h"

#define BOOTMEM_MAX_RESERVED	64
/* Real mode uses the first page; the rest of the first MiB is for the firmware and boot code. */
#define BOOTMEM_REAL_START	0x8000UL
#define BOOTMEM_LOW_END		0x100000UL
#define BOOTMEM_HIGH_END	0x100000000UL

struct bootmem_range {
	phys_addr_t start, end;
};

static unsigned int bootmem_nr_reserved;
static struct bootmem_range bootmem_reserved[BOOTMEM_MAX_RESERVED];
static bool bootmem_handed_over;

extern char __image_start[], __image_end[];

static void bootmem_remove(unsigned int i)
{
	bootmem_nr_reserved--;
	memmove(&bootmem_reserved[i], &bootmem_reserved[i + 1],
		(bootmem_nr_reserved - i) * sizeof(bootmem_reserved[0]));
}

void boot_reserve(phys_addr_t start, phys_addr_t end)
{
	unsigned int i;

	assert(!bootmem_handed_over);
	start = align_down(start, PAGE_SIZE);
	end = align_up(end, PAGE_SIZE);
	/* Merge all reservations that touch, then insert in order. */
	for (i = 0; i < bootmem_nr_reserved; ) {
		struct bootmem_range *r = &bootmem_reserved[i];

		if (r->end < start || r->start > end) {
			i++;
			continue;
		}
		start = min(start, r->start);
		end = max(end, r->end);
		bootmem_remove(i);
	}
	if (bootmem_nr_reserved == BOOTMEM_MAX_RESERVED)
		panic("boot: too many reserved ranges");
	for (i = bootmem_nr_reserved++; i && bootmem_reserved[i - 1].start > start; i--)
		bootmem_reserved[i] = bootmem_reserved[i - 1];
	bootmem_reserved[i] = (struct bootmem_range){ start, end };
}

/* The first reservation that overlaps [start, end), or NULL. */
static const struct bootmem_range *bootmem_overlap(phys_addr_t start, phys_addr_t end)
{
	for (unsigned int i = 0; i < bootmem_nr_reserved; i++) {
		const struct bootmem_range *r = &bootmem_reserved[i];

		if (r->start < end && start < r->end)
			return r;
	}
	return NULL;
}

/* The first free range of RAM within [low, high): its address, or 0. */
static phys_addr_t bootmem_find(phys_addr_t low, phys_addr_t high, size_t size, size_t align)
{
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *ram = &boot_info.ranges[i];
		phys_addr_t pa = align_up(max(ram->start, low), align);
		phys_addr_t end = min(ram->end, high);
		const struct bootmem_range *hit;

		if (ram->type != BOOT_RAM)
			continue;
		while (pa + size <= end && (hit = bootmem_overlap(pa, pa + size)))
			pa = align_up(hit->end, align);
		if (pa + size <= end)
			return pa;
	}
	return 0;
}

void *boot_alloc(size_t size, size_t align)
{
	phys_addr_t pa;

	assert(!bootmem_handed_over);
	size = align_up(size, PAGE_SIZE);
	pa = bootmem_find(BOOTMEM_LOW_END, BOOTMEM_HIGH_END, size, max(align, PAGE_SIZE));
	if (!pa)
		panic("boot: no memory for %zu bytes", size);
	boot_reserve(pa, pa + size);
	return memset(phys_to_virt(pa), 0, size);
}

phys_addr_t boot_alloc_low(void)
{
	phys_addr_t pa = bootmem_find(BOOTMEM_REAL_START, BOOTMEM_LOW_END, PAGE_SIZE, PAGE_SIZE);

	if (pa)
		boot_reserve(pa, pa + PAGE_SIZE);
	return pa;
}

void boot_hand_over_memory(void (*fn)(phys_addr_t start, phys_addr_t end))
{
	bootmem_handed_over = true;
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *ram = &boot_info.ranges[i];
		phys_addr_t pa = ram->start;

		if (ram->type != BOOT_RAM)
			continue;
		for (unsigned int j = 0; j < bootmem_nr_reserved; j++) {
			const struct bootmem_range *r = &bootmem_reserved[j];

			if (r->end <= pa || r->start >= ram->end)
				continue;
			if (r->start > pa)
				fn(pa, r->start);
			pa = r->end;
		}
		if (pa < ram->end)
			fn(pa, ram->end);
	}
}

bool boot_memory_is_handed_over(void)
{
	return bootmem_handed_over;
}

phys_addr_t boot_ram_end(void)
{
	phys_addr_t end = 0;

	for (unsigned int i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].type == BOOT_RAM)
			end = max(end, boot_info.ranges[i].end);
	return end;
}

void __init bootmem_init(void)
{
	boot_reserve(0, PAGE_SIZE);
	boot_reserve(virt_to_phys(__image_start), virt_to_phys(__image_end));
	for (unsigned int i = 0; i < boot_info.nr_modules; i++)
		boot_reserve(boot_info.modules[i].start, boot_info.modules[i].end);
}
