/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct loader: what GRUB does, without a disk.
 *
 * QEMU's -kernel puts this program and its modules into memory.  The first module is the kernel,
 * the others are the kernel's.  This program loads the kernel, builds multiboot2's information, and
 * jumps.  A boot by GRUB reads a disk, and the host decides how long that takes; here no
 * instruction depends on the host (docs/replay.md).
 *
 * 32-bit, identity mapped, on one CPU.  It is linked at 16 MiB (the Makefile), its modules follow
 * it, and the kernel lies below it.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
	u32 mmap_length, mmap_addr;
};

struct mb1_module {
	u32 start, end, text, reserved;
};

struct mb1_range {
	u32 size;
	u64 base, length;
	u32 type;
} __attribute__((packed));

struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct mb2_range {
	u64 base, length;
	u32 type, reserved;
};

enum { ELF_LOAD = 1 };
enum { MB2_END = 0, MB2_MODULE = 3, MB2_MMAP = 6, MB2_ACPI_OLD = 14, MB2_ACPI_NEW = 15 };

#define RSDP_FROM	0xe0000
#define RSDP_END	0x100000
#define RSDP_OLD_SIZE	20
#define RSDP_NEW_SIZE	36
#define SERIAL		0x3f8

void direct_load(const struct mb1_info *in);
void direct_jump(u32 entry, const void *information) __attribute__((noreturn));

extern char direct_begin[];		/* where this program is loaded */
static u8 information[8192] __attribute__((aligned(8)));
static u32 filled;

static void __attribute__((noreturn)) fail(const char *why)
{
	for (const char *p = why; *p; p++)
		__asm__ volatile("outb %b0, %w1" : : "a"(*p), "Nd"(SERIAL));
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void copy(void *to, const void *from, u32 n)
{
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static void clear(void *to, u32 n)
{
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(0) : "memory");
}

/* A tag with room for @size bytes behind its head; the next one lies on 8 bytes. */
static void *add_tag(u32 type, u32 size)
{
	u32 *tag = (u32 *)(information + filled);

	filled += (8 + size + 7) & ~7u;
	if (filled > sizeof(information))
		fail("direct: no room for what the kernel is told\n");
	tag[0] = type;
	tag[1] = 8 + size;
	return tag + 2;
}

/* The name of a module is what its text has behind the last slash. */
static void add_module(const struct mb1_module *m)
{
	const char *name = (const char *)m->text;
	u32 n = 0, *tag;

	for (const char *p = name; *p; p++)
		if (*p == '/')
			name = p + 1;
	while (name[n])
		n++;
	tag = add_tag(MB2_MODULE, 8 + n + 1);
	tag[0] = m->start;
	tag[1] = m->end;
	copy(tag + 2, name, n + 1);
}

static void add_memory(const struct mb1_info *in)
{
	const u8 *p = (const u8 *)in->mmap_addr, *end = p + in->mmap_length;
	u32 count = 0, *tag;
	struct mb2_range *to;

	for (const u8 *q = p; q < end; q += *(const u32 *)q + 4)
		count++;
	tag = add_tag(MB2_MMAP, 8 + count * sizeof(*to));
	tag[0] = sizeof(*to);
	tag[1] = 0;
	to = (struct mb2_range *)(tag + 2);
	for (; p < end; p += *(const u32 *)p + 4, to++) {
		const struct mb1_range *r = (const void *)p;

		*to = (struct mb2_range){ r->base, r->length, r->type, 0 };
	}
}

static void add_rsdp(void)
{
	for (const u32 *p = (const u32 *)RSDP_FROM; p < (const u32 *)RSDP_END; p += 4) {
		u32 size;

		if (p[0] != 0x20445352 || p[1] != 0x20525450)		/* "RSD PTR " */
			continue;
		size = ((const u8 *)p)[15] ? RSDP_NEW_SIZE : RSDP_OLD_SIZE;
		copy(add_tag(size == RSDP_NEW_SIZE ? MB2_ACPI_NEW : MB2_ACPI_OLD, size), p, size);
		return;
	}
}

static u32 load_kernel(const u8 *file)
{
	const struct elf_header *elf = (const void *)file;
	const struct elf_segment *s = (const void *)(file + elf->phoff);

	for (u32 i = 0; i < elf->phnum; i++, s++) {
		if (s->type != ELF_LOAD)
			continue;
		if (s->paddr + s->memsz > (u32)direct_begin)
			fail("direct: the kernel is too large\n");
		copy((void *)(u32)s->paddr, file + s->offset, (u32)s->filesz);
		clear((void *)(u32)(s->paddr + s->filesz), (u32)(s->memsz - s->filesz));
	}
	return (u32)elf->entry;
}

void direct_load(const struct mb1_info *in)
{
	const struct mb1_module *m = (const void *)in->mods_addr;
	u32 entry;

	if (!in->mods_count)
		fail("direct: no kernel\n");
	filled = 8;
	for (u32 i = 1; i < in->mods_count; i++)
		add_module(&m[i]);
	add_memory(in);
	add_rsdp();
	add_tag(MB2_END, 0);
	entry = load_kernel((const u8 *)m[0].start);
	((u32 *)information)[0] = filled;
	direct_jump(entry, information);
}
