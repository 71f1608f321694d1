/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module file, before it has any effect: decode.c validates every field of it,
 * place.c says where each section will lie, relocate.c computes the final bytes.
 * The three are plain computation on memory, freestanding, and are tested and fuzzed
 * on the host (tests/host/module_decode.c).
 *
 * Order: elfmod_decode, elfmod_place, (memory of the sizes in region_size, its addresses
 * in region_mem and region_addr), elfmod_load, elfmod_resolve, elfmod_relocate.  Each
 * returns 0 or -errno and, with an error, @why: one line for the log.
 */
#ifndef MODULE_ELFMOD_H
#define MODULE_ELFMOD_H

#include <neurath/elf_reloc.h>
#include <neurath/errno.h>

#define ELFMOD_MAX_SECTIONS	8192
#define ELFMOD_MAX_SIZE		(16UL << 20)	/* of a region, and of the file */

/* Order matters: text, read-only, writable; the same for what lives until init is over. */
enum elfmod_region {
	REGION_TEXT,
	REGION_RODATA,
	REGION_DATA,
	REGION_INIT_TEXT,
	REGION_INIT_RODATA,
	REGION_INIT_DATA,
	NR_REGIONS,
	REGION_NONE = NR_REGIONS,	/* not loaded */
};

/* Where a section lies: filled by elfmod_place(). */
struct elfmod_placement {
	enum elfmod_region region;
	u64 offset;
};

struct elfmod {
	/* Input */
	const u8 *image;
	size_t len;
	size_t this_module_size;	/* sizeof(struct module) and what relocations may fill */
	size_t init_offset, exit_offset;

	/* Filled by elfmod_decode(); the arrays are elfmod_alloc'ed copies. */
	Elf64_Ehdr hdr;
	Elf64_Shdr *sections;
	unsigned int nr_sections;
	const char *section_names;
	Elf64_Sym *symbols;		/* the whole table, in its order */
	unsigned int nr_symbols;
	unsigned int symtab_index;
	const char *strings;		/* in the image */
	size_t strings_size;
	const char *modinfo;		/* in the image, ends with NUL; may be NULL */
	size_t modinfo_size;
	const char *name;		/* modinfo name= */
	bool livepatch;			/* modinfo has the key */
	unsigned int this_module;	/* section of struct module */

	/* Filled by elfmod_place() */
	struct elfmod_placement *place;
	size_t region_size[NR_REGIONS];	/* bytes, not rounded */
	u64 got_offset;			/* in REGION_RODATA */
	unsigned int got_size, got_used;	/* entries */

	/* Filled by the caller before elfmod_load() */
	u8 *region_mem[NR_REGIONS];	/* where to write */
	u64 region_addr[NR_REGIONS];	/* where it will be executed */

	char why[160];
};

/* Zeroed memory; the kernel's and the host test's. NULL = none. */
void *elfmod_alloc(size_t size);
void elfmod_free(const void *p);

int elfmod_decode(struct elfmod *m);
int elfmod_place(struct elfmod *m);
/* Copies the sections, zeroes bss; symbols defined here get their final st_value. */
void elfmod_load(struct elfmod *m);
/*
 * Undefined symbols get the value that @find gives: 0, or -errno, which ends it (a weak
 * symbol that is not there becomes 0).
 */
int elfmod_resolve(struct elfmod *m, int (*find)(void *ctx, const char *name, u64 *value),
		   void *ctx);
int elfmod_relocate(struct elfmod *m);
void elfmod_release(struct elfmod *m);	/* frees the copies that are still its own */

/* Value of @key in modinfo, the next one after @prev (NULL = first), or NULL. */
const char *elfmod_info(const struct elfmod *m, const char *key, const char *prev);
/* The loaded section called @name with entries of @entsize bytes; 0 = none. -ENOEXEC. */
int elfmod_find(struct elfmod *m, const char *name, size_t entsize, unsigned int *index);
const char *elfmod_section_name(const struct elfmod *m, unsigned int index);
bool elfmod_is_text(const struct elfmod *m, unsigned int index);
/* Final address of a loaded section. */
u64 elfmod_address(const struct elfmod *m, unsigned int index);

/* For the three files. */
int elfmod_refuse(struct elfmod *m, int error, const char *what, const char *detail);
bool elfmod_is_applied(const struct elfmod *m, const Elf64_Shdr *rela);
void elfmod_read_rela(const struct elfmod *m, const Elf64_Shdr *sec, u64 i, Elf64_Rela *out);
/* An access to the GOT which can become a direct one; @insn = where the displacement lies. */
bool elfmod_got_relaxes(const u8 *section, u64 offset);
bool elfmod_is_got(unsigned int type);

#endif
