/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules_damaged.c - module files that this kernel refuses: files of another build, truncated files,
 * files damaged on purpose or at random. Each has its errno and one line, and leaves no trace.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <stddef.h>

#include "elfedit.h"
#include "modules.h"

/* Checks that the file is refused with ENOEXEC and exactly one line of the log. */
static void refuse_once(const unsigned char *bytes, size_t size, const char *what)
{
	int lines;

	log_clear();
	errno = 0;
	if (module_insert_bytes(bytes, size, "") != -1 || errno != ENOEXEC)
		CHECK_FAIL("%s: errno %d", what, errno);
	lines = log_count("]");
	if (lines != 1)
		CHECK_FAIL("%s: %d lines in the log", what, lines);
	CHECK(!is_loaded("tm_provider"));
}

static void module_for_another_build_is_refused_with_both_ids(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/lib/modules/tm_provider.ko", &size);
	char *id = memmem(bytes, size, "buildid=", 8);

	CHECK(id != NULL);
	id[8] = id[8] == '0' ? '1' : '0';
	seal_again(bytes, size);
	log_clear();
	CHECK_ERR(module_insert_bytes(bytes, size, ""), ENOEXEC);
	CHECK_EQ(log_count("tm_provider: built for kernel "), 1);
}

static void truncated_modules_are_refused(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/lib/modules/tm_provider.ko", &size);

	for (size_t n = sizeof(Elf64_Ehdr); n < size; n += size / 16)
		refuse_once(bytes, n, "truncated");
}

