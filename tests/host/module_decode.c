/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module_decode.c - the loader's reader of ELF files and its reader of parameter lines, on the
 * host.
 *
 * A small module is built in memory field by field. Then fields are made wrong, first one by one and at
 * last at random: for any file the sanitizers see no access outside of it, and a module that is accepted is
 * loaded and relocated here, in memory of this program.
 */
#include "tap.h"

#undef __always_inline
#undef __unused
#define NEURATH_STRING_H
#define NEURATH_PRINTK_H
#define MODULE_INTERNAL_H
#include <neurath/types.h>
#include <neurath/errno.h>

static int log_lines;
#define pr_warn(...)	((void)log_lines++, (void)printf("# " __VA_ARGS__))
#define pr_err		pr_warn
int args_parse(const char *owner, char *args, int (*set)(void *ctx, char *name, char *value),
	       void *ctx);
#include "../../kernel/lib/sha256.c"
#include "../../kernel/module/digest.c"
#include "../../kernel/module/decode.c"
#include "../../kernel/module/place.c"
#include "../../kernel/module/relocate.c"
#include "../../kernel/module/args.c"

void *elfmod_alloc(size_t size)
{
	return calloc(1, size ? size : 1);
}

void elfmod_free(const void *p)
{
	free((void *)p);
}

/* ---- a module in memory ------------------------------------------------------------------ */

enum { S_NULL, S_TEXT, S_RELA_TEXT, S_DATA, S_BSS, S_MODINFO, S_THIS, S_RELA_THIS, S_INIT, S_SYMTAB,
       S_STRTAB, S_SHSTRTAB, S_KLP, NR_S };
enum { Y_NULL, Y_INIT, Y_FUNC, Y_DATA, Y_EXTERN, Y_WEAK, Y_KLP, NR_Y };
#define THIS_SIZE	256
#define THIS_INIT	64
#define THIS_EXIT	72
#define TEXT_SIZE	128
#define NR_RELA		8

static struct image {
	Elf64_Ehdr h;
	Elf64_Shdr s[NR_S];
	Elf64_Sym y[NR_Y];
	Elf64_Rela rela[NR_RELA];
	Elf64_Rela rela_this[2];
	u8 text[TEXT_SIZE];
	u8 init[16];
	u8 data[64];
	char modinfo[64];
	u8 this_module[THIS_SIZE];
	char strtab[64];
	char shstrtab[160];
} image;

static const char *const section_names[NR_S] = {
	"", ".text", ".rela.text", ".data", ".bss", ".modinfo", ".gnu.linkonce.this_module",
	".rela.gnu.linkonce.this_module", ".init.text", ".symtab", ".strtab", ".shstrtab",
	".klp.rela.x.text",
};
static const char *const symbol_names[NR_Y] = { "", "init_module", "func", "data", "extern", "weak",
	".klp.sym.x.y,0" };

static void put_section(unsigned i, u32 type, u64 flags, const void *at, u64 size, u64 entsize)
{
	image.s[i] = (Elf64_Shdr){ .sh_name = image.s[i].sh_name, .sh_type = type, .sh_flags = flags,
		.sh_offset = at ? (const char *)at - (char *)&image : 0, .sh_size = size,
		.sh_addralign = 16, .sh_entsize = entsize };
}

static void put_names(char *table, const char *const *names, unsigned n, u32 *offsets)
{
	unsigned at = 1;

	for (unsigned i = 1; i < n; i++) {
		offsets[i] = at;
		strcpy(table + at, names[i]);
		at += strlen(names[i]) + 1;
	}
}

static void put_reloc(unsigned i, u64 offset, unsigned type, unsigned symbol, s64 addend)
{
	image.rela[i] = (Elf64_Rela){ offset, (u64)symbol << 32 | type, addend };
}

