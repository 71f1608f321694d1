/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places the sections of a decoded module: code, read-only data and data in separate regions
 * (pages do not mix permissions), and separate regions for init memory.  The only effects are on
 * struct elfmod and on memory that the caller prepared.
 */
#include <neurath/string.h>
#include "elfmod.h"

/* The compiler gives __mcount_loc alignment 1, though it is an array of addresses. */
#define MIN_ALIGN	8

static bool elfmod_name_starts(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/*
 * Some compilers (tcc) mark functions in named sections as data.  So a section is text by its
 * flag, or by a name that only text sections have.
 */
bool elfmod_is_text(const struct elfmod *m, unsigned int index)
{
	const Elf64_Shdr *s = &m->sections[index];
	const char *name = elfmod_section_name(m, index);

	if (!(s->sh_flags & SHF_ALLOC) || s->sh_type == SHT_RELA)
		return false;
	return (s->sh_flags & SHF_EXECINSTR) || elfmod_name_starts(name, ".init.text") ||
	       elfmod_name_starts(name, ".exit.text") || elfmod_name_starts(name, ".text") ||
	       elfmod_name_starts(name, ".kprobes.text");
}

static enum elfmod_region elfmod_region_of(const struct elfmod *m, unsigned int index)
{
	const Elf64_Shdr *s = &m->sections[index];
	const char *name = elfmod_section_name(m, index);
	bool init = elfmod_name_starts(name, ".init");

	if (!(s->sh_flags & SHF_ALLOC))
		return REGION_NONE;
	if (elfmod_is_text(m, index))
		return init ? REGION_INIT_TEXT : REGION_TEXT;
	if ((s->sh_flags & SHF_WRITE) || elfmod_name_starts(name, ".data") ||
	    elfmod_name_starts(name, ".bss") || elfmod_name_starts(name, ".init.data") ||
	    index == m->this_module)
		return init ? REGION_INIT_DATA : REGION_DATA;
	return init ? REGION_INIT_RODATA : REGION_RODATA;
}

bool elfmod_is_got(unsigned int type)
{
	return type == R_X86_64_GOTPCREL || type == R_X86_64_GOTPCRELX ||
	       type == R_X86_64_REX_GOTPCRELX;
}

/*
 * "mov sym@GOTPCREL(%rip), reg" (8b, ModRM mod 0 rm 5) can become "lea sym(%rip), reg".
 * @offset is that of the displacement; the two bytes before it are opcode and ModRM.
 */
bool elfmod_got_relaxes(const u8 *section, u64 offset)
{
	return offset >= 2 && section[offset - 2] == 0x8b && (section[offset - 1] & 0xc7) == 0x05;
}

/* An upper bound of the table's entries: one for each access that stays indirect. */
static unsigned int elfmod_count_got(const struct elfmod *m)
{
	unsigned int count = 0;

	for (unsigned int i = 1; i < m->nr_sections; i++) {
		const Elf64_Shdr *s = &m->sections[i];

		if (!elfmod_is_applied(m, s))
			continue;
		for (u64 k = 0; k < s->sh_size / sizeof(Elf64_Rela); k++) {
			Elf64_Rela r;

			elfmod_read_rela(m, s, k, &r);
			if (elfmod_is_got(ELF64_R_TYPE(r.r_info)) &&
			    !elfmod_got_relaxes(m->image + m->sections[s->sh_info].sh_offset,
						r.r_offset))
				count++;
		}
	}
	return count;
}

static int elfmod_reserve(struct elfmod *m, enum elfmod_region region, u64 size, u64 align,
			  u64 *offset)
{
	u64 start = m->region_size[region];

	if (align > 1)
		start = (start + align - 1) & ~(align - 1);
	if (start + size > ELFMOD_MAX_SIZE)
		return elfmod_refuse(m, -ENOMEM, "the module is too large", NULL);
	m->region_size[region] = start + size;
	*offset = start;
	return 0;
}

int elfmod_place(struct elfmod *m)
{
	int error;

	m->place = elfmod_alloc(m->nr_sections * sizeof(*m->place));
	if (!m->place)
		return elfmod_refuse(m, -ENOMEM, "no memory for the layout", NULL);
	for (unsigned int i = 0; i < m->nr_sections; i++) {
		struct elfmod_placement *p = &m->place[i];

		p->region = i ? elfmod_region_of(m, i) : REGION_NONE;
		if (p->region == REGION_NONE)
			continue;
		error = elfmod_reserve(m, p->region, m->sections[i].sh_size,
				       max_t(u64, m->sections[i].sh_addralign, MIN_ALIGN),
				       &p->offset);
		if (error)
			return error;
	}
	m->got_size = elfmod_count_got(m);
	return elfmod_reserve(m, REGION_RODATA, (u64)m->got_size * 8, 8, &m->got_offset);
}

u64 elfmod_address(const struct elfmod *m, unsigned int index)
{
	const struct elfmod_placement *p = &m->place[index];

	return m->region_addr[p->region] + p->offset;
}

static void elfmod_load_symbols(struct elfmod *m)
{
	for (unsigned int i = 1; i < m->nr_symbols; i++) {
		Elf64_Sym *sym = &m->symbols[i];

		if (sym->st_shndx != SHN_UNDEF && sym->st_shndx < m->nr_sections &&
		    m->place[sym->st_shndx].region != REGION_NONE)
			sym->st_value += elfmod_address(m, sym->st_shndx);
	}
}

void elfmod_load(struct elfmod *m)
{
	for (unsigned int i = 1; i < m->nr_sections; i++) {
		Elf64_Shdr *s = &m->sections[i];
		u8 *to;

		if (m->place[i].region == REGION_NONE)
			continue;
		to = m->region_mem[m->place[i].region] + m->place[i].offset;
		if (s->sh_type == SHT_NOBITS)
			memset(to, 0, s->sh_size);
		else if (s->sh_size)
			memcpy(to, m->image + s->sh_offset, s->sh_size);
		s->sh_addr = elfmod_address(m, i);
	}
	elfmod_load_symbols(m);
}

int elfmod_find(struct elfmod *m, const char *name, size_t entsize, unsigned int *index)
{
	*index = 0;
	for (unsigned int i = 1; i < m->nr_sections; i++) {
		const Elf64_Shdr *s = &m->sections[i];

		if (strcmp(elfmod_section_name(m, i), name) != 0)
			continue;
		if (*index || s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_ALLOC) ||
		    s->sh_size % entsize)
			return elfmod_refuse(m, -ENOEXEC, "bad section ", name);
		*index = i;
	}
	return 0;
}
