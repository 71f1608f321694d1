/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object.c - makes a module of an object of klpcc.  The compiler does not mark named sections as
 * code or as writable: this file sets the marks.  The compiler reaches other objects through a
 * table of addresses: this file removes the table.  A name that is neither defined nor exported
 * becomes a livepatch symbol of the kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "build.h"

#define MARK	 ".klp.sym.rela."
#define MOV_FROM 0x8b
#define LEA	 0x8d

static void put_flags_right(struct elf_edit *elf)
{
	for (unsigned i = 1; i < elf->nr_sections; i++) {
		const char *name = elf_section_name(elf, i);
		Elf64_Shdr *s = &elf->sections[i];

		if (!(s->sh_flags & SHF_ALLOC) || s->sh_type == SHT_RELA)
			continue;
		if (strncmp(name, ".init.text", 10) == 0 || strncmp(name, ".exit.text", 10) == 0)
			s->sh_flags |= SHF_EXECINSTR;
		if (strncmp(name, ".data", 5) == 0 || strncmp(name, ".init.data", 10) == 0 ||
		    strcmp(name, ".gnu.linkonce.this_module") == 0)
			s->sh_flags |= SHF_WRITE;
		if (strcmp(name, ".gnu.linkonce.this_module") == 0 && s->sh_addralign < 8)
			s->sh_addralign = 8;
	}
}

/* "mov name@GOTPCREL(%rip), reg" becomes "lea name(%rip), reg": all is within 2 GiB. */
static bool relax_section(struct elf_edit *elf, const Elf64_Shdr *section, const char *file)
{
	Elf64_Shdr *target = &elf->sections[section->sh_info];
	unsigned char *code = elf_bytes(elf, target);
	Elf64_Rela *entry = (Elf64_Rela *)elf_bytes(elf, section);

	for (size_t i = 0; i < section->sh_size / sizeof(*entry); i++) {
		size_t at = entry[i].r_offset;
		unsigned type = ELF64_R_TYPE(entry[i].r_info);

		if (type != R_X86_64_GOTPCREL && type != R_X86_64_GOTPCRELX &&
		    type != R_X86_64_REX_GOTPCRELX)
			continue;
		if (at < 2 || at + 4 > target->sh_size || code[at - 2] != MOV_FROM ||
		    (code[at - 1] & 0xc7) != 5) {
			complain("%s: the compiler reaches a name in a way that no module can",
				 file);
			return false;
		}
		code[at - 2] = LEA;
		entry[i].r_info = ELF64_R_INFO(ELF64_R_SYM(entry[i].r_info), R_X86_64_PC32);
	}
	return true;
}

static bool relax(struct elf_edit *elf, const char *file)
{
	for (unsigned i = 1; i < elf->nr_sections; i++)
		if (elf->sections[i].sh_type == SHT_RELA &&
		    !relax_section(elf, &elf->sections[i], file))
			return false;
	return true;
}

/* The name after the mark, without the quotes that an assembler would have removed. */
static bool marked(const char *name, char *mark, size_t size)
{
	size_t skip = name[0] == '"';

	if (strncmp(name + skip, MARK, strlen(MARK)) != 0)
		return false;
	snprintf(mark, size, "%s", name + skip + strlen(MARK));
	if (skip && mark[0])
		mark[strlen(mark) - 1] = '\0';
	return true;
}

/* An undefined name: "" for an export, else the form of KLP_RELOC_SYMBOL; NULL: unknown. */
static const char *meaning(const struct symbols *symbols, const char *name, char *mark, size_t size)
{
	const struct symbol *s;

	if (marked(name, mark, size))
		return mark;
	if (symbols_exported(symbols, name))
		return "";
	s = symbols_find(symbols, name, NULL);
	if (!s)
		return NULL;
	snprintf(mark, size, "vmlinux.vmlinux.%s,%d", name, s->position);
	return mark;
}

static bool bind_symbol(struct elf_edit *elf, const struct symbols *symbols, unsigned index,
			char *object, const char *file)
{
	char name[512], mark[640];
	const char *what, *wrong;
	const struct symbol *mark_of_linker;

	snprintf(name, sizeof(name), "%s", elf_symbol_name(elf, elf_symbol(elf, index)));
	mark_of_linker = symbols_mark(symbols, name);
	if (mark_of_linker) {
		elf_symbol(elf, index)->st_shndx = SHN_ABS;
		elf_symbol(elf, index)->st_value = mark_of_linker->address;
		return true;
	}
	what = meaning(symbols, name, mark, sizeof(mark));
	if (!what) {
		complain("%s: %s: is declared, and neither the kernel nor this file has it", file,
			 name);
		return false;
	}
	if (!*what)
		return true;
	wrong = elf_name_livepatch(elf, index, what, object);
	if (wrong)
		complain("%s: %s: %s", file, name, wrong);
	return !wrong;
}

static bool bind(struct elf_edit *elf, const struct symbols *symbols, const char *file)
{
	char(*objects)[OBJECT_BYTES] = calloc(elf_nr_symbols(elf), OBJECT_BYTES);
	const char *wrong = NULL;
	bool good = objects;

	for (unsigned i = 1; objects && i < elf_nr_symbols(elf); i++) {
		const Elf64_Sym *sym = elf_symbol(elf, i);

		if (sym->st_shndx == SHN_UNDEF && elf_symbol_name(elf, sym)[0] &&
		    !bind_symbol(elf, symbols, i, objects[i], file))
			good = false;
	}
	if (good)
		wrong = elf_split_relocations(elf, objects);
	if (wrong)
		complain("%s: %s", file, wrong);
	free(objects);
	return good && !wrong;
}

bool object_to_module(struct elf_edit *elf, const struct symbols *symbols, const char *file)
{
	put_flags_right(elf);
	return frames_are_sound(elf, file) && relax(elf, file) && bind(elf, symbols, file) &&
	       elf_finish(elf) && elf_seal(elf);
}