static void build_image(void)
{
	static const u8 ident[16] = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT };
	u32 offsets[NR_S] = { 0 };

	memset(&image, 0, sizeof(image));
	put_names(image.shstrtab, section_names, NR_S, offsets);
	for (unsigned i = 0; i < NR_S; i++)
		image.s[i].sh_name = offsets[i];
	memset(offsets, 0, sizeof(offsets));
	put_names(image.strtab, symbol_names, NR_Y, offsets);
	memcpy(image.h.e_ident, ident, 16);
	image.h.e_type = ET_REL;
	image.h.e_machine = EM_X86_64;
	image.h.e_version = EV_CURRENT;
	image.h.e_shoff = offsetof(struct image, s);
	image.h.e_shentsize = sizeof(Elf64_Shdr);
	image.h.e_shnum = NR_S;
	image.h.e_shstrndx = S_SHSTRTAB;
	put_section(S_TEXT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, image.text, TEXT_SIZE, 0);
	put_section(S_RELA_TEXT, SHT_RELA, 0, image.rela, sizeof(image.rela), sizeof(Elf64_Rela));
	put_section(S_DATA, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, image.data, 64, 0);
	put_section(S_BSS, SHT_NOBITS, SHF_ALLOC | SHF_WRITE, NULL, 100, 0);
	put_section(S_MODINFO, SHT_PROGBITS, SHF_ALLOC, image.modinfo, 64, 0);
	put_section(S_THIS, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, image.this_module, THIS_SIZE, 0);
	put_section(S_RELA_THIS, SHT_RELA, 0, image.rela_this, sizeof(image.rela_this),
		    sizeof(Elf64_Rela));
	put_section(S_INIT, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, image.init, 16, 0);
	put_section(S_SYMTAB, SHT_SYMTAB, 0, image.y, sizeof(image.y), sizeof(Elf64_Sym));
	put_section(S_STRTAB, SHT_STRTAB, 0, image.strtab, 64, 0);
	put_section(S_SHSTRTAB, SHT_STRTAB, 0, image.shstrtab, 160, 0);
	image.s[S_NULL].sh_addralign = 0;
	for (unsigned i = S_RELA_TEXT; i <= S_RELA_THIS; i += S_RELA_THIS - S_RELA_TEXT) {
		image.s[i].sh_link = S_SYMTAB;
		image.s[i].sh_info = i - 1;
	}
	image.s[S_SYMTAB].sh_link = S_STRTAB;
	strcpy(image.modinfo, "license=GPL");
	strcpy(image.modinfo + 12, "name=tiny");
	strcpy((char *)image.this_module, "tiny");
	image.y[Y_INIT] = (Elf64_Sym){ offsets[1], 0x12, 0, S_INIT, 0, 16 };
	image.y[Y_FUNC] = (Elf64_Sym){ offsets[2], 0x02, 0, S_TEXT, 32, 32 };
	image.y[Y_DATA] = (Elf64_Sym){ offsets[3], 0x11, 0, S_DATA, 8, 8 };
	image.y[Y_EXTERN] = (Elf64_Sym){ offsets[4], 0x10, 0, SHN_UNDEF, 0, 0 };
	image.y[Y_WEAK] = (Elf64_Sym){ offsets[5], 0x20, 0, SHN_UNDEF, 0, 0 };
	image.y[Y_KLP] = (Elf64_Sym){ offsets[6], 0x10, 0, SHN_ABS, 0, 0 };
	image.rela_this[0] = (Elf64_Rela){ THIS_INIT, (u64)Y_INIT << 32 | R_X86_64_64, 0 };
	put_reloc(0, 0, R_X86_64_PC32, Y_FUNC, -4);
}

/* ---- loading it ------------------------------------------------------------------------------ */

#define LOAD_BASE	0xffffffffc0100000UL
static u64 extern_value = 0xffffffff80201000UL;

static int find_symbol(void *ctx, const char *name, u64 *value)
{
	if (strcmp(name, "extern") != 0)
		return -ENOENT;
	*value = extern_value;
	return 0;
}

static u8 *region_memory[NR_REGIONS];

static int load_bytes(const void *bytes, size_t n, struct elfmod *m)
{
	int error;

	*m = (struct elfmod){ .image = bytes, .len = n, .this_module_size = THIS_SIZE,
		.init_offset = THIS_INIT, .exit_offset = THIS_EXIT };
	error = elfmod_decode(m);
	if (!error)
		error = elfmod_place(m);
	if (error)
		return error;
	for (int i = 0; i < NR_REGIONS; i++) {
		region_memory[i] = calloc(1, m->region_size[i] + !m->region_size[i]);
		m->region_mem[i] = region_memory[i];
		m->region_addr[i] = LOAD_BASE + (u64)i * 0x10000;
	}
	elfmod_load(m);
	error = elfmod_resolve(m, find_symbol, NULL);
	return error ? error : elfmod_relocate(m);
}

