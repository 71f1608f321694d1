/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants that the assembly of the boot path shares; private to boot/. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#define MULTIBOOT2_HEADER_MAGIC	0xe85250d6
#define MULTIBOOT2_LOADER_MAGIC	0x36d76289
#define MULTIBOOT2_ARCH_I386	0

/* Selectors of boot_gdt; 0x10 and 0x18 are also those of the final GDT. */
#define BOOT_CS32		0x08
#define BOOT_CS64		0x10
#define BOOT_DS			0x18

#define BOOT_CR0_PE		0x00000001
#define BOOT_CR0_MP		0x00000002
#define BOOT_CR0_ET		0x00000010
#define BOOT_CR0_NE		0x00000020
#define BOOT_CR0_WP		0x00010000
#define BOOT_CR0_PG		0x80000000
#define BOOT_CR0_LONG		(BOOT_CR0_PG | BOOT_CR0_WP | BOOT_CR0_NE | BOOT_CR0_ET | \
				 BOOT_CR0_MP | BOOT_CR0_PE)
#define BOOT_CR4_PAE		0x20

#define BOOT_MSR_EFER		0xc0000080
#define BOOT_EFER_LONG		0x901	/* NXE | LME | SCE */

#define BOOT_PDE_2M		0x83	/* present, writable, 2 MiB page */
#define BOOT_PTE_TABLE		0x03	/* present, writable */

#endif
