/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interface between boot/ and the first C function of the architecture.
 */
#ifndef BOOT_BOOTINFO_H
#define BOOT_BOOTINFO_H

#include <neurath/types.h>

/* Fills boot_info from the multiboot2 structure at this physical address. */
void bootinfo_parse(phys_addr_t information);
/* Reserves memory that must stay: image, modules, first page.  After bootinfo_parse(). */
void bootmem_init(void);

#endif