static void unload(struct elfmod *m)
{
	elfmod_release(m);
	for (int i = 0; i < NR_REGIONS; i++) {
		free(region_memory[i]);
		region_memory[i] = NULL;
	}
}

static void expect(int error, const char *what)
{
	struct elfmod m;
	/* A copy of exactly the file's size, so that the sanitizer knows its end. */
	void *copy = malloc(sizeof(image));
	int got;

	memcpy(copy, &image, sizeof(image));
	got = load_bytes(copy, sizeof(image), &m);
	if (got != error)
		CHECK_FAIL("%s: %d (%s), expected %d", what, got, m.why, error);
	if (error && !m.why[0])
		CHECK_FAIL("%s: refused without a reason", what);
	unload(&m);
	free(copy);
}
#define EXPECT(error, change)		\
	do {				\
		build_image();		\
		change;			\
		expect(error, #change);	\
	} while (0)

/* The value that relocation 0 with this type gives; @width bytes of it. */
static u64 relocated(unsigned type, unsigned symbol, s64 addend, unsigned width)
{
	struct elfmod m;
	u64 value = 0;
	int error;

	build_image();
	put_reloc(0, 16, type, symbol, addend);
	error = load_bytes(&image, sizeof(image), &m);
	if (error)
		CHECK_FAIL("type %u: %d %s", type, error, m.why);
	memcpy(&value, region_memory[REGION_TEXT] + m.place[S_TEXT].offset + 16, width);
	unload(&m);
	return value;
}

/* ---- tests -------------------------------------------------------------------------- */

#define TEXT_AT		(LOAD_BASE + REGION_TEXT * 0x10000UL)
#define DATA_AT		(LOAD_BASE + REGION_DATA * 0x10000UL)

static void good_module_is_loaded(void)
{
	struct elfmod m;

	EXPECT(0, (void)0);
	build_image();
	CHECK_EQ(load_bytes(&image, sizeof(image), &m), 0);
	CHECK_STR(m.name, "tiny");
	CHECK(!m.livepatch);
	CHECK_EQ(m.symbols[Y_FUNC].st_value, TEXT_AT + 32);
	CHECK_EQ(m.symbols[Y_INIT].st_value, LOAD_BASE + REGION_INIT_TEXT * 0x10000UL);
	CHECK_EQ(*(u64 *)(region_memory[REGION_DATA] + m.place[S_THIS].offset + THIS_INIT),
		 m.symbols[Y_INIT].st_value);
	CHECK_STR(elfmod_info(&m, "license", NULL), "GPL");
	CHECK(elfmod_info(&m, "lic", NULL) == NULL);
	unload(&m);
}

static void every_type_of_relocation_has_its_value(void)
{
	u64 place = TEXT_AT + 16;

	CHECK_EQ(relocated(R_X86_64_64, Y_DATA, 5, 8), DATA_AT + 8 + 5);
	CHECK_EQ(relocated(R_X86_64_PC64, Y_DATA, 0, 8), DATA_AT + 8 - place);
	CHECK_EQ(relocated(R_X86_64_PC32, Y_DATA, -4, 4), (u32)(DATA_AT + 8 - 4 - place));
	CHECK_EQ(relocated(R_X86_64_PLT32, Y_EXTERN, -4, 4), (u32)(extern_value - 4 - place));
	CHECK_EQ(relocated(R_X86_64_32S, Y_DATA, 1, 4), (u32)(DATA_AT + 8 + 1));
	CHECK_EQ(relocated(R_X86_64_64, Y_WEAK, 0, 8), 0);
	CHECK_EQ(relocated(R_X86_64_32, Y_WEAK, 77, 4), 77);
	CHECK_EQ(relocated(R_X86_64_NONE, Y_DATA, 77, 8), 0);
}

static void access_to_the_got_becomes_direct_or_gets_an_entry(void)
{
	struct elfmod m;
	u8 *text;
	u64 entry, at;

	build_image();
	image.text[13] = 0x48;
	image.text[14] = 0x8b;		/* mov extern@GOTPCREL(%rip), %rax */
	image.text[15] = 0x05;
	put_reloc(0, 16, R_X86_64_REX_GOTPCRELX, Y_EXTERN, -4);
	image.text[46] = 0xff;		/* push extern@GOTPCREL(%rip) */
	image.text[47] = 0x35;
	put_reloc(1, 48, R_X86_64_GOTPCREL, Y_EXTERN, -4);
	CHECK_EQ(load_bytes(&image, sizeof(image), &m), 0);
	text = region_memory[REGION_TEXT];
	CHECK_EQ(text[14], 0x8d);	/* lea */
	CHECK_EQ(*(u32 *)(text + 16), (u32)(extern_value - 4 - (TEXT_AT + 16)));
	CHECK_EQ(text[46], 0xff);
	CHECK_EQ(m.got_used, 1);
	at = TEXT_AT + 48 + 4 + (s64)*(s32 *)(text + 48);
	entry = at - (LOAD_BASE + REGION_RODATA * 0x10000UL);
	CHECK_EQ(*(u64 *)(region_memory[REGION_RODATA] + entry), extern_value);
	unload(&m);
}

static void values_out_of_range_are_refused(void)
{
	extern_value = 0x100001000UL;
	EXPECT(-ENOEXEC, put_reloc(0, 0, R_X86_64_PC32, Y_EXTERN, 0));
	EXPECT(-ENOEXEC, put_reloc(0, 0, R_X86_64_PLT32, Y_EXTERN, 0));
	EXPECT(-ENOEXEC, put_reloc(0, 0, R_X86_64_PC32, Y_DATA, 1L << 31));
	EXPECT(-ENOEXEC, put_reloc(0, 0, R_X86_64_32, Y_DATA, 0));
	EXPECT(-ENOEXEC, put_reloc(0, 0, R_X86_64_32S, Y_EXTERN, 0));
	EXPECT(0, put_reloc(0, 0, R_X86_64_32S, Y_EXTERN, -0x100000000L));
	EXPECT(-ENOEXEC, (put_reloc(0, 0, R_X86_64_PC32, Y_DATA, 0), image.text[3] = 1));
}

static void every_wrong_field_is_refused(void)
{
	EXPECT(-ENOEXEC, image.h.e_ident[0] = 0);
	EXPECT(-ENOEXEC, image.h.e_type = ET_DYN);
	EXPECT(-ENOEXEC, image.h.e_machine = 3);
	EXPECT(-ENOEXEC, image.h.e_shentsize = 63);
	EXPECT(-ENOEXEC, image.h.e_shnum = 0);
	EXPECT(-ENOEXEC, image.h.e_shnum = ELFMOD_MAX_SECTIONS);
	EXPECT(-ENOEXEC, image.h.e_shoff = ~0UL);
	EXPECT(-ENOEXEC, image.h.e_shstrndx = NR_S);
	EXPECT(-ENOEXEC, image.h.e_shstrndx = S_TEXT);
	EXPECT(-ENOEXEC, image.s[S_NULL].sh_type = SHT_PROGBITS);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_offset = sizeof(image) - 1);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_size = ~0UL);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_flags |= SHF_WRITE);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_flags |= SHF_COMPRESSED);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_type = SHT_NULL);
	EXPECT(-ENOEXEC, image.s[S_DATA].sh_addralign = 24);
	EXPECT(-ENOEXEC, image.s[S_DATA].sh_addralign = 8192);
	EXPECT(-ENOEXEC, image.s[S_DATA].sh_name = 160);
	EXPECT(-ENOMEM, image.s[S_BSS].sh_size = ELFMOD_MAX_SIZE + 1);
	EXPECT(-ENOMEM, image.s[S_BSS].sh_size = ELFMOD_MAX_SIZE);
	EXPECT(-ENOEXEC, image.shstrtab[159] = 'x');
	EXPECT(-ENOEXEC, image.strtab[63] = 'x');
	EXPECT(-ENOEXEC, image.modinfo[63] = 'x');
	EXPECT(-ENOEXEC, (image.s[S_MODINFO].sh_type = SHT_NULL, image.s[S_MODINFO].sh_flags = 0,
			  image.s[S_MODINFO].sh_offset = 1UL << 40));
	EXPECT(-ENOEXEC, image.modinfo[12] = 'x');
	EXPECT(-ENOEXEC, image.modinfo[18] = '/');
	EXPECT(-ENOEXEC, image.modinfo[17] = '\0');
	EXPECT(-ENOEXEC, image.s[S_THIS].sh_size--);
	EXPECT(-ENOEXEC, image.s[S_THIS].sh_flags = SHF_WRITE);
	EXPECT(-ENOEXEC, image.s[S_SYMTAB].sh_size--);
	EXPECT(-ENOEXEC, image.s[S_SYMTAB].sh_entsize = 0);
	EXPECT(-ENOEXEC, image.s[S_SYMTAB].sh_link = S_TEXT);
	EXPECT(-ENOEXEC, image.s[S_DATA].sh_type = SHT_SYMTAB);
	EXPECT(-ENOEXEC, image.y[Y_FUNC].st_name = 64);
	EXPECT(-ENOEXEC, image.y[Y_FUNC].st_shndx = NR_S);
	EXPECT(-ENOEXEC, image.y[Y_FUNC].st_shndx = SHN_COMMON);
	EXPECT(-ENOEXEC, image.y[Y_FUNC].st_value = TEXT_SIZE + 1);
	EXPECT(-ENOEXEC, image.y[Y_FUNC].st_size = ~0UL);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_type = 14);
	EXPECT(-ENOEXEC, image.s[S_TEXT].sh_type = 0x70000001);
	EXPECT(-ENOEXEC, image.s[S_DATA].sh_type = SHT_STRTAB);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_type = SHT_PROGBITS);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_type = 0x6fffff00);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_type = SHT_NULL);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_type = SHT_REL);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_entsize = 16);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_size--);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_link = S_STRTAB);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_info = NR_S);
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_info = S_BSS);
	EXPECT(-ENOEXEC, put_reloc(0, TEXT_SIZE - 3, R_X86_64_PC32, Y_FUNC, 0));
	EXPECT(-ENOEXEC, put_reloc(0, ~0UL, R_X86_64_64, Y_FUNC, 0));
	EXPECT(-ENOEXEC, put_reloc(0, 0, R_X86_64_PC32, NR_Y, 0));
	EXPECT(-ENOEXEC, put_reloc(0, 0, 99, Y_FUNC, 0));
	EXPECT(-ENOEXEC, image.rela_this[0].r_offset = 80);
	EXPECT(-ENOEXEC, image.rela_this[0].r_info = (u64)Y_INIT << 32 | R_X86_64_32);
	EXPECT(-ENOENT, strcpy(image.strtab + image.y[Y_EXTERN].st_name, "nobody"));
}