static void damaged_headers_are_refused(void)
{
	size_t size;
	unsigned char *good = file_bytes("/lib/modules/tm_provider.ko", &size);
	unsigned char *bytes = malloc(size);
	Elf64_Ehdr *header = (void *)bytes;
#define DAMAGE(change)					\
	do {						\
		memcpy(bytes, good, size);		\
		change;					\
		seal_again(bytes, size);		\
		refuse_once(bytes, size, #change);	\
	} while (0)

	DAMAGE(header->e_ident[1] = 'F');
	DAMAGE(header->e_ident[EI_CLASS] = ELFCLASS32);
	DAMAGE(header->e_type = ET_EXEC);
	DAMAGE(header->e_machine = EM_AARCH64);
	DAMAGE(header->e_shentsize = 32);
	DAMAGE(header->e_shnum = 0);
	DAMAGE(header->e_shnum = 0xfff0);
	DAMAGE(header->e_shoff = ~0UL - 8);
	DAMAGE(header->e_shstrndx = 0xfff0);
	DAMAGE(section_named(bytes, ".text")->sh_offset = size);
	DAMAGE(section_named(bytes, ".text")->sh_flags |= SHF_WRITE);
	DAMAGE(section_named(bytes, ".text")->sh_addralign = 3);
	DAMAGE(section_named(bytes, ".symtab")->sh_entsize = 16);
	DAMAGE(section_named(bytes, ".symtab")->sh_link = 0xffff);
	DAMAGE(section_named(bytes, ".symtab")->sh_type = SHT_PROGBITS);
	DAMAGE(section_named(bytes, ".strtab")->sh_size = 1);
	DAMAGE(section_named(bytes, ".rela.text")->sh_info = 0xffff);
	DAMAGE(section_named(bytes, ".rela.text")->sh_size -= 1);
	/* Section types that the loader ignores: the relocations would be missing, or would have no addends. */
	DAMAGE(section_named(bytes, ".rela.text")->sh_type = SHT_GROUP);
	DAMAGE(section_named(bytes, ".rela.text")->sh_type = SHT_REL);
	DAMAGE(section_named(bytes, ".rela.text")->sh_type = SHT_NULL);
	DAMAGE(section_named(bytes, ".rela.text")->sh_info = ((Elf64_Ehdr *)bytes)->e_shstrndx);
	DAMAGE(section_named(bytes, ".text")->sh_flags &= ~(Elf64_Xword)SHF_ALLOC);
	DAMAGE(section_named(bytes, ".text")->sh_type = SHT_INIT_ARRAY);
	DAMAGE(section_named(bytes, ".text")->sh_type = 0x70000001);
	DAMAGE(section_named(bytes, ".modinfo")->sh_size -= 1);
	DAMAGE(section_named(bytes, ".gnu.linkonce.this_module")->sh_size -= 8);
}

static void damaged_relocations_are_refused(void)
{
	size_t size;
	unsigned char *good = file_bytes("/lib/modules/tm_provider.ko", &size);
	unsigned char *bytes = malloc(size);
#define RELA ((Elf64_Rela *)(bytes + section_named(bytes, ".rela.text")->sh_offset))

	DAMAGE(RELA->r_offset = 1 << 20);
	DAMAGE(RELA->r_info = ELF64_R_INFO(0xffffff, R_X86_64_PC32));
	DAMAGE(RELA->r_info = ELF64_R_INFO(1, R_X86_64_TPOFF32));
	DAMAGE((RELA->r_info = ELF64_R_INFO(ELF64_R_SYM(RELA->r_info), R_X86_64_PC32),
		RELA->r_addend = 1L << 40));
	/* The bytes at the place of a relocation are not zero before the relocation. */
	DAMAGE(memset(bytes + section_named(bytes, ".text")->sh_offset + RELA->r_offset, 1, 4));
	/* In the file only the fields name, init and exit of struct module may have values. */
	DAMAGE(((Elf64_Rela *)(bytes + section_named(bytes,
	       ".rela.gnu.linkonce.this_module")->sh_offset))->r_offset += 8);
}

/*
 * One byte of the file is wrong, in the code or in the headers; or bytes are missing; or bytes are
 * added. The file is refused in one line, and none of its code runs.
 */
static void any_damage_is_found(void)
{
	size_t size;
	unsigned char *good = file_bytes("/lib/modules/tm_provider.ko", &size);
	unsigned char *bytes = malloc(size + 64);

	srand(tap_seed());
	for (int round = 0; round < 300; round++) {
		size_t at = rand() % size, n = size;
		char what[64];

		memcpy(bytes, good, size);
		snprintf(what, sizeof(what), "round %d at %zu", round, at);
		if (round % 3 == 0) {
			bytes[at] ^= 1 + rand() % 255;
		} else if (round % 3 == 1) {
			n = sizeof(Elf64_Ehdr) + at % (size - sizeof(Elf64_Ehdr));
		} else {
			n += 1 + at % 64;
			memset(bytes + size, at & 1 ? 0 : rand(), n - size);
		}
		refuse_once(bytes, n, what);
	}
	/* A file with a second seal behind the first is refused. */
	memcpy(bytes, good, size);
	memcpy(bytes + size, good + size - SEAL, SEAL);
	refuse_once(bytes, size + SEAL, "two seals");
	CHECK_EQ(module_insert("tm_provider", ""), 0);
	CHECK_EQ(module_delete("tm_provider"), 0);
}

static void file_of_another_tool_is_refused(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/lib/modules/tm_provider.ko", &size);

	refuse_once(bytes, size - SEAL, "without a seal");
	module_insert_bytes(bytes, size - SEAL, "");
	CHECK_EQ(log_count("module: built without tools/module, or cut short: no digest at its end"), 1);
	bytes[section_named(bytes, ".text")->sh_offset] ^= 1;
	module_insert_bytes(bytes, size, "");
	CHECK_EQ(log_count("module: the file is damaged: its digest is of other bytes"), 1);
}

/*
 * Any byte may be wrong: the file is refused, and the system continues. In each round the file has the id
 * of another build, because an accepted module would run. tests/host/module_decode.c tests the decoder
 * without that restriction.
 */
static void random_damage_never_harms_the_kernel(void)
{
	size_t size;
	unsigned char *good = file_bytes("/lib/modules/tm_provider.ko", &size);
	unsigned char *bytes = malloc(size);
	const Elf64_Ehdr *header = (void *)good;
	char *id = memmem(good, size, "buildid=", 8);

	CHECK(id != NULL);
	id[8] = 'x';
	srand(tap_seed());
	for (int round = 0; round < 300; round++) {
		memcpy(bytes, good, size);
		for (int i = 0; i < 1 + round % 3; i++) {
			size_t at = rand() % size;

			if (round % 2)
				at = header->e_shoff + at % (header->e_shnum * sizeof(Elf64_Shdr));
			bytes[at] ^= 1 << (rand() % 8);
		}
		if (!memmem(bytes, size, "buildid=x", 9) || memcmp(bytes + size - SEAL_MAGIC, good + size - SEAL_MAGIC, SEAL_MAGIC))
			continue;
		seal_again(bytes, size);
		errno = 0;
		CHECK_EQ(module_insert_bytes(bytes, size, ""), -1);
		CHECK(errno == ENOEXEC || errno == ENOMEM);
	}
	CHECK_EQ(module_insert("tm_provider", ""), 0);
	CHECK_EQ(module_delete("tm_provider"), 0);
}

int main(void)
{
	TAP_TEST(module_for_another_build_is_refused_with_both_ids);
	TAP_TEST(truncated_modules_are_refused);
	TAP_TEST(damaged_headers_are_refused);
	TAP_TEST(damaged_relocations_are_refused);
	TAP_TEST(any_damage_is_found);
	TAP_TEST(file_of_another_tool_is_refused);
	TAP_TEST(random_damage_never_harms_the_kernel);
	return tap_done();
}
