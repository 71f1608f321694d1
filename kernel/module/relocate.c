/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbol values and relocations of a module.  Writes only to memory of the module, which no CPU
 * executes yet.  A place that is not zero before it is relocated, or a value that does not fit,
 * refuses the module (-ENOEXEC).
 */
#include <neurath/string.h>
#include "elfmod.h"

int elfmod_resolve(struct elfmod *m, int (*find)(void *ctx, const char *name, u64 *value),
		   void *ctx)
{
	for (unsigned int i = 1; i < m->nr_symbols; i++) {
		Elf64_Sym *sym = &m->symbols[i];
		const char *name = m->strings + sym->st_name;
		u64 value = 0;
		int error;

		if (sym->st_shndx != SHN_UNDEF || *name == '\0')
			continue;
		error = find(ctx, name, &value);
		if (error == -ENOENT && ELF64_ST_BIND(sym->st_info) == STB_WEAK)
			error = 0;
		if (error) {
			/* Users search for exactly this text. */
			elfmod_refuse(m, error, "Unknown symbol ", name);
			m->why_errno = true;
			return error;
		}
		sym->st_value = value;
	}
	return 0;
}

/* The address of a table entry that contains @value. */
static u64 elfmod_got_entry(struct elfmod *m, u64 value)
{
	u64 at = m->got_offset + (u64)m->got_used++ * 8;

	memcpy(m->region_mem[REGION_RODATA] + at, &value, 8);
	return m->region_addr[REGION_RODATA] + at;
}

unsigned int elf_reloc_width(unsigned int type)
{
	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		return 4;
	default:
		return 0;
	}
}

static bool elf_fits_s32(u64 value)
{
	return (s64)value == (s32)value;
}

bool elf_reloc_compute(unsigned int type, u64 place, u64 symbol, u64 addend, u64 *value)
{
	*value = symbol + addend;
	switch (type) {
	case R_X86_64_64:
		return true;
	case R_X86_64_32:
		return *value == (u32)*value;
	case R_X86_64_32S:
		return elf_fits_s32(*value);
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		*value -= place;
		return elf_fits_s32(*value);
	case R_X86_64_PC64:
		*value -= place;
		return true;
	default:
		return false;
	}
}

static u8 *elfmod_section_memory(const struct elfmod *m, unsigned int section)
{
	const struct elfmod_placement *p = &m->place[section];

	return m->region_mem[p->region] + p->offset;
}

/*
 * An access of section @target to the global offset table: direct if the symbol is in reach, else
 * by an entry.
 */
static int elfmod_got_value(struct elfmod *m, unsigned int target, const Elf64_Rela *r, u64 *value)
{
	u64 symbol = m->symbols[ELF64_R_SYM(r->r_info)].st_value;
	u64 place = elfmod_address(m, target) + r->r_offset;
	u8 *memory = elfmod_section_memory(m, target);

	*value = symbol + r->r_addend - place;
	if (elfmod_got_relaxes(memory, r->r_offset) && elf_fits_s32(*value)) {
		memory[r->r_offset - 2] = 0x8d;		/* lea */
		return 0;
	}
	if (m->got_used == m->got_size)
		return elfmod_refuse(m, -ENOEXEC, "symbol out of reach for a GOT access", NULL);
	*value = elfmod_got_entry(m, symbol) + r->r_addend - place;
	return elf_fits_s32(*value) ? 0 : -ENOEXEC;
}

/* The name of symbol @i for a message. */
static const char *elfmod_symbol_name(const struct elfmod *m, unsigned int i)
{
	const Elf64_Sym *sym = &m->symbols[i];

	if (ELF64_ST_TYPE(sym->st_info) == STT_SECTION && sym->st_shndx < m->nr_sections)
		return elfmod_section_name(m, sym->st_shndx);
	return m->strings + sym->st_name;
}

/* A relocation may refer to loaded sections, to numbers, and to resolved symbols. */
static bool elfmod_symbol_usable(const struct elfmod *m, const Elf64_Sym *sym)
{
	if (sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS)
		return true;
	return sym->st_shndx < m->nr_sections && m->place[sym->st_shndx].region != REGION_NONE;
}

static int elfmod_relocate_one(struct elfmod *m, unsigned int target, const Elf64_Rela *r)
{
	static const u8 zero[8];
	unsigned int type = ELF64_R_TYPE(r->r_info), index = ELF64_R_SYM(r->r_info);
	unsigned int width = elf_reloc_width(type);
	u8 *loc = elfmod_section_memory(m, target) + r->r_offset;
	u64 value, place, symbol;
	int error;

	if (type == R_X86_64_NONE)
		return 0;
	if (!elfmod_symbol_usable(m, &m->symbols[index]))
		return elfmod_refuse(m, -ENOEXEC,
				     "relocation against a symbol that is not loaded: ",
				     elfmod_symbol_name(m, index));
	if (memcmp(loc, zero, width) != 0)
		return elfmod_refuse(m, -ENOEXEC,
				     "Invalid relocation target, existing value is nonzero, for ",
				     elfmod_symbol_name(m, index));
	place = elfmod_address(m, target) + r->r_offset;
	symbol = m->symbols[index].st_value;
	if (elfmod_is_got(type))
		error = elfmod_got_value(m, target, r, &value);
	else
		error = elf_reloc_compute(type, place, symbol, r->r_addend, &value) ? 0 : -ENOEXEC;
	if (error)
		return elfmod_refuse(m, error, "relocation out of range for ",
				     elfmod_symbol_name(m, index));
	memcpy(loc, &value, width);	/* little endian: the low bytes come first */
	return 0;
}

int elfmod_relocate(struct elfmod *m)
{
	for (unsigned int i = 1; i < m->nr_sections; i++) {
		const Elf64_Shdr *s = &m->sections[i];

		if (!elfmod_is_applied(m, s))
			continue;
		for (u64 k = 0; k < s->sh_size / sizeof(Elf64_Rela); k++) {
			Elf64_Rela r;
			int error;

			elfmod_read_rela(m, s, k, &r);
			error = elfmod_relocate_one(m, s->sh_info, &r);
			if (error)
				return error;
		}
	}
	return 0;
}
