/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot_memory.c - boot/bootinfo.c and boot/bootmem.c: the information of a boot loader, and memory before
 * the page allocator.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
/* Definitions in place of kernel headers that include too much. */
#define NEURATH_ARCH_H
#define NEURATH_BUG_H
#define NEURATH_MM_H
#define NEURATH_STRING_H
#include <neurath/types.h>
#undef __init
#define __init
#define assert(e)	CHECK(e)
#define panic(...)	CHECK_FAIL("panic: " __VA_ARGS__)

static ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size - 1);

	memcpy(dst, src, len);
	dst[len] = '\0';
	return (ssize_t)len;
}

#define SHIM_MEMORY	(64UL << 20)
static u8 *shim_memory;

static void *phys_to_virt(phys_addr_t pa)
{
	return shim_memory + pa;
}

char __image_start[1], __image_end[1];

static phys_addr_t virt_to_phys(const void *va)
{
	if (va == __image_start)
		return 0x200000;
	if (va == __image_end)
		return 0x300000;
	return (phys_addr_t)((const u8 *)va - shim_memory);
}

#include "../../boot/bootinfo.c"
#include "../../boot/bootmem.c"

/* ---- a loader ------------------------------------------------------------- */

static u8 blob[1 << 16];
static size_t blob_size;

static void tag(u32 type, const void *data, size_t size)
{
	u32 head[2] = { type, (u32)(size + 8) };

	memcpy(blob + blob_size, head, 8);
	memcpy(blob + blob_size + 8, data, size);
	blob_size = align_up(blob_size + 8 + size, 8);
}

static void memory_map(const u64 (*ranges)[3], unsigned n)
{
	static u8 data[8192];
	u32 head[2] = { 24, 0 };

	memcpy(data, head, 8);
	for (unsigned i = 0; i < n; i++)
		memcpy(data + 8 + 24 * i, ranges[i], 24);
	tag(MB2_MMAP, data, 8 + 24 * n);
}

static void begin(void)
{
	shim_memory = calloc(1, SHIM_MEMORY);
	blob_size = 8;
}

static void parse(void)
{
	u32 size;

	tag(MB2_END, "", 0);
	size = (u32)blob_size;
	memcpy(blob, &size, 4);
	memcpy(phys_to_virt(0x100000), blob, blob_size);
	bootinfo_parse(0x100000);
}

static void usual_machine(void)
{
	static const u64 map[][3] = {
		{ 0, 0x9fc00, 1 }, { 0x9fc00, 0x400, 2 }, { 0xf0000, 0x10000, 2 },
		{ 0x100000, 0x3d00000, 1 }, { 0x3e00000, 0x10000, 3 }, { 0xfffc0000, 0x40000, 2 },
	};
	struct {
		u32 start, end;
		char name[24];
	} module = { 0x400000, 0x400123, "initrd some words" };

	begin();
	tag(MB2_CMDLINE, "quiet loglevel=3 loglevel=6 x=a=b last", 39);
	tag(MB2_MODULE, &module, sizeof(module));
	memory_map(map, ARRAY_SIZE(map));
	parse();
	bootmem_init();
}

static void modules_are_found_by_their_first_word(void)
{
	const struct boot_module *m = boot_info.modules;

	usual_machine();
	CHECK_EQ(boot_info.nr_modules, 1);
	CHECK_STR(m[0].name, "initrd");
	CHECK(m[0].start == 0x400000 && m[0].end == 0x400123);
}

static void options_have_values_and_the_last_one_counts(void)
{
	char value[8];

	usual_machine();
	CHECK(boot_option("quiet", value, sizeof(value)));
	CHECK_STR(value, "");
	CHECK(boot_option("loglevel", value, sizeof(value)));
	CHECK_STR(value, "6");
	CHECK(boot_option("x", value, sizeof(value)));
	CHECK_STR(value, "a=b");
	CHECK(boot_option("last", value, 1));
	CHECK(!boot_option("log", value, sizeof(value)));
	CHECK(!boot_option("lastly", value, sizeof(value)));
}

static void ranges_are_sorted_whole_pages_without_overlap(void)
{
	static const u64 map[][3] = {
		{ 0x200000, 0x100000, 1 }, { 0, 0x150000, 1 }, { 0x140800, 0x400, 2 },
		{ 0x250000, 0x1000, 4 }, { 0x150000, 0x10, 77 }, { ~0UL - 10, 100, 1 },
	};

	begin();
	memory_map(map, ARRAY_SIZE(map));
	parse();
	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		CHECK(!(r->start % PAGE_SIZE) && !(r->end % PAGE_SIZE) && r->start <= r->end);
		CHECK(i == 0 || r[-1].end <= r->start);
		/* Memory of the firmware is never given away as RAM. */
		CHECK(r->type != BOOT_RAM || r->end <= 0x140000 || r->start >= 0x141000);
		CHECK(r->type != BOOT_RAM || r->end <= 0x250000 || r->start >= 0x251000);
	}
}

