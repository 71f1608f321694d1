/* SPDX-License-Identifier: GPL-2.0-or-later */
/* elf_edit.c - changes a relocatable file in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "elf_edit.h"
#include "sha256.h"

#define SHN_LIVEPATCH	   0xff20
#define SHF_RELA_LIVEPATCH 0x00100000
#define NAME_MAX_BYTES	   512

#define SEAL_SUM_FACTOR	0x9e3779b97f4a7c15UL

static const char seal_magic[] = "Neurath module digest 1\n";

/* Makes room for @n more bytes, zeroed; returns their address, or NULL. */
static unsigned char *blob_grow(struct elf_edit *elf, struct elf_blob *blob, size_t n)
{
	if (blob->size + n > blob->room) {
		size_t room = 2 * blob->room + n + 1024;
		unsigned char *bytes = realloc(blob->bytes, room);

		if (!bytes) {
			elf->failed = true;
			return NULL;
		}
		blob->bytes = bytes;
		blob->room = room;
	}
	memset(blob->bytes + blob->size, 0, n);
	blob->size += n;
	return blob->bytes + blob->size - n;
}

/* Appends to the file, at a multiple of 8: the offset. */
static size_t file_append(struct elf_edit *elf, const void *data, size_t n)
{
	size_t padding = -elf->file.size % 8;
	unsigned char *at = blob_grow(elf, &elf->file, padding + n);

	if (!at)
		return 0;
	memcpy(at + padding, data, n);
	return elf->file.size - n;
}

static size_t add_string(struct elf_edit *elf, struct elf_blob *table, const char *text)
{
	size_t offset = table->size, n = strlen(text) + 1;
	unsigned char *at = blob_grow(elf, table, n);

	if (at)
		memcpy(at, text, n);
	return offset;
}

static bool copy_strings(struct elf_edit *elf, struct elf_blob *table, unsigned index)
{
	const Elf64_Shdr *s = &elf->sections[index];
	unsigned char *at = blob_grow(elf, table, s->sh_size);

	if (at)
		memcpy(at, elf->file.bytes + s->sh_offset, s->sh_size);
	return at;
}

/* True if the sections lie in the file, and each name table ends with a NUL. */
static bool sections_fit(const struct elf_edit *elf)
{
	for (unsigned i = 1; i < elf->nr_sections; i++) {
		const Elf64_Shdr *s = &elf->sections[i];

		if (s->sh_type != SHT_NOBITS &&
		    (s->sh_offset > elf->file.size || s->sh_size > elf->file.size - s->sh_offset))
			return false;
		if (s->sh_type == SHT_STRTAB &&
		    (s->sh_size == 0 || elf->file.bytes[s->sh_offset + s->sh_size - 1]))
			return false;
		if (s->sh_type == SHT_RELA && s->sh_info >= elf->nr_sections)
			return false;
	}
	return true;
}

bool elf_open(struct elf_edit *elf, unsigned char *bytes, size_t size)
{
	const Elf64_Ehdr *head = (const Elf64_Ehdr *)bytes;

	*elf = (struct elf_edit){ .file = { bytes, size, size } };
	if (size < sizeof(*head) || memcmp(bytes, ELFMAG, SELFMAG) != 0 || head->e_type != ET_REL ||
	    head->e_shentsize != sizeof(Elf64_Shdr) || head->e_shoff > size ||
	    head->e_shnum > (size - head->e_shoff) / sizeof(Elf64_Shdr) ||
	    head->e_shstrndx >= head->e_shnum)
		return false;
	elf->nr_sections = elf->original_sections = head->e_shnum;
	elf->shstrndx = head->e_shstrndx;
	/* The number of sections: a section of relocations may get one more for each object. */
	elf->sections = calloc((size_t)elf->nr_sections * 8, sizeof(*elf->sections));
	if (!elf->sections)
		return false;
	memcpy(elf->sections, bytes + head->e_shoff, elf->nr_sections * sizeof(*elf->sections));
	for (unsigned i = 1; i < elf->nr_sections && !elf->symtab; i++)
		if (elf->sections[i].sh_type == SHT_SYMTAB)
			elf->symtab = i;
	return elf->symtab && elf->sections[elf->symtab].sh_link < elf->nr_sections &&
	       sections_fit(elf) &&
	       copy_strings(elf, &elf->strings, elf->sections[elf->symtab].sh_link) &&
	       copy_strings(elf, &elf->section_names, elf->shstrndx);
}

void elf_close(struct elf_edit *elf)
{
	free(elf->file.bytes);
	free(elf->sections);
	free(elf->strings.bytes);
	free(elf->section_names.bytes);
	*elf = (struct elf_edit){ 0 };
}

