/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables (entries: <asm/pte.h>), and the kernel half while <neurath/mm.h> is not available.
 *
 * Private to arch/x86_64.  All roots share the kernel half.  It needs no lock: tables are only
 * added, by compare-and-exchange, and only the owner of an address writes the entry of the
 * address.
 */
#ifndef ARCH_X86_64_PAGETABLE_H
#define ARCH_X86_64_PAGETABLE_H

#include <neurath/arch.h>

#define PTE_TABLE	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

#define PTE_ENTRIES	512
/* The bytes that one entry of a level maps: 1 = 4 KiB, 2 = 2 MiB, 3 = 1 GiB. */
#define PTE_SPAN(level)	(PAGE_SIZE << (9 * ((level) - 1)))
#define PTE_INDEX(va, level) (((va) >> (12 + 9 * ((level) - 1))) & (PTE_ENTRIES - 1))

/* Mappings of devices and firmware that are made before vmap works; not unmapped. */
#define FIXMAP_BASE	0xffffffffff000000UL
#define FIXMAP_END	0xfffffffffffff000UL

/* Builds the final kernel half and loads it.  Boot CPU, once. */
void paging_init(void);
/* Clears the tables that boot/entry.S built, when no CPU uses them any more. */
void paging_forget_boot_tables(void);
/* Unmaps init text and data from the kernel image and makes their alias writable. */
void paging_unmap_init(void);

/* The number of kernel mappings that are writable and executable: always 0. */
unsigned long paging_count_writable_executable(void);

/* Maps a range of a device, uncached (boot only). */
void *kmap_device(phys_addr_t pa, size_t size);
/* Maps firmware tables, through the direct map if it covers them. (boot only) */
const void *kmap_firmware(phys_addr_t pa, size_t size);

/* Flushes kernel translations of [start, end) on every CPU and waits.  Interrupts on. */
void tlb_flush_kernel_range(unsigned long start, unsigned long end);
/* The TLB interrupt. */
void tlb_interrupt(void);

#endif
