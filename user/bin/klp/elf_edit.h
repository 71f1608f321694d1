/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elf_edit.h - changes a relocatable file in memory: names, relocations, sections, and the digest
 * at its end.  The result is that of tools/klprelocs.py and tools/moduleseal.py on the host, byte
 * for byte.
 */
#ifndef KLP_ELF_EDIT_H
#define KLP_ELF_EDIT_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

#define OBJECT_BYTES	56	/* of a module's name, with its NUL */

struct elf_blob {
	unsigned char *bytes;
	size_t size, room;
};

struct elf_edit {
	struct elf_blob file;
	Elf64_Shdr *sections;
	unsigned nr_sections, original_sections;
	unsigned symtab, shstrndx;
	struct elf_blob strings, section_names;	/* of the new file */
	bool failed;				/* no memory */
};

/* Takes over the file; false if it is not a relocatable file of a compiler. */
bool elf_open(struct elf_edit *elf, unsigned char *bytes, size_t size);
void elf_close(struct elf_edit *elf);
unsigned elf_nr_symbols(const struct elf_edit *elf);
Elf64_Sym *elf_symbol(const struct elf_edit *elf, unsigned index);
const char *elf_symbol_name(const struct elf_edit *elf, const Elf64_Sym *symbol);
const char *elf_section_name(const struct elf_edit *elf, unsigned index);
unsigned char *elf_bytes(const struct elf_edit *elf, const Elf64_Shdr *section);

/*
 * Makes the symbol a livepatch symbol.  @mark: "OBJECT.OWNER.NAME,POSITION", the name made by
 * KLP_RELOC_SYMBOL without its prefix; @object gets OBJECT.  Returns NULL, or the error.
 */
const char *elf_name_livepatch(struct elf_edit *elf, unsigned symbol, const char *mark,
			       char object[OBJECT_BYTES]);
/*
 * Moves the relocations of livepatch symbols to sections of their own.  @objects: for each symbol
 * the object for which its relocations wait, or "".  Returns NULL, or the error.
 */
const char *elf_split_relocations(struct elf_edit *elf, char (*objects)[OBJECT_BYTES]);
/* Writes names and headers to the end of the file. */
bool elf_finish(struct elf_edit *elf);
/* Ends the file with the number of its relocations and its digest. */
bool elf_seal(struct elf_edit *elf);

#endif
