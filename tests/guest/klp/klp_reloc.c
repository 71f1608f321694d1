/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_reloc.c - a patch refers to static symbols of the kernel and of modules that may load later.
 * Its relocations are applied when the patch is loaded, when the target is loaded, and again after
 * a reload. They are undone after each failure. Each kind of wrong relocation has its own message.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "files.h"
#include "elfedit.h"
#include "klp.h"
#include "klp_text.h"

#define TARGET	"klp_late"
#define PATCH	"klp_late_patch"
#define TEXT	".klp.rela.klp_late..text"
#define DATA	".klp.rela.klp_late..data"
#define EARLY	".klp.rela.vmlinux..init.text"
#define THIS_MODULE	".rela.gnu.linkonce.this_module"

static const char *late(void)
{
	static char text[128];

	return slurp("/proc/klp_late", text, sizeof(text));
}

static long parameter(const char *name)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/module/" PATCH "/parameters/%s", name);
	return atol(slurp(path, text, sizeof(text)));
}

/* The size of the patch file; patch_bytes() returns a copy that tests change. */
static size_t patch_size;

static unsigned char *patch_bytes(void)
{
	return file_bytes(MODULE_DIR "/" PATCH ".ko", &patch_size);
}

static int insert_bytes(unsigned char *bytes)
{
	klp_log_clear();
	seal_again(bytes, patch_size);
	errno = 0;
	return module_insert_bytes(bytes, patch_size, "") ? errno : 0;
}

static void both_orders_of_loading_work(void)
{
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	klp_unload(PATCH);

	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	klp_unload(PATCH);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
}

static void kernel_symbols_are_there_before_init(void)
{
	unsigned char *bytes = patch_bytes();
	char *id = memmem(bytes, patch_size, "buildid=", 8), line[128];

	CHECK(id != NULL);
	snprintf(line, sizeof(line), PATCH ": kernel %s\n", id + 8);
	klp_log_clear();
	CHECK_EQ(insmod(PATCH), 0);
	CHECK(strstr(klp_log(), line) != NULL);
	klp_unload(PATCH);
}

static void target_may_come_again_and_again(void)
{
	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(insmod(TARGET), 0);
		CHECK_STR(late(), "1014 twins 1 2 helper 14");
		CHECK_EQ(rmmod(TARGET), 0);
	}
	klp_unload(PATCH);
}

/* Linux does not undo the relocations here, so the next load finds their places already filled. */
static void refused_target_can_be_loaded_later(void)
{
	CHECK_EQ(insmod_args(PATCH, "pre=-19"), 0);
	klp_wait(PATCH);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(insmod(TARGET), ENODEV);
	CHECK_EQ(spit("/sys/module/" PATCH "/parameters/pre", "0"), 0);
	CHECK_EQ(insmod_args(TARGET, "result=-5"), EIO);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	klp_unload(PATCH);
}

static void refused_patch_can_be_loaded_later(void)
{
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insmod_args(PATCH, "pre=-19"), ENODEV);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* The target uses symbols of another module. A new function for the target may use them as well. */
static void symbol_may_belong_to_a_module_that_the_target_uses(void)
{
	CHECK_EQ(insmod("klp_owner_patch"), 0);
	klp_wait("klp_owner_patch");
	for (int i = 0; i < 3; i++) {
		klp_log_clear();
		CHECK_EQ(insmod("tm_provider"), 0);
		CHECK_EQ(insmod("tm_consumer"), 0);
		CHECK(strstr(klp_log(), "klp_owner_patch: product 42\n") != NULL);
		CHECK_EQ(rmmod("tm_provider"), EWOULDBLOCK);
		CHECK_EQ(rmmod("tm_consumer"), 0);
		CHECK_EQ(rmmod("tm_provider"), 0);
		if (i == 0)
			CHECK_EQ(insmod("tm_library"), 0);
	}
	CHECK_EQ(rmmod("tm_library"), 0);
	klp_unload("klp_owner_patch");
}

/* As on Linux, the exit function of a patch can use the symbols as long as the target is loaded. */
static void symbols_stay_until_the_module_of_the_patch_goes(void)
{
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insmod_args(PATCH, "look=1"), 0);
	klp_wait(PATCH);
	klp_log_clear();
	klp_unload(PATCH);
	CHECK(strstr(klp_log(), PATCH ": exit sees 14\n") != NULL);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* The target is at the same address, or at another one, or loads later. The relocations are written again. */
