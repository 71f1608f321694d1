/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot loader and the firmware told us, and memory before the page
 * allocator exists.  Filled by boot/ on the boot CPU before kernel_main(),
 * read-only afterwards.
 */
#ifndef NEURATH_BOOT_H
#define NEURATH_BOOT_H

#include <neurath/types.h>

enum boot_range_type {
	BOOT_RAM = 1,			/* usable */
	BOOT_RESERVED = 2,		/* firmware or devices: never touched */
	BOOT_ACPI = 3,			/* tables; readable through the direct map */
	BOOT_NVS = 4,			/* the firmware's own; never written */
	BOOT_BAD = 5,
};

struct boot_range {
	phys_addr_t start, end;		/* page aligned; RAM shrunk, others grown */
	enum boot_range_type type;
};

/* A file that the boot loader loaded: the initrd. */
struct boot_module {
	phys_addr_t start, end;		/* start is page aligned */
	char name[64];
};

struct boot_framebuffer {
	phys_addr_t address;
	u32 pitch, width, height;
	u8 bpp, type;			/* type 1: direct RGB, 2: EGA text */
};

#define BOOT_MAX_RANGES		128
#define BOOT_MAX_MODULES	8
#define BOOT_CMDLINE_SIZE	2048

struct boot_info {
	unsigned int nr_ranges;		/* sorted, not overlapping */
	struct boot_range ranges[BOOT_MAX_RANGES];
	unsigned int nr_modules;
	struct boot_module modules[BOOT_MAX_MODULES];
	/* The loader's command line, then that of fw_cfg opt/neurath/cmdline. */
	char cmdline[BOOT_CMDLINE_SIZE];
	u8 rsdp[36];			/* copy of the ACPI root pointer */
	bool has_rsdp;
	struct boot_framebuffer framebuffer;	/* address 0: none */
};

extern struct boot_info boot_info;

/*
 * Whether any of [start, end) is memory to the firmware, which then is never mapped as a device.
 * (640 KiB to 1 MiB is never memory.)
 */
bool boot_is_ram(phys_addr_t start, phys_addr_t end);

/*
 * The value of "name=value" on the command line into @buf, true if present; a
 * bare "name" gives an empty value.  The last one counts.
 */
bool boot_option(const char *name, char *buf, size_t size);

/*
 * Memory before the page allocator: zeroed, below 4 GiB, by its direct-map
 * address; never given back.  Panics if there is none.
 */
void *boot_alloc(size_t size, size_t align);
/* One page that real mode can reach, or 0. */
phys_addr_t boot_alloc_low(void);
/* Keeps [start, end) from boot_alloc() and from the page allocator. */
void boot_reserve(phys_addr_t start, phys_addr_t end);
/*
 * Ends boot_alloc() and calls fn(start, end) for each stretch of free RAM, in
 * ascending order, page aligned.  Once, by mm_init().
 */
void boot_hand_over_memory(void (*fn)(phys_addr_t start, phys_addr_t end));
bool boot_memory_is_handed_over(void);
/* End of the highest RAM range: the size of what the page array must cover. */
phys_addr_t boot_ram_end(void);

/* After the boot: what only the boot needed (boot and init sections) becomes free pages. */
void boot_free_init(void);

#endif
