/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elfedit.h - changes a module file in memory, for tests in which the loader must refuse the file. */
#ifndef TESTS_ELFEDIT_H
#define TESTS_ELFEDIT_H

#include <elf.h>

#include "sha256.h"
#include "tap.h"

/* The last bytes of a module file: count of relocations, sum, digest, magic (kernel/module/digest.c). */
#define SEAL_MAGIC	24
#define SEAL_DIGEST	(SEAL_MAGIC + 32)
#define SEAL_SUM	(SEAL_DIGEST + 8)
#define SEAL		(SEAL_SUM + 4)

/* Computes the digest again and omits the sum, so that the loader takes the changed file for undamaged. */
static inline void seal_again(unsigned char *bytes, size_t size)
{
	memset(bytes + size - SEAL_SUM, 0, SEAL_SUM - SEAL_DIGEST);
	sha_of(bytes, size - SEAL_DIGEST, bytes + size - SEAL_DIGEST);
}

static inline Elf64_Shdr *section_number(unsigned char *bytes, unsigned int index)
{
	return (Elf64_Shdr *)(bytes + ((Elf64_Ehdr *)bytes)->e_shoff) + index;
}

static inline char *section_name(unsigned char *bytes, const Elf64_Shdr *section)
{
	Elf64_Ehdr *header = (void *)bytes;

	return (char *)bytes + section_number(bytes, header->e_shstrndx)->sh_offset + section->sh_name;
}

static inline Elf64_Shdr *section_named(unsigned char *bytes, const char *name)
{
	for (int i = 0; i < ((Elf64_Ehdr *)bytes)->e_shnum; i++) {
		Elf64_Shdr *section = section_number(bytes, i);

		if (!strcmp(section_name(bytes, section), name))
			return section;
	}
	CHECK_FAIL("no section %s", name);
}

static inline char *symbol_name(unsigned char *bytes, const Elf64_Sym *symbol)
{
	Elf64_Shdr *table = section_named(bytes, ".symtab");

	return (char *)bytes + section_number(bytes, table->sh_link)->sh_offset + symbol->st_name;
}

static inline Elf64_Sym *symbol_named(unsigned char *bytes, const char *name)
{
	Elf64_Shdr *table = section_named(bytes, ".symtab");
	Elf64_Sym *symbols = (void *)(bytes + table->sh_offset);

	for (size_t i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		if (!strcmp(symbol_name(bytes, &symbols[i]), name))
			return &symbols[i];
	}
	CHECK_FAIL("no symbol %s", name);
}

static inline Elf64_Rela *relocation_in(unsigned char *bytes, const char *section, int index)
{
	return (Elf64_Rela *)(bytes + section_named(bytes, section)->sh_offset) + index;
}

#endif