static void patch_may_be_enabled_again(void)
{
	enum { SAME, ELSEWHERE, LATER, ROUNDS };

	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insmod(PATCH), 0);
	for (int round = SAME; round < ROUNDS; round++) {
		klp_wait(PATCH);
		CHECK_STR(late(), "1014 twins 1 2 helper 14");
		CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
		klp_wait_gone(PATCH);
		CHECK_STR(late(), "7 twins 1 2 helper 14");
		if (round != SAME) {
			CHECK_EQ(rmmod(TARGET), 0);
			CHECK_EQ(insmod("tm_library"), 0);	/* takes the target's addresses */
		}
		if (round == ELSEWHERE)
			CHECK_EQ(insmod(TARGET), 0);
		CHECK_EQ(spit("/sys/module/" PATCH "/parameters/again", "1"), 0);
		if (round == LATER)
			CHECK_EQ(insmod(TARGET), 0);
		if (round != SAME)
			CHECK_EQ(rmmod("tm_library"), 0);
	}
	klp_wait(PATCH);
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
}

/*
 * A thread of the patch's module uses the symbols all the time. The relocations must not be written
 * again, because for a moment their places would hold nothing, or half of an address.
 */
static void patch_may_be_enabled_again_while_its_module_uses_the_symbols(void)
{
	long rounds;

	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insmod_args(PATCH, "busy=1"), 0);
	for (int i = 0; i < 20; i++) {
		klp_wait(PATCH);
		CHECK_STR(late(), "1014 twins 1 2 helper 14");
		CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
		klp_wait_gone(PATCH);
		rounds = parameter("rounds");
		while (parameter("rounds") == rounds)
			nap(100);
		CHECK_EQ(spit("/sys/module/" PATCH "/parameters/again", "1"), 0);
		CHECK_EQ(parameter("astray"), 0);
	}
	klp_wait(PATCH);
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* ---- mistakes in the file are reported when the patch is loaded --------------------- */

#define REFUSED(error, line, change) do {				\
	unsigned char *bytes = patch_bytes();				\
									\
	change;								\
	CHECK_EQ(insert_bytes(bytes), error);				\
	if (!strstr(klp_log(), line))					\
		CHECK_FAIL("no line \"%s\" in:\n%s", line, klp_log());	\
	CHECK(!file_exists("/sys/module/" PATCH));			\
	CHECK(!klp_exists(PATCH));					\
	free(bytes);							\
} while (0)

#define NAME_OF(symbol)		symbol_name(bytes, symbol_named(bytes, symbol))
#define NAME_OF_SECTION(name)	section_name(bytes, section_named(bytes, name))

static void wrong_names_are_refused(void)
{
	REFUSED(EINVAL, "livepatch: section .klp.relx.klp_late..text has an incorrectly formatted name\n",
		NAME_OF_SECTION(TEXT)[8] = 'x');
	REFUSED(EINVAL, "livepatch: section .klp.rela..lp_late..text has an incorrectly formatted name\n",
		NAME_OF_SECTION(TEXT)[10] = '.');
	REFUSED(EINVAL, "livepatch: section .klp.rela.klp_late has an incorrectly formatted name\n",
		NAME_OF_SECTION(TEXT)[18] = '\0');
	REFUSED(EINVAL, "livepatch: symbol .klp.syn.klp_late.late_helper,0 has an incorrectly formatted name\n",
		NAME_OF(".klp.sym.klp_late.late_helper,0")[7] = 'n');
	REFUSED(EINVAL, "livepatch: symbol .klp.sym.klp_late_late_helper,0 has an incorrectly formatted name\n",
		NAME_OF(".klp.sym.klp_late.late_helper,0")[17] = '_');
	REFUSED(EINVAL, "livepatch: symbol .klp.sym.klp_late.late_helper,x has an incorrectly formatted name\n",
		NAME_OF(".klp.sym.klp_late.late_helper,0")[30] = 'x');
	REFUSED(EINVAL, "livepatch: symbol .klp.sym.klp_late.late_helper_0 has an incorrectly formatted name\n",
		NAME_OF(".klp.sym.klp_late.late_helper,0")[29] = '_');
}