/* Ranges for which there is no room are counted. Memory that is not RAM is never given away as RAM. */
static void ranges_beyond_the_limit_are_left_out_and_counted(void)
{
	static u64 map[BOOT_MAX_RANGES + 3][3] = { { 0x100000, 0x1000000, 1 } };
	u32 module[4] = { 0x400000, 0x400123 };

	for (unsigned i = 1; i < BOOT_MAX_RANGES; i++)
		memcpy(map[i], (u64[]){ 0x2000000 + i * 0x2000, 0x1000, 1 }, sizeof(map[i]));
	memcpy(map[BOOT_MAX_RANGES], (u64[]){ 0x3f00000, 0x1000, 1 }, sizeof(map[0]));
	memcpy(map[BOOT_MAX_RANGES + 1], (u64[]){ 0x800000, 0x1000, 2 }, sizeof(map[0]));
	memcpy(map[BOOT_MAX_RANGES + 2], (u64[]){ 0x2002000, 0x1000, 2 }, sizeof(map[0]));
	begin();
	memory_map((const u64 (*)[3])map, ARRAY_SIZE(map));
	for (unsigned i = 0; i < BOOT_MAX_MODULES + 2; i++)
		tag(MB2_MODULE, module, sizeof(module));
	parse();
	CHECK_EQ(boot_info.nr_ranges, BOOT_MAX_RANGES);
	CHECK_EQ(boot_info.ranges_left_out, 3);
	CHECK_EQ(boot_info.ranges[0].end, 0x800000);
	CHECK_EQ(boot_info.ranges[1].start, boot_info.ranges[1].end);
	CHECK(!boot_is_ram(0x3f00000, 0x3f01000));
	CHECK_EQ(boot_info.nr_modules, BOOT_MAX_MODULES);
	CHECK_EQ(boot_info.modules_left_out, 2);
}

static u8 given[SHIM_MEMORY / PAGE_SIZE];
static phys_addr_t last_given;

static void take(phys_addr_t start, phys_addr_t end)
{
	CHECK(start < end && start >= last_given);
	last_given = end;
	for (; start < end; start += PAGE_SIZE)
		CHECK(!given[start / PAGE_SIZE]++);
}

static void only_unused_memory_is_given_and_only_once(void)
{
	phys_addr_t mine[200], low;

	usual_machine();
	low = boot_alloc_low();
	CHECK(low >= 0x8000 && low < 0x9f000);
	for (unsigned i = 0; i < ARRAY_SIZE(mine); i++) {
		size_t size = 1 + (i * 7919) % 20000, align = PAGE_SIZE << (i % 4);
		u8 *p = boot_alloc(size, align);

		mine[i] = virt_to_phys(p);
		CHECK(!(mine[i] % align) && mine[i] >= 0x100000);
		for (size_t b = 0; b < size; b++)
			CHECK(p[b] == 0);
		memset(p, 0xee, size);
	}
	boot_hand_over_memory(take);
	for (unsigned i = 0; i < ARRAY_SIZE(mine); i++)
		CHECK(!given[mine[i] / PAGE_SIZE]);
	CHECK(!given[0] && !given[low / PAGE_SIZE]);
	for (phys_addr_t pa = 0x200000; pa < 0x300000; pa += PAGE_SIZE)
		CHECK(!given[pa / PAGE_SIZE]);
	CHECK(!given[0x400000 / PAGE_SIZE] && given[0x3000000 / PAGE_SIZE]);
	CHECK(given[0x3dff000 / PAGE_SIZE] && !given[0x3e00000 / PAGE_SIZE]);
	CHECK(!given[0xa0000 / PAGE_SIZE] && !given[0xf0000 / PAGE_SIZE]);
	CHECK(boot_memory_is_handed_over());
	CHECK_EQ(boot_ram_end(), 0x3e00000);
}

int main(void)
{
	TAP_TEST(modules_are_found_by_their_first_word);
	TAP_TEST(options_have_values_and_the_last_one_counts);
	TAP_TEST(ranges_are_sorted_whole_pages_without_overlap);
	TAP_TEST(ranges_beyond_the_limit_are_left_out_and_counted);
	TAP_TEST(only_unused_memory_is_given_and_only_once);
	return tap_done();
}