static void livepatch_parts_belong_to_livepatch_modules(void)
{
	EXPECT(-ENOEXEC, image.y[Y_KLP].st_shndx = SHN_LIVEPATCH);
	EXPECT(0, (strcpy(image.modinfo + 22, "livepatch=Y"),
		   image.y[Y_KLP].st_shndx = SHN_LIVEPATCH));
	/* Livepatch relocations are left for later, but ordinary relocations may not use livepatch symbols. */
	EXPECT(-ENOEXEC, (strcpy(image.modinfo + 22, "livepatch=Y"),
			  image.y[Y_KLP].st_shndx = SHN_LIVEPATCH,
			  put_reloc(0, 0, R_X86_64_PC32, Y_KLP, 0)));
	EXPECT(0, (strcpy(image.modinfo + 22, "livepatch=Y"),
		   image.y[Y_KLP].st_shndx = SHN_LIVEPATCH,
		   put_reloc(0, 0, R_X86_64_PC32, Y_KLP, 0),
		   image.s[S_RELA_TEXT].sh_flags = SHF_ALLOC | SHF_RELA_LIVEPATCH));
	EXPECT(-ENOEXEC, image.s[S_RELA_TEXT].sh_flags = SHF_ALLOC | SHF_RELA_LIVEPATCH);
	EXPECT(-ENOEXEC, (strcpy(image.modinfo + 22, "livepatch=Y"),
			  image.s[S_RELA_TEXT].sh_flags = SHF_RELA_LIVEPATCH));
}