static void wrong_symbols_are_refused(void)
{
	REFUSED(EINVAL, "livepatch: symbol .klp.sym.klp_late.late_helper,0 is not marked as a livepatch symbol\n",
		symbol_named(bytes, ".klp.sym.klp_late.late_helper,0")->st_shndx = SHN_ABS);
	REFUSED(EINVAL, "livepatch: invalid access to vmlinux symbol '.late_helper' from module-specific livepatch "
		"relocation section\n",
		memcpy(NAME_OF(".klp.sym.klp_late.late_helper,0"), ".klp.sym.vmlinux.", 17));
	REFUSED(EINVAL, "livepatch: invalid access to symbol 'rnel_build_id' of module 'klp_late0' from livepatch "
		"relocation section of vmlinux\n",
		memcpy(NAME_OF(".klp.sym.vmlinux.kernel_build_id,0"), ".klp.sym.klp_late0.", 19));
	REFUSED(EINVAL, "livepatch: symbol 'kernel_build_ix' not found in symbol table\n",
		NAME_OF(".klp.sym.vmlinux.kernel_build_id,0")[31] = 'x');
	REFUSED(EINVAL, "livepatch: symbol position 2 for symbol 'kernel_build_id' in object 'vmlinux' not found\n",
		NAME_OF(".klp.sym.vmlinux.kernel_build_id,0")[33] = '2');
	REFUSED(EINVAL, "section .klp.rela.klp_latx..text: the patch has no object 'klp_latx'",
		NAME_OF_SECTION(TEXT)[17] = 'x');
}

static void wrong_places_are_refused(void)
{
	REFUSED(ENOEXEC, "bad livepatch relocation section " TEXT,
		section_named(bytes, TEXT)->sh_flags &= ~(Elf64_Xword)SHF_ALLOC);
	REFUSED(ENOEXEC, "relocation outside of section .text",
		relocation_in(bytes, TEXT, 0)->r_offset = 1 << 20);
	REFUSED(ENOEXEC, "relocation of an unknown type in .text",
		relocation_in(bytes, TEXT, 0)->r_info |= 0xff);
	REFUSED(ENOEXEC, "livepatch relocation by a table (build without -fpic) in " TEXT,
		relocation_in(bytes, TEXT, 0)->r_info = relocation_in(bytes, TEXT, 0)->r_info >> 32 << 32 |
			R_X86_64_GOTPCREL);
	REFUSED(ENOEXEC, "late relocations of memory that goes away after init: " TEXT,
		section_named(bytes, TEXT)->sh_info = section_named(bytes, EARLY)->sh_info;
		section_named(bytes, TEXT)->sh_size = sizeof(Elf64_Rela);
		relocation_in(bytes, TEXT, 0)->r_offset = 0);
	REFUSED(ENOEXEC, "livepatch relocations of section .gnu.linkonce.this_module",
		section_named(bytes, DATA)->sh_info = section_named(bytes, THIS_MODULE)->sh_info;
		relocation_in(bytes, DATA, 0)->r_offset = relocation_in(bytes, THIS_MODULE, 0)->r_offset);
	REFUSED(ENOEXEC, "relocations of a section without bytes: " TEXT,
		section_named(bytes, ".rela.text")->sh_info =
			section_named(bytes, TEXT) - section_number(bytes, 0));
	REFUSED(ENOEXEC, "x86/modules: Invalid relocation target, existing value is nonzero for type ",
		bytes[section_number(bytes, section_named(bytes, EARLY)->sh_info)->sh_offset +
		      relocation_in(bytes, EARLY, 0)->r_offset] = 1);
	REFUSED(ENOEXEC, "x86/modules: overflow in relocation type ",
		relocation_in(bytes, EARLY, 0)->r_addend = 1L << 40);
}

static void only_a_patch_may_have_livepatch_symbols(void)
{
	REFUSED(ENOEXEC, "livepatch symbol in another module: .klp.sym.", {
		char *mark = memmem(bytes, patch_size, "livepatch=Y", 11);

		CHECK(mark != NULL);
		memcpy(mark, "livepatcx", 9);
	});
}

/* ---- mistakes that can be found only when the target is loaded ---------------------- */

/* The last relocation is bad: the relocations before it must be undone. */
static void refused_late(int error, const char *line, void (*spoil)(unsigned char *bytes))
{
	unsigned char *bytes = patch_bytes();

	spoil(bytes);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insert_bytes(bytes), error);
	if (!strstr(klp_log(), line))
		CHECK_FAIL("no line \"%s\" in:\n%s", line, klp_log());
	CHECK(!klp_exists(PATCH) && !file_exists("/sys/module/" PATCH));
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);

	CHECK_EQ(insert_bytes(bytes), 0);
	klp_wait(PATCH);
	for (int i = 0; i < 3; i++) {
		char *lines, expected[200];

		klp_log_clear();
		CHECK_EQ(insmod(TARGET), error);
		lines = (char *)klp_log_lines();
		snprintf(expected, sizeof(expected),
			 "failed to initialize patch '" PATCH "' for module '" TARGET "' (%d)\n"
			 "patch '" PATCH "' failed for module '" TARGET "', refusing to load module '" TARGET "'\n",
			 -error);
		if (!strstr(lines, expected) || !strstr(klp_log(), line))
			CHECK_FAIL("load %d: wrong lines:\n%s", i, klp_log());
		CHECK(!file_exists("/sys/module/" TARGET));
		CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 0);
	}
	klp_unload(PATCH);
	free(bytes);
}

