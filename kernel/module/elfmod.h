/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module file before it has any effect: digest.c finds damage, decode.c validates every field,
 * place.c chooses the place of each section, relocate.c computes the final bytes.  All four are
 * pure computation on memory, freestanding, and are tested and fuzzed on the host
 * (tests/host/module_decode.c).
 *
 * Order: elfmod_unseal, elfmod_decode, elfmod_place, (memory of the sizes in region_size; its
 * addresses in region_mem and region_addr), elfmod_load, elfmod_resolve, elfmod_relocate.  Each
 * returns 0 or -errno; on an error it also sets @why to a line for the log.
 */
#ifndef MODULE_ELFMOD_H
#define MODULE_ELFMOD_H

#include <neurath/elf_reloc.h>
#include <neurath/errno.h>
#include <neurath/sha256.h>

#define ELFMOD_NAME_LEN		56	/* MODULE_NAME_LEN */
#define ELFMOD_MAX_SECTIONS	8192
#define ELFMOD_MAX_SIZE		(16UL << 20)	/* of a region, and of the file */

/* Order matters: text, read-only, writable; then the same three for init memory. */
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

/* The place of a section: filled by elfmod_place(). */
struct elfmod_placement {
	enum elfmod_region region;
	u64 offset;
};

struct elfmod {
	/* Input */
	const u8 *image;
	size_t len;
	/* sizeof(struct module) and the range that relocations may fill */
	size_t this_module_size;
	size_t init_offset, exit_offset;

	/* Filled by elfmod_unseal(): the number of relocations that the build tool counted */
	unsigned int sealed_relocations;
	u8 digest[SHA256_SIZE];		/* of the file */

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
	unsigned int nr_relocations;	/* applied at loading or later */

	/* Filled by elfmod_place() */
	struct elfmod_placement *place;
	size_t region_size[NR_REGIONS];	/* bytes, not rounded */
	u64 got_offset;			/* in REGION_RODATA */
	unsigned int got_size, got_used;	/* entries */

	/* Filled by the caller before elfmod_load() */
	u8 *region_mem[NR_REGIONS];	/* where to write */
	u64 region_addr[NR_REGIONS];	/* where the code will run */

	char why[160];	/* "": no step has failed, or the failed step has its own log line */
	bool why_errno;			/* the line ends in "(err N)", as on Linux */
};

/* Letters, digits and _, shorter than MODULE_NAME_LEN: every module's name is of this kind. */
bool module_name_is_valid(const char *name);

/* Zeroed memory; the kernel and the host test each implement it.  NULL = no memory. */
void *elfmod_alloc(size_t size);
void elfmod_free(const void *p);

/* Checks the digest at the end and subtracts its size from @len. */
#define ELFMOD_SEAL_MAGIC	"Neurath module digest 1\n"
int elfmod_unseal(struct elfmod *m);
int elfmod_decode(struct elfmod *m);
int elfmod_place(struct elfmod *m);
/* Copies the sections, zeroes bss; symbols defined here get their final st_value. */
void elfmod_load(struct elfmod *m);
/*
 * Gives undefined symbols the value that @find returns: 0, or -errno, which ends the step (a weak
 * symbol that does not exist becomes 0).
 */
int elfmod_resolve(struct elfmod *m, int (*find)(void *ctx, const char *name, u64 *value),
		   void *ctx);
int elfmod_relocate(struct elfmod *m);
void elfmod_release(struct elfmod *m);	/* frees the copies that it still owns */

/* The value of @key in modinfo, the next one after @prev (NULL = first), or NULL. */
const char *elfmod_info(const struct elfmod *m, const char *key, const char *prev);
/* Finds the loaded section @name with entries of @entsize bytes; 0 = none. -ENOEXEC. */
int elfmod_find(struct elfmod *m, const char *name, size_t entsize, unsigned int *index);
const char *elfmod_section_name(const struct elfmod *m, unsigned int index);
bool elfmod_is_text(const struct elfmod *m, unsigned int index);
/* The final address of a loaded section. */
u64 elfmod_address(const struct elfmod *m, unsigned int index);

/* Shared by the three files. */
int elfmod_refuse(struct elfmod *m, int error, const char *what, const char *detail);
bool elfmod_is_applied(const struct elfmod *m, const Elf64_Shdr *rela);
void elfmod_read_rela(const struct elfmod *m, const Elf64_Shdr *sec, u64 i, Elf64_Rela *out);
/* True for a GOT access that can become direct; @offset is that of the displacement. */
bool elfmod_got_relaxes(const u8 *section, u64 offset);
bool elfmod_is_got(unsigned int type);

#endif