unsigned char *elf_bytes(const struct elf_edit *elf, const Elf64_Shdr *section)
{
	return elf->file.bytes + section->sh_offset;
}

unsigned elf_nr_symbols(const struct elf_edit *elf)
{
	return elf->sections[elf->symtab].sh_size / sizeof(Elf64_Sym);
}

Elf64_Sym *elf_symbol(const struct elf_edit *elf, unsigned index)
{
	return (Elf64_Sym *)elf_bytes(elf, &elf->sections[elf->symtab]) + index;
}

const char *elf_symbol_name(const struct elf_edit *elf, const Elf64_Sym *symbol)
{
	return symbol->st_name < elf->strings.size
		       ? (const char *)elf->strings.bytes + symbol->st_name
		       : "";
}

const char *elf_section_name(const struct elf_edit *elf, unsigned index)
{
	Elf64_Word name = elf->sections[index].sh_name;

	return name < elf->section_names.size ? (const char *)elf->section_names.bytes + name : "";
}

/* ---- livepatch relocations -------------------------------------------------------------- */

const char *elf_name_livepatch(struct elf_edit *elf, unsigned symbol, const char *mark,
			       char object[OBJECT_BYTES])
{
	char owner[OBJECT_BYTES], name[NAME_MAX_BYTES], whole[NAME_MAX_BYTES + 2 * OBJECT_BYTES];
	Elf64_Sym *sym = elf_symbol(elf, symbol);
	unsigned position;
	int used = 0;

	if (sscanf(mark, "%55[^.].%55[^.].%511[^,],%u%n", object, owner, name, &position, &used) !=
		    4 ||
	    mark[used])
		return "not made by KLP_RELOC_SYMBOL(object, owner, symbol)";
	if ((strcmp(object, "vmlinux") == 0) != (strcmp(owner, "vmlinux") == 0))
		return "symbols of the kernel are relocated for the object vmlinux, and no others";
	if (sym->st_shndx != SHN_UNDEF)
		return "is defined here";
	snprintf(whole, sizeof(whole), ".klp.sym.%s.%s,%u", owner, name, position);
	sym->st_name = (Elf64_Word)add_string(elf, &elf->strings, whole);
	sym->st_shndx = SHN_LIVEPATCH;
	return NULL;
}

/* A new section for the relocations in section @index that wait for @object. */
static void add_section(struct elf_edit *elf, unsigned index, const char *object,
			const void *entries, size_t size)
{
	const Elf64_Shdr *from = &elf->sections[index];
	char name[NAME_MAX_BYTES];
	size_t name_offset, offset;

	snprintf(name, sizeof(name), ".klp.rela.%s.%s", object,
		 elf_section_name(elf, from->sh_info));
	name_offset = add_string(elf, &elf->section_names, name);
	offset = file_append(elf, entries, size);
	elf->sections[elf->nr_sections++] = (Elf64_Shdr){
		.sh_name = (Elf64_Word)name_offset,
		.sh_type = SHT_RELA,
		.sh_flags = SHF_ALLOC | SHF_INFO_LINK | SHF_RELA_LIVEPATCH,
		.sh_offset = offset,
		.sh_size = size,
		.sh_link = elf->symtab,
		.sh_info = from->sh_info,
		.sh_addralign = 8,
		.sh_entsize = sizeof(Elf64_Rela),
	};
}

/* Copies the entries of @all that wait for @object ("": for no object); returns their number. */
static size_t select_entries(const Elf64_Rela *all, size_t count, char (*objects)[OBJECT_BYTES],
			     const char *object, Elf64_Rela *out)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(objects[ELF64_R_SYM(all[i].r_info)], object) == 0)
			out[n++] = all[i];
	return n;
}

static const char *split_section(struct elf_edit *elf, unsigned index,
				 char (*objects)[OBJECT_BYTES])
{
	Elf64_Shdr *section = &elf->sections[index];
	size_t count = section->sh_size / sizeof(Elf64_Rela), kept, n;
	Elf64_Rela *all = malloc(section->sh_size + 1), *some = malloc(section->sh_size + 1);
	const char *wrong = all && some ? NULL : "no memory";

	if (!wrong) {
		memcpy(all, elf_bytes(elf, section), section->sh_size);
		kept = select_entries(all, count, objects, "", some);
		memcpy(elf_bytes(elf, section), some, kept * sizeof(*some));
		if (kept < count && !(elf->sections[section->sh_info].sh_flags & SHF_ALLOC))
			wrong = "livepatch relocations of a section that is not loaded";
		if (kept < count)
			section->sh_size = kept * sizeof(*some);
	}
	for (size_t i = 0; !wrong && i < count; i++) {
		const char *object = objects[ELF64_R_SYM(all[i].r_info)];
		bool before = false;

		for (size_t k = 0; k < i && !before; k++)
			before = strcmp(objects[ELF64_R_SYM(all[k].r_info)], object) == 0;
		if (!object[0] || before)
			continue;
		if (elf->nr_sections == 8 * elf->original_sections)
			wrong = "too many objects";
		n = select_entries(all, count, objects, object, some);
		add_section(elf, index, object, some, n * sizeof(*some));
	}
	free(all);
	free(some);
	return wrong;
}

