/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_edit.h - a relocatable file in memory, and what is changed in it: names, relocations,
 * sections, and the digest at its end.  What tools/klprelocs.py and tools/moduleseal.py do on the
 * host, byte for byte.
 */
#ifndef KLP_ELF_EDIT_H
#define KLP_ELF_EDIT_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

#define OBJECT_BYTES	56	/* of a name of a module, with its NUL */

struct elf_blob {
	unsigned char *bytes;
	size_t size, room;
};

struct elf_edit {
	struct elf_blob file;
	Elf64_Shdr *sections;
	unsigned nr_sections, original_sections;
	unsigned symtab, shstrndx;
	struct elf_blob strings, section_names;	/* as they will be */
	bool failed;				/* no memory */
};

/* Takes the file over: false if it is no relocatable file of a compiler. */
bool elf_open(struct elf_edit *elf, unsigned char *bytes, size_t size);
void elf_close(struct elf_edit *elf);
unsigned elf_nr_symbols(const struct elf_edit *elf);
Elf64_Sym *elf_symbol(const struct elf_edit *elf, unsigned index);
const char *elf_symbol_name(const struct elf_edit *elf, const Elf64_Sym *symbol);
const char *elf_section_name(const struct elf_edit *elf, unsigned index);
unsigned char *elf_bytes(const struct elf_edit *elf, const Elf64_Shdr *section);

/*
 * Makes the symbol a livepatch symbol.  @mark: "OBJECT.OWNER.NAME,POSITION" as KLP_RELOC_SYMBOL
 * makes it, behind its prefix; @object gets OBJECT.  NULL, or what is wrong with it.
 */
const char *elf_name_livepatch(struct elf_edit *elf, unsigned symbol, const char *mark,
			       char object[OBJECT_BYTES]);
/*
 * Moves the relocations of livepatch symbols to sections of their own.  @objects: for each symbol
 * the object that its relocations wait for, or "".  NULL, or what is wrong.
 */
const char *elf_split_relocations(struct elf_edit *elf, char (*objects)[OBJECT_BYTES]);
/* Writes names and headers to the end of the file. */
bool elf_finish(struct elf_edit *elf);
/* Ends the file with the number of its relocations and its digest. */
bool elf_seal(struct elf_edit *elf);

#endif
