/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_origin.c - a kernel refuses a patch that was made for a different kernel: another function
 * under the same name, another build of a module, or no predecessor. Entries of .modinfo record the
 * origin of a patch. The test writes them into the file of a patch, as the tools do.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "files.h"
#include "elfedit.h"
#include "klp.h"

#define TARGET		"klp_late"
#define FIRST		"klp_any"
#define SECOND		"klp_any2"
#define TWIN_OBJS	"objs=klp_late:late_twin_1"
#define SLOT		5
#define HEX		(2 * 32 + 1)

/* ---- entries -------------------------------------------------------------------------- */

static void as_hex(const unsigned char *digest, char *text)
{
	for (int i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
}

/* The digest of a module's file, which lies before the magic line. */
static void file_digest(const char *module, char *text)
{
	char path[128];
	unsigned char *bytes;
	size_t size;

	snprintf(path, sizeof(path), MODULE_DIR "/%s.ko", module);
	bytes = file_bytes(path, &size);
	as_hex(bytes + size - SEAL_DIGEST, text);
	free(bytes);
}

/* Computes the entry that the tool must write about a function of the target. */
static void text_entry(const char *name, const char *as, char *entry)
{
	size_t size;
	unsigned char *bytes = file_bytes(MODULE_DIR "/" TARGET ".ko", &size), digest[32];
	const Elf64_Sym *symbol = symbol_named(bytes, name);
	Elf64_Shdr *text = section_number(bytes, symbol->st_shndx);
	Elf64_Shdr *relas = section_named(bytes, ".rela.text");
	unsigned char *code = bytes + text->sh_offset + symbol->st_value;
	char places[128] = "", hex[HEX];

	memset(code, 0, SLOT);
	for (size_t i = 0; i < relas->sh_size / sizeof(Elf64_Rela); i++) {
		size_t at = relocation_in(bytes, ".rela.text", i)->r_offset - symbol->st_value;

		if (at >= symbol->st_size)
			continue;
		memset(code + at, 0, 4);
		sprintf(places + strlen(places), " %zx:4", at);
	}
	sha_of(code, symbol->st_size, digest);
	as_hex(digest, hex);
	sprintf(entry, "klp_text=" TARGET " %s,0 %lu %s%s", as, (unsigned long)symbol->st_size, hex,
		places);
	free(bytes);
}

/* ---- patches with entries ----------------------------------------------------------------- */

/* Loads the patch @name with one additional entry. Returns 0 or an errno. */
static int load_with(const char *name, const char *args, const char *entry)
{
	char path[128], *room;
	unsigned char *bytes;
	size_t size;
	int error;

	snprintf(path, sizeof(path), MODULE_DIR "/%s.ko", name);
	bytes = file_bytes(path, &size);
	room = memmem(bytes, size, "origin=....", 11);
	CHECK(room != NULL && strlen(entry) <= strlen(room));
	memset(room, 0, strlen(room));
	memcpy(room, entry, strlen(entry));
	seal_again(bytes, size);
	klp_log_clear();
	error = module_insert_bytes(bytes, size, args) ? errno : 0;
	free(bytes);
	return error;
}

static void log_has(const char *line)
{
	CHECK(strstr(klp_log_lines(), line) != NULL);
}

static const char *late(void)
{
	static char text[128];

	return slurp("/proc/" TARGET, text, sizeof(text));
}

/* ---- functions -------------------------------------------------------------------------- */

static void function_of_a_module_is_known_by_its_code(void)
{
	char entry[256];

	CHECK_EQ(insmod(TARGET), 0);
	text_entry("late_twin_1", "late_twin_1", entry);
	CHECK_EQ(load_with(FIRST, TWIN_OBJS, entry), 0);
	klp_wait(FIRST);
	CHECK_STR(late(), "7 twins 100 2 helper 14");
	klp_unload(FIRST);
	text_entry("late_twin_2", "late_twin_1", entry);
	CHECK_EQ(load_with(FIRST, TWIN_OBJS, entry), ENOEXEC);
	log_has("function 'late_twin_1' of object 'klp_late' is not the one that patch 'klp_any' was made for");
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK(!klp_exists(FIRST));
	CHECK_EQ(rmmod(TARGET), 0);
}

static void places_that_the_loader_fills_do_not_count(void)
{
	char entry[256], *places;

	CHECK_EQ(insmod(TARGET), 0);
	text_entry("late_value", "late_value", entry);
	places = strrchr(entry, ' ');
	CHECK(strchr(places, ':') != NULL);
	CHECK_EQ(load_with(FIRST, "objs=klp_late:late_value", entry), 0);
	klp_unload(FIRST);
	*places = '\0';
	CHECK_EQ(load_with(FIRST, "objs=klp_late:late_value", entry), ENOEXEC);
	log_has("function 'late_value' of object 'klp_late' is not the one");
	CHECK_EQ(rmmod(TARGET), 0);
}

/* Uses the entry that tools/module made for a sample, first unchanged, then with one changed digit. */
static void function_of_the_kernel_is_known_by_its_code(void)
{
	size_t size;
	unsigned char *bytes = file_bytes(MODULE_DIR "/livepatch-sample.ko", &size);
	char *entry = memmem(bytes, size, "klp_text=vmlinux cmdline_proc_show,0 ", 37);
	char before[512], after[512], *digest;

	CHECK(entry != NULL);
	digest = strchr(entry + 37, ' ') + 1;	/* behind the size */
	CHECK_EQ(load_with(FIRST, "objs=vmlinux:cmdline_proc_show", entry), 0);
	klp_unload(FIRST);
	slurp("/proc/cmdline", before, sizeof(before));
	*digest = *digest == '0' ? '1' : '0';
	CHECK_EQ(load_with(FIRST, "objs=vmlinux:cmdline_proc_show", entry), ENOEXEC);
	log_has("function 'cmdline_proc_show' of object 'vmlinux' is not the one");
	CHECK_STR(slurp("/proc/cmdline", after, sizeof(after)), before);
	free(bytes);
}

static void late_target_with_another_function_is_refused(void)
{
	char entry[256];

	text_entry("late_twin_2", "late_twin_1", entry);
	CHECK_EQ(load_with(FIRST, TWIN_OBJS, entry), 0);
	klp_wait(FIRST);
	CHECK_EQ(insmod(TARGET), ENOEXEC);
	log_has("function 'late_twin_1' of object 'klp_late' is not the one");
	log_has("patch 'klp_any' failed for module 'klp_late', refusing to load module 'klp_late'");
	klp_unload(FIRST);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* ---- builds of modules ------------------------------------------------------------------- */

static void module_is_known_by_its_file(void)
{
	char entry[256], hex[HEX];

	file_digest(TARGET, hex);
	sprintf(entry, "klp_base=" TARGET " %s", hex);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(load_with(FIRST, TWIN_OBJS, entry), 0);
	klp_unload(FIRST);
	entry[strlen(entry) - 1] = entry[strlen(entry) - 1] == '0' ? '1' : '0';
	CHECK_EQ(load_with(FIRST, TWIN_OBJS, entry), ENOEXEC);
	log_has("module 'klp_late' is another build than the one that patch 'klp_any' was made for");
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(load_with(FIRST, TWIN_OBJS, entry), 0);
	CHECK_EQ(insmod(TARGET), ENOEXEC);
	klp_unload(FIRST);
}

/* ---- predecessors ------------------------------------------------------------------------ */

static void after_first(char *entry)
{
	char hex[HEX];

	file_digest(FIRST, hex);
	sprintf(entry, "klp_after=" FIRST " %s", hex);
}

static void patch_without_its_predecessor_is_refused(void)
{
	char entry[256];

	after_first(entry);
	CHECK_EQ(load_with(SECOND, "", entry), ENOENT);
	log_has("patch 'klp_any2' was made on top of patch 'klp_any', which is not loaded, or is another build");
	CHECK_EQ(insmod(FIRST), 0);
	klp_wait(FIRST);
	entry[strlen(entry) - 1] = entry[strlen(entry) - 1] == '0' ? '1' : '0';
	CHECK_EQ(load_with(SECOND, "", entry), ENOENT);
	after_first(entry);
	CHECK_EQ(load_with(SECOND, "replace=1", entry), EINVAL);
	log_has("takes the place of all others, and so of its predecessor");
	CHECK_EQ(klp_write(FIRST, "enabled", "0"), 0);
	klp_wait_gone(FIRST);
	CHECK_EQ(load_with(SECOND, "", entry), EINVAL);
	log_has("patch 'klp_any2' was made on top of patch 'klp_any', which is not enabled");
	CHECK_EQ(rmmod(FIRST), 0);
}

static void predecessor_stays_as_long_as_its_follower(void)
{
	char entry[256];

	after_first(entry);
	CHECK_EQ(insmod(FIRST), 0);
	klp_wait(FIRST);
	CHECK_EQ(load_with(SECOND, "", entry), 0);
	klp_wait(SECOND);
	CHECK_EQ(klp_write(FIRST, "enabled", "0"), EBUSY);
	log_has("patch 'klp_any2' was made on top of patch 'klp_any': disable 'klp_any2' first");
	CHECK_EQ(klp_read(FIRST, "enabled"), 1);
	CHECK_EQ(klp_write(SECOND, "enabled", "0"), 0);
	klp_wait_gone(SECOND);
	CHECK_EQ(klp_write(FIRST, "enabled", "0"), 0);
	while (klp_exists(FIRST))
		nap(500);
	CHECK_EQ(rmmod(FIRST), EWOULDBLOCK);	/* the follower's code may refer to it */
	CHECK_EQ(rmmod(SECOND), 0);
	CHECK_EQ(rmmod(FIRST), 0);
}

/* The replacement replaces both patches of the chain at once. */
static void replace_takes_a_chain_as_a_whole(void)
{
	char entry[256];

	after_first(entry);
	CHECK_EQ(insmod(FIRST), 0);
	klp_wait(FIRST);
	CHECK_EQ(load_with(SECOND, "", entry), 0);
	klp_wait(SECOND);
	CHECK_EQ(insmod_args("klp_any3", "replace=1"), 0);
	klp_wait("klp_any3");
	klp_wait_gone(SECOND);
	CHECK_EQ(rmmod(SECOND), 0);
	klp_wait_gone(FIRST);
	CHECK_EQ(rmmod(FIRST), 0);
	klp_unload("klp_any3");
}

/* ---- the form of entries --------------------------------------------------------------------- */

#define ZEROS	"0000000000000000000000000000000000000000000000000000000000000000"

static void malformed_entries_are_refused(void)
{
	static const char *const entries[] = {
		"klp_text=", "klp_text=vmlinux", "klp_text=vmlinux f", "klp_text=vmlinux f,0",
		"klp_text=vmlinux f,0 10", "klp_text=vmlinux f,x 10 " ZEROS,
		"klp_text=vmlinux f,0 10 " ZEROS "0", "klp_text=vmlinux f,0 10 " ZEROS " 8",
		"klp_text=vmlinux f,0 10 " ZEROS " 7:4", "klp_text=vmlinux f,0 10 " ZEROS " ffffffff:4",
		"klp_text=vmlinux f,0 100 " ZEROS " 7:9", "klp_text=vmlinux f,0 100 " ZEROS " 7:4 ",
		"klp_text= f,0 10 " ZEROS, "klp_base=m", "klp_base=m 00", "klp_base=m " ZEROS "0",
		"klp_after=" ZEROS, "klp_after=m " ZEROS " x",
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		CHECK_EQ(load_with(FIRST, "", entries[i]), ENOEXEC);
		log_has("has not its form");
	}
	CHECK_EQ(load_with(FIRST, "", "klp_text=vmlinux f,0 10 " ZEROS " 6:4"), 0);
	klp_unload(FIRST);
}

int main(void)
{
	TAP_TEST(function_of_a_module_is_known_by_its_code);
	TAP_TEST(places_that_the_loader_fills_do_not_count);
	TAP_TEST(function_of_the_kernel_is_known_by_its_code);
	TAP_TEST(late_target_with_another_function_is_refused);
	TAP_TEST(module_is_known_by_its_file);
	TAP_TEST(patch_without_its_predecessor_is_refused);
	TAP_TEST(predecessor_stays_as_long_as_its_follower);
	TAP_TEST(replace_takes_a_chain_as_a_whole);
	TAP_TEST(malformed_entries_are_refused);
	return tap_done();
}