const char *elf_split_relocations(struct elf_edit *elf, char (*objects)[OBJECT_BYTES])
{
	const char *wrong = NULL;

	for (unsigned i = 1; i < elf->original_sections && !wrong; i++) {
		const Elf64_Shdr *s = &elf->sections[i];

		if (s->sh_type != SHT_RELA || (s->sh_flags & SHF_RELA_LIVEPATCH))
			continue;
		for (size_t k = 0; k < s->sh_size / sizeof(Elf64_Rela); k++)
			if (ELF64_R_SYM(((Elf64_Rela *)elf_bytes(elf, s))[k].r_info) >=
			    elf_nr_symbols(elf))
				return "a relocation without a symbol";
		wrong = split_section(elf, i, objects);
	}
	return wrong;
}

/* ---- the end of the file ---------------------------------------------------------------- */

static void replace_strings(struct elf_edit *elf, unsigned index, const struct elf_blob *table)
{
	elf->sections[index].sh_offset = file_append(elf, table->bytes, table->size);
	elf->sections[index].sh_size = table->size;
}

bool elf_finish(struct elf_edit *elf)
{
	unsigned strings = elf->sections[elf->symtab].sh_link;
	Elf64_Ehdr *head;
	size_t offset;

	if (strings < elf->shstrndx)
		replace_strings(elf, strings, &elf->strings);
	replace_strings(elf, elf->shstrndx, &elf->section_names);
	if (strings > elf->shstrndx)
		replace_strings(elf, strings, &elf->strings);
	offset = file_append(elf, elf->sections, elf->nr_sections * sizeof(*elf->sections));
	head = (Elf64_Ehdr *)elf->file.bytes;
	head->e_shoff = offset;
	head->e_shnum = (Elf64_Half)elf->nr_sections;
	return !elf->failed && strings != elf->shstrndx;
}

/* A sum of words as in kernel/module/digest.c; the last word is filled with zeros. */
static uint64_t sum_words(uint64_t sum, const unsigned char *bytes, size_t n)
{
	for (size_t at = 0; at < n; at += sizeof(sum)) {
		uint64_t word = 0;

		memcpy(&word, bytes + at, n - at < sizeof(word) ? n - at : sizeof(word));
		sum = (sum ^ word) * SEAL_SUM_FACTOR;
		sum ^= sum >> 29;
	}
	return sum;
}

/* The sum of the file up to itself, and of the digest.  Zero means that there is none: not used. */
static uint64_t seal_sum(const struct elf_edit *elf, const unsigned char digest[SHA256_BYTES])
{
	size_t n = elf->file.size - sizeof(uint64_t);
	uint64_t sum = sum_words(sum_words(n, elf->file.bytes, n), digest, SHA256_BYTES);

	return sum ? sum : 1;
}

bool elf_seal(struct elf_edit *elf)
{
	unsigned char digest[SHA256_BYTES], *at;
	uint64_t sum = 0;
	uint32_t count = 0;

	for (unsigned i = 1; i < elf->nr_sections; i++) {
		const Elf64_Shdr *s = &elf->sections[i];

		if (s->sh_type == SHT_RELA && (elf->sections[s->sh_info].sh_flags & SHF_ALLOC))
			count += s->sh_size / sizeof(Elf64_Rela);
	}
	at = blob_grow(elf, &elf->file, sizeof(count) + sizeof(sum));
	if (!at)
		return false;
	memcpy(at, &count, sizeof(count));
	sha256_of(elf->file.bytes, elf->file.size, digest);
	sum = seal_sum(elf, digest);
	memcpy(at + sizeof(count), &sum, sizeof(sum));
	at = blob_grow(elf, &elf->file, sizeof(digest) + strlen(seal_magic));
	if (!at)
		return false;
	memcpy(at, digest, sizeof(digest));
	memcpy(at + sizeof(digest), seal_magic, strlen(seal_magic));
	return !elf->failed;
}