/* Makes one entry of .klp.rela.x.text. Late relocations are checked as strictly as others. */
static void put_late(u64 offset, unsigned type, unsigned symbol)
{
	strcpy(image.modinfo + 22, "livepatch=Y");
	image.y[Y_KLP].st_shndx = SHN_LIVEPATCH;
	put_reloc(1, offset, type, symbol, 0);
	put_section(S_KLP, SHT_RELA, SHF_ALLOC | SHF_RELA_LIVEPATCH, &image.rela[1],
		    sizeof(Elf64_Rela), sizeof(Elf64_Rela));
	image.s[S_RELA_TEXT].sh_size = sizeof(Elf64_Rela);
	image.s[S_KLP].sh_link = S_SYMTAB;
	image.s[S_KLP].sh_info = S_TEXT;
}

static void late_relocations_are_checked_at_once(void)
{
	EXPECT(0, put_late(16, R_X86_64_PLT32, Y_KLP));
	EXPECT(-ENOEXEC, put_late(TEXT_SIZE - 3, R_X86_64_PLT32, Y_KLP));
	EXPECT(-ENOEXEC, put_late(~0UL, R_X86_64_64, Y_KLP));
	EXPECT(-ENOEXEC, put_late(16, 99, Y_KLP));
	EXPECT(-ENOEXEC, put_late(16, R_X86_64_GOTPCREL, Y_KLP));
	EXPECT(-ENOEXEC, put_late(16, R_X86_64_PLT32, NR_Y));
	EXPECT(-ENOEXEC, (put_late(16, R_X86_64_PLT32, Y_KLP), image.s[S_KLP].sh_info = 0));
	EXPECT(-ENOEXEC, (put_late(16, R_X86_64_PLT32, Y_KLP), image.s[S_KLP].sh_info = NR_S));
	EXPECT(-ENOEXEC, (put_late(16, R_X86_64_PLT32, Y_KLP), image.s[S_KLP].sh_info = S_STRTAB));
	EXPECT(-ENOEXEC, (put_late(16, R_X86_64_PLT32, Y_KLP), image.s[S_KLP].sh_info = S_BSS));
	EXPECT(-ENOEXEC, (put_late(16, R_X86_64_PLT32, Y_KLP), image.s[S_KLP].sh_info = S_KLP));
	EXPECT(-ENOEXEC, (put_late(8, R_X86_64_PLT32, Y_KLP), image.s[S_KLP].sh_info = S_INIT));
	EXPECT(-ENOEXEC, (put_late(THIS_INIT, R_X86_64_64, Y_KLP), image.s[S_KLP].sh_info = S_THIS));
	/* Ordinary relocations must not change late ones. */
	EXPECT(-ENOEXEC, (put_late(16, R_X86_64_PLT32, Y_KLP),
			  image.s[S_RELA_TEXT].sh_info = S_KLP));
}

