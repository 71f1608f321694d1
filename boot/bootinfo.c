/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies the boot loader's information (multiboot2) into struct boot_info.
 *
 * This is the first C code that runs, on the boot page tables, which map the first 4 GiB at the
 * direct map; multiboot2 puts all data below that.  The loader's structure is at any place in
 * RAM, so all data that is needed later is copied here.
 */
#include <neurath/arch.h>
#include <neurath/boot.h>
#include <neurath/string.h>
#include "bootinfo.h"

struct mb2_tag {
	u32 type, size;
};

struct mb2_string {
	struct mb2_tag tag;
	char text[];
};

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
	char name[];
};

struct mb2_mmap_entry {
	u64 base, length;
	u32 type, reserved;
};

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
	u8 entries[];
};

struct mb2_framebuffer {
	struct mb2_tag tag;
	u64 address;
	u32 pitch, width, height;
	u8 bpp, type;
} __packed;

struct mb2_acpi {
	struct mb2_tag tag;
	u8 rsdp[];
};

enum {
	MB2_END = 0, MB2_CMDLINE = 1, MB2_MODULE = 3, MB2_MMAP = 6, MB2_FRAMEBUFFER = 8,
	MB2_ACPI_OLD = 14, MB2_ACPI_NEW = 15,
};

struct boot_info boot_info;

static void __init bootinfo_add_module(const struct mb2_module *m)
{
	struct boot_module *module = &boot_info.modules[boot_info.nr_modules];
	size_t len = 0;

	if (m->end <= m->start)
		return;
	if (boot_info.nr_modules == BOOT_MAX_MODULES) {
		boot_info.modules_left_out++;
		return;
	}
	boot_info.nr_modules++;
	module->start = m->start;
	module->end = m->end;
	while (m->name[len] && m->name[len] != ' ' && len < sizeof(module->name) - 1)
		len++;
	memcpy(module->name, m->name, len);
}

/*
 * There is no room for @r.  RAM is then not used.  A range that is not RAM must not be used as
 * RAM, whatever range contains it: that range ends before @r.
 */
static void __init bootinfo_leave_out(const struct boot_range *r)
{
	boot_info.ranges_left_out++;
	if (r->type == BOOT_RAM)
		return;
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		struct boot_range *a = &boot_info.ranges[i];

		if (a->type == BOOT_RAM && a->start < r->end && r->start < a->end)
			a->end = max(a->start, r->start);
	}
}

/* RAM shrinks to whole pages, all other ranges grow to them. */
static void __init bootinfo_add_range(u64 base, u64 length, u32 type)
{
	struct boot_range r = { .type = type < 1 || type > 5 ? BOOT_RESERVED : type };
	unsigned int i;

	if (base + length < base)
		return;
	if (type == BOOT_RAM) {
		r.start = align_up(base, PAGE_SIZE);
		r.end = align_down(base + length, PAGE_SIZE);
	} else {
		r.start = align_down(base, PAGE_SIZE);
		r.end = align_up(base + length, PAGE_SIZE);
	}
	if (r.start >= r.end)
		return;
	if (boot_info.nr_ranges == BOOT_MAX_RANGES) {
		bootinfo_leave_out(&r);
		return;
	}
	for (i = boot_info.nr_ranges++; i && boot_info.ranges[i - 1].start > r.start; i--)
		boot_info.ranges[i] = boot_info.ranges[i - 1];
	boot_info.ranges[i] = r;
}

/* Cuts RAM where a stricter range overlaps it, so that ranges do not overlap. */
static void __init bootinfo_cut_overlaps(void)
{
	for (unsigned int i = 0; i + 1 < boot_info.nr_ranges; i++) {
		struct boot_range *a = &boot_info.ranges[i], *b = a + 1;

		if (a->end <= b->start)
			continue;
		if (b->type == BOOT_RAM)
			b->start = min(a->end, b->end);
		else
			a->end = b->start;
	}
}

static void __init bootinfo_parse_mmap(const struct mb2_mmap *map)
{
	const u8 *p = map->entries, *end = (const u8 *)map + map->tag.size;

	if (map->entry_size < sizeof(struct mb2_mmap_entry))
		return;
	for (; p + map->entry_size <= end; p += map->entry_size) {
		const struct mb2_mmap_entry *e = (const void *)p;

		bootinfo_add_range(e->base, e->length, e->type);
	}
	bootinfo_cut_overlaps();
}

static void __init bootinfo_copy_rsdp(const struct mb2_acpi *acpi)
{
	size_t size = acpi->tag.size - sizeof(acpi->tag);

	memset(boot_info.rsdp, 0, sizeof(boot_info.rsdp));
	memcpy(boot_info.rsdp, acpi->rsdp, min(size, sizeof(boot_info.rsdp)));
	boot_info.has_rsdp = true;
}

static void __init bootinfo_parse_tag(const struct mb2_tag *tag)
{
	switch (tag->type) {
	case MB2_CMDLINE:
		strscpy(boot_info.cmdline, ((const struct mb2_string *)tag)->text,
			sizeof(boot_info.cmdline));
		break;
	case MB2_MODULE:
		bootinfo_add_module((const void *)tag);
		break;
	case MB2_MMAP:
		bootinfo_parse_mmap((const void *)tag);
		break;
	case MB2_FRAMEBUFFER: {
		const struct mb2_framebuffer *fb = (const void *)tag;

		boot_info.framebuffer = (struct boot_framebuffer){
			fb->address, fb->pitch, fb->width, fb->height, fb->bpp, fb->type,
		};
		break;
	}
	case MB2_ACPI_OLD:
		if (!boot_info.has_rsdp)
			bootinfo_copy_rsdp((const void *)tag);
		break;
	case MB2_ACPI_NEW:
		bootinfo_copy_rsdp((const void *)tag);
		break;
	}
}

void __init bootinfo_parse(phys_addr_t information)
{
	const u8 *p = phys_to_virt(information);
	const u8 *end = p + *(const u32 *)p;

	for (p += 8; p + sizeof(struct mb2_tag) <= end; ) {
		const struct mb2_tag *tag = (const void *)p;

		if (tag->type == MB2_END || tag->size < sizeof(*tag))
			break;
		bootinfo_parse_tag(tag);
		p += align_up(tag->size, 8u);
	}
}

bool boot_is_ram(phys_addr_t start, phys_addr_t end)
{
	for (unsigned int i = 0; i < boot_info.nr_ranges; i++) {
		const struct boot_range *r = &boot_info.ranges[i];

		if (r->type != BOOT_RESERVED && r->start < end && start < r->end)
			return true;
	}
	return false;
}

bool boot_option(const char *name, char *buf, size_t size)
{
	const char *p = boot_info.cmdline;
	size_t name_len = strlen(name);
	bool found = false;

	while (*p) {
		const char *word = p;

		while (*p && *p != ' ')
			p++;
		if (!strncmp(word, name, name_len) &&
		    (word[name_len] == '=' || word + name_len == p)) {
			const char *value = word + name_len + (word + name_len < p);

			found = true;
			if (size)
				strscpy(buf, value, min(size, (size_t)(p - value) + 1));
		}
		while (*p == ' ')
			p++;
	}
	return found;
}
