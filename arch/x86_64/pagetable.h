/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables (entries: <asm/pte.h>), and the kernel half before <neurath/mm.h> exists.
 *
 * Private to arch/x86_64.  The kernel half is shared by all roots.  It needs no
 * lock: tables are only ever added, by compare-and-exchange, and the entry of
 * an address is written by the owner of that address alone.
 */
#ifndef ARCH_X86_64_PAGETABLE_H
#define ARCH_X86_64_PAGETABLE_H

#include <neurath/arch.h>

#define PTE_TABLE	(PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED)

#define PTE_ENTRIES	512
/* Bytes that one entry of a level maps: 1 = 4 KiB, 2 = 2 MiB, 3 = 1 GiB. */
#define PTE_SPAN(level)	(PAGE_SIZE << (9 * ((level) - 1)))
#define PTE_INDEX(va, level) (((va) >> (12 + 9 * ((level) - 1))) & (PTE_ENTRIES - 1))

/* Device and firmware mappings made before vmap works, never unmapped. */
#define FIXMAP_BASE	0xffffffffff000000UL
#define FIXMAP_END	0xfffffffffffff000UL

/* Builds the final kernel half and loads it on the boot CPU.  Boot CPU, once. */
void paging_init(void);
/* When all CPUs have left them: clears the tables that boot/entry.S built. */
void paging_forget_boot_tables(void);
/* Unmaps init text and data from the kernel image and makes their alias writable. */
void paging_unmap_init(void);

/* How many kernel mappings are writable and executable: none, at any time. */
unsigned long paging_count_writable_executable(void);

/* A page range of a device, uncached (boot only). */
void *kmap_device(phys_addr_t pa, size_t size);
/* Firmware tables: through the direct map where it reaches them. (boot only) */
const void *kmap_firmware(phys_addr_t pa, size_t size);

/* Removes kernel translations of [start, end) on every CPU and waits. Interrupts on. */
void tlb_flush_kernel_range(unsigned long start, unsigned long end);
/* The TLB interrupt. */
void tlb_interrupt(void);

#endif