/* The sealed file may have any bytes and any length; the sanitizers judge the reader. */
static int unseal_bytes(const u8 *bytes, size_t n)
{
	struct elfmod m = { .image = bytes, .len = n };
	int error = elfmod_unseal(&m);

	if (!error) {
		CHECK_EQ(m.len, sizeof(image));
		CHECK_EQ(m.sealed_relocations, 7);
	}
	return error;
}

/* With @sum the seal is as tools/moduleseal.py writes it, otherwise it has the digest alone. */
static void expect_every_change_found(bool sum)
{
	struct elfmod_seal seal = { .relocations = 7, .magic = ELFMOD_SEAL_MAGIC };
	size_t n = sizeof(image) + sizeof(seal);
	u8 *bytes = calloc(1, n + 1);

	build_image();
	memcpy(bytes, &image, sizeof(image));
	memcpy(bytes + sizeof(image), &seal, sizeof(seal));
	sha256(bytes, offsetof(struct elfmod_seal, digest) + sizeof(image), seal.digest);
	if (sum)
		seal.sum = seal_sum(bytes, sizeof(image) + offsetof(struct elfmod_seal, sum),
				    seal.digest);
	memcpy(bytes + sizeof(image), &seal, sizeof(seal));
	CHECK_EQ(unseal_bytes(bytes, n), 0);
	for (size_t at = 0; at < n; at++) {
		bytes[at] ^= 1 << at % 8;
		CHECK_EQ(unseal_bytes(bytes, n), -ENOEXEC);
		bytes[at] ^= 1 << at % 8;
	}
	for (size_t cut = 0; cut < n; cut++) {
		u8 *copy = malloc(cut + !cut);

		memcpy(copy, bytes, cut);
		CHECK_EQ(unseal_bytes(copy, cut), -ENOEXEC);
		free(copy);
	}
	CHECK_EQ(unseal_bytes(bytes, n + 1), -ENOEXEC);
	free(bytes);
}

