/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Information from the boot loader and the firmware, and memory before the page allocator exists.
 * boot/ fills it on the boot CPU before kernel_main(); constant afterwards.
 */
#ifndef NEURATH_BOOT_H
#define NEURATH_BOOT_H

#include <neurath/types.h>

enum boot_range_type {
	BOOT_RAM = 1,			/* usable */
	BOOT_RESERVED = 2,		/* firmware or devices: not used as memory */
	BOOT_ACPI = 3,			/* tables; readable through the direct map */
	BOOT_NVS = 4,			/* firmware data; not written */
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
	unsigned int ranges_left_out, modules_left_out;	/* more than fit in the arrays */
	/* The loader's command line, then that of fw_cfg opt/neurath/cmdline. */
	char cmdline[BOOT_CMDLINE_SIZE];
	u8 rsdp[36];			/* copy of the ACPI root pointer */
	bool has_rsdp;
	struct boot_framebuffer framebuffer;	/* address 0: none */
};

extern struct boot_info boot_info;

/*
 * True if the firmware declares any part of [start, end) as memory; such a range is not mapped as
 * a device. (640 KiB to 1 MiB is not memory.)
 */
bool boot_is_ram(phys_addr_t start, phys_addr_t end);

/*
 * Copies the value of "name=value" on the command line into @buf; true if present.  A bare "name"
 * gives an empty value.  The last one counts.
 */
bool boot_option(const char *name, char *buf, size_t size);

/*
 * Memory before the page allocator: zeroed, below 4 GiB, as a direct-map address; it is never
 * freed.  Panics if there is none.
 */
void *boot_alloc(size_t size, size_t align);
/* One page that real mode can reach, or 0. */
phys_addr_t boot_alloc_low(void);
/* Excludes [start, end) from boot_alloc() and from the page allocator. */
void boot_reserve(phys_addr_t start, phys_addr_t end);
/*
 * Ends boot_alloc() and calls fn(start, end) for each free range of RAM, in ascending order, page
 * aligned.  Called once, by mm_init().
 */
void boot_hand_over_memory(void (*fn)(phys_addr_t start, phys_addr_t end));
bool boot_memory_is_handed_over(void);
/* The end of the highest RAM range: the page array must cover the frames up to it. */
phys_addr_t boot_ram_end(void);

/* After the boot: frees memory that only the boot needed (boot and init sections). */
void boot_free_init(void);

#endif