static void spoil_addend(unsigned char *bytes)
{
	relocation_in(bytes, TEXT, 2)->r_addend = 1L << 40;
}

static void spoil_place(unsigned char *bytes)
{
	bytes[section_number(bytes, section_named(bytes, DATA)->sh_info)->sh_offset +
	      relocation_in(bytes, DATA, 0)->r_offset + 7] = 1;
}

static void spoil_name(unsigned char *bytes)
{
	memcpy(NAME_OF(".klp.sym.klp_late.late_counter,0") + 18, "late_countes", 12);
}

static void spoil_position(unsigned char *bytes)
{
	NAME_OF(".klp.sym.klp_late.late_counter,0")[31] = '3';
}

static void spoil_owner(unsigned char *bytes)
{
	NAME_OF(".klp.sym.klp_late.late_counter,0")[16] = 'x';
}

static void failing_late_relocations_leave_nothing(void)
{
	refused_late(ENOEXEC, "x86/modules: overflow in relocation type ", spoil_addend);
	refused_late(ENOEXEC, "x86/modules: Invalid relocation target, existing value is nonzero for type 1,", spoil_place);
	refused_late(EINVAL, "livepatch: symbol 'late_countes' not found in symbol table\n", spoil_name);
	refused_late(EINVAL, "livepatch: symbol position 3 for symbol 'late_counter' in object 'klp_late' not found\n",
		     spoil_position);
	refused_late(EINVAL, "livepatch: symbol 'late_counter' not found in symbol table\n", spoil_owner);
}

/* Functions and relocations can choose the n-th symbol with a given name in the table of their object. */
static void positions_choose_among_equal_names(void)
{
	size_t size;
	unsigned char *bytes = file_bytes(MODULE_DIR "/" TARGET ".ko", &size);

	symbol_named(bytes, "late_twin_2")->st_name = symbol_named(bytes, "late_twin_1")->st_name;
	seal_again(bytes, size);
	CHECK_EQ(module_insert_bytes(bytes, size, ""), 0);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	klp_log_clear();
	CHECK_EQ(insmod_args(PATCH, "twin=0"), EINVAL);
	CHECK(strstr(klp_log_lines(), "unresolvable ambiguity for symbol 'late_twin_1' in object 'klp_late'\n") != NULL);
	CHECK_EQ(insmod_args(PATCH, "twin=3"), EINVAL);
	CHECK(strstr(klp_log_lines(), "symbol position 3 for symbol 'late_twin_1' in object 'klp_late' not found\n") != NULL);
	for (int position = 1; position <= 2; position++) {
		char args[16], entry[64];
		bool first;

		snprintf(args, sizeof(args), "twin=%d", position);
		CHECK_EQ(insmod_args(PATCH, args), 0);
		klp_wait(PATCH);
		snprintf(entry, sizeof(entry), TARGET "/late_twin_1,%d", position);
		CHECK(klp_read(PATCH, "enabled") == 1);
		/* The compiler may have placed the two functions in either order. */
		first = !strcmp(late(), "1014 twins 10 2 helper 14");
		if (!first)
			CHECK_STR(late(), "1014 twins 1 10 helper 14");
		CHECK_EQ(rmmod(TARGET), 0);
		CHECK_EQ(module_insert_bytes(bytes, size, ""), 0);
		CHECK_STR(late(), first ? "1014 twins 10 2 helper 14" : "1014 twins 1 10 helper 14");
		klp_unload(PATCH);
		CHECK_STR(late(), "7 twins 1 2 helper 14");
	}
	CHECK_EQ(rmmod(TARGET), 0);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(both_orders_of_loading_work);
	TAP_TEST(kernel_symbols_are_there_before_init);
	TAP_TEST(target_may_come_again_and_again);
	TAP_TEST(refused_target_can_be_loaded_later);
	TAP_TEST(refused_patch_can_be_loaded_later);
	TAP_TEST(symbol_may_belong_to_a_module_that_the_target_uses);
	TAP_TEST(symbols_stay_until_the_module_of_the_patch_goes);
	TAP_TEST(patch_may_be_enabled_again);
	TAP_TEST(patch_may_be_enabled_again_while_its_module_uses_the_symbols);
	TAP_TEST(wrong_names_are_refused);
	TAP_TEST(wrong_symbols_are_refused);
	TAP_TEST(wrong_places_are_refused);
	TAP_TEST(only_a_patch_may_have_livepatch_symbols);
	TAP_TEST(failing_late_relocations_leave_nothing);
	TAP_TEST(positions_choose_among_equal_names);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