/* If any byte of a sealed file is changed, cut off or added, the file is refused. */
static void every_change_breaks_the_seal(void)
{
	expect_every_change_found(false);
	expect_every_change_found(true);
}

static void damaged_files_are_never_followed_outside(void)
{
	unsigned long accepted = 0, rounds = 60000;
	size_t headers = offsetof(struct image, text);

	srand(tap_seed());
	for (unsigned long round = 0; round < rounds; round++) {
		size_t n = round % 8 ? sizeof(image) : (size_t)rand() % sizeof(image);
		struct elfmod m;
		u8 *copy;

		build_image();
		for (int i = rand() % 4; i >= 0; i--) {
			u8 *byte = (u8 *)&image + rand() % (round % 3 ? headers : sizeof(image));

			*byte = round & 1 ? *byte ^ (1 << rand() % 8) : rand();
		}
		copy = malloc(n + !n);
		memcpy(copy, &image, n);
		accepted += load_bytes(copy, n, &m) == 0;
		unload(&m);
		free(copy);
	}
	printf("# %lu of %lu damaged files were accepted\n", accepted, rounds);
	CHECK(accepted > 0 && accepted < rounds);
}

/* ---- parameter lines ------------------------------------------------------------------------- */

static char parsed[256];

static int record_argument(void *ctx, char *name, char *value)
{
	if (strcmp(name, "unknown") == 0)
		return -ENOENT;
	if (strcmp(name, "bad") == 0)
		return -EINVAL;
	snprintf(parsed + strlen(parsed), sizeof(parsed) - strlen(parsed), "<%s|%s>", name,
		 value ? value : "(none)");
	return 0;
}

static const char *parse(const char *text)
{
	char *copy = strdup(text);
	int error;

	parsed[0] = '\0';
	error = args_parse("test", copy, record_argument, NULL);
	free(copy);
	return error == -EINVAL ? "EINVAL" : parsed;
}

static void parameter_lines_are_split(void)
{
	CHECK_STR(parse(""), "");
	CHECK_STR(parse("  \n "), "");
	CHECK_STR(parse("a=1 b"), "<a|1><b|(none)>");
	CHECK_STR(parse("a=  b=2"), "<a|><b|2>");
	CHECK_STR(parse("a=\"x y\" b=2"), "<a|x y><b|2>");
	CHECK_STR(parse("\"a=x y\" b"), "<a|x y><b|(none)>");
	CHECK_STR(parse("a=b=c"), "<a|b=c>");
	CHECK_STR(parse("a=\""), "<a|>");
	CHECK_STR(parse("\""), "<|(none)>");
	CHECK_STR(parse("\"\""), "<|(none)>");
	log_lines = 0;
	CHECK_STR(parse("a=1 unknown=3 b=2"), "<a|1><b|2>");
	CHECK_EQ(log_lines, 1);
	CHECK_STR(parse("a=1 bad=3 b=2"), "EINVAL");
	CHECK_EQ(log_lines, 2);
}

int main(void)
{
	TAP_TEST(good_module_is_loaded);
	TAP_TEST(every_type_of_relocation_has_its_value);
	TAP_TEST(access_to_the_got_becomes_direct_or_gets_an_entry);
	TAP_TEST(values_out_of_range_are_refused);
	TAP_TEST(every_wrong_field_is_refused);
	TAP_TEST(livepatch_parts_belong_to_livepatch_modules);
	TAP_TEST(late_relocations_are_checked_at_once);
	TAP_TEST(every_change_breaks_the_seal);
	TAP_TEST(damaged_files_are_never_followed_outside);
	TAP_TEST(parameter_lines_are_split);
	return tap_done();
}
