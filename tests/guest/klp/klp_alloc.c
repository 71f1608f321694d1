/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_alloc.c - allocation failures in the middle of live patching. For each operation the
 * first, second, third... allocation fails, up to the last one. The operation returns ENOMEM, and
 * the next try succeeds. The failed operation leaves nothing behind: no directory, module, hook,
 * changed byte of text or object of a slab cache. Debug builds only.
 *
 * configurations: cpus=2 firmware=bios
 * timeout: 200
 */
#define _GNU_SOURCE
#include "files.h"
#include "klp.h"
#include "klp_text.h"

#define TARGET	"klp_late"
#define PATCH	"klp_late_patch"
#define PATCH2	"klp_late_patch2"
#define SELF	"tm_livepatch_self"
#define SYSCTL	"/proc/sys/kernel/ftrace_enabled"
#define ROUNDS	16

static int control;

static long failures_so_far(void)
{
	char text[32] = "";

	CHECK(pread(control, text, sizeof(text) - 1, 0) > 0);
	return atol(text);
}

static void arm(int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", nth);

	if (pwrite(control, text, length, 0) != length) {
		if (errno == EOPNOTSUPP)
			tap_skip("no fault injection in this build");
		CHECK_FAIL("cannot arm fail_nth: errno %d", errno);
	}
}

/* True if the operation did not use up the failure of arm(). The write of "0" may then meet that failure itself. */
static int disarm(long before)
{
	return pwrite(control, "0", 1, 0) != 1 || failures_so_far() == before;
}

/* ---- what must not change ------------------------------------------------------------------- */

struct usage {
	long free_kilobytes;
	int caches;
	struct {
		char name[32];
		long used;
	} cache[96];
};

static void measure(struct usage *u)
{
	char *text = strdup(file_text("/proc/slabinfo")), *line = text;

	u->free_kilobytes = atol(strstr(file_text("/proc/meminfo"), "MemFree:") + 8);
	u->caches = 0;
	for (int i = 0; i < 2; i++)
		line = strchr(line, '\n') + 1;
	while (*line && u->caches < 96) {
		CHECK_EQ(sscanf(line, "%31s %ld", u->cache[u->caches].name, &u->cache[u->caches].used), 2);
		u->caches++;
		line = strchr(line, '\n') + 1;
	}
	free(text);
}

/* Fails if each walk lost an object of a slab cache, or a page, by any one of its failures. */
static void compare(const struct usage *before, int walks)
{
	struct usage after;

	measure(&after);
	CHECK_EQ(after.caches, before->caches);
	for (int i = 0; i < after.caches; i++) {
		long grown = after.cache[i].used - before->cache[i].used;

		if (grown >= walks)
			CHECK_FAIL("after %d walks %s has %ld more objects", walks, after.cache[i].name, grown);
	}
	if (before->free_kilobytes - after.free_kilobytes >= 4 * walks)
		CHECK_FAIL("after %d walks %ld kB less are free", walks, before->free_kilobytes - after.free_kilobytes);
}

static void no_hook_is_left(void)
{
	CHECK_EQ(spit(SYSCTL, "0"), 0);
	CHECK_EQ(spit(SYSCTL, "1"), 0);
}

/* ---- walking ------------------------------------------------------------------------ */

struct operation {
	int (*run)(void);		/* 0 or errno */
	void (*undo)(void);		/* after success */
	void (*check)(void);		/* after failure: nothing has changed */
};

/* Lets each allocation of the operation fail once. Returns the number of failures. */
static int walk_once(const struct operation *op)
{
	int failures = 0;

	for (int nth = 1;; nth++) {
		long before = failures_so_far();
		int error;

		arm(nth);
		error = op->run();
		if (disarm(before)) {
			CHECK_EQ(error, 0);
			op->undo();
			return failures;
		}
		failures++;
		if (error == 0) {		/* the operation succeeded without that allocation */
			op->undo();
			continue;
		}
		if (error != ENOMEM)
			CHECK_FAIL("allocation %d: errno %d", nth, error);
		op->check();
	}
}

static void walk(const struct operation *op, int at_least)
{
	char before[64], after[64];
	struct usage usage;
	int failures;

	control = open("/sys/kernel/debug/fail_nth", O_RDWR);
	CHECK(control >= 0);
	klp_text_hash("", before, sizeof(before));
	failures = walk_once(op);
	walk_once(op);
	measure(&usage);
	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(walk_once(op), failures);
	compare(&usage, ROUNDS);
	klp_text_hash("", after, sizeof(after));
	CHECK_STR(after, before);
	printf("# %d allocations\n", failures);
	CHECK(failures >= at_least);
}

static const char *late(void)
{
	static char text[128];

	return slurp("/proc/klp_late", text, sizeof(text));
}

static unsigned char *image;
static size_t image_size;

static void use_image(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), MODULE_DIR "/%s.ko", name);
	image = file_bytes(path, &image_size);
}

/* ---- enabling, with a target that is loaded ----------------------------------------- */

static int insert_patch(void)
{
	return module_insert_bytes(image, image_size, "twin=0") ? errno : 0;
}

static void remove_patch(void)
{
	klp_wait(PATCH);
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
	klp_unload(PATCH);
}

static void patch_is_not_there(void)
{
	CHECK(!klp_exists(PATCH) && !file_exists("/sys/module/" PATCH));
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	no_hook_is_left();
}

static void enabling_without_memory_leaves_nothing(void)
{
	static const struct operation op = { insert_patch, remove_patch, patch_is_not_there };

	use_image(PATCH);
	CHECK_EQ(insmod(TARGET), 0);
	walk(&op, 25);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* ---- a target that loads under two patches ------------------------------------------ */

static int insert_target(void)
{
	return module_insert_bytes(image, image_size, "") ? errno : 0;
}

static void remove_target(void)
{
	CHECK_STR(late(), "2014 twins 10 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 0);
}

static void target_is_not_there(void)
{
	CHECK(!file_exists("/sys/module/" TARGET) && !file_exists("/proc/klp_late"));
	CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 0);
	CHECK_EQ(klp_read(PATCH2, TARGET "/patched"), 0);
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	CHECK_EQ(klp_read(PATCH2, "enabled"), 1);
	no_hook_is_left();
}

static void loading_a_target_without_memory_leaves_its_patches(void)
{
	static const struct operation op = { insert_target, remove_target, target_is_not_there };

	CHECK_EQ(insmod_args(PATCH, "twin=0"), 0);
	klp_wait(PATCH);
	CHECK_EQ(insmod(PATCH2), 0);
	klp_wait(PATCH2);
	use_image(TARGET);
	walk(&op, 15);
	klp_unload(PATCH2);
	klp_unload(PATCH);
}

/* ---- unloading a target needs no memory --------------------------------------------- */

static int remove_target_now(void)
{
	return rmmod(TARGET);
}

static void insert_target_again(void)
{
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
}

static void target_must_have_gone(void)
{
	CHECK_FAIL("unloading a patched module needs memory");
}

static void unloading_a_target_needs_no_memory(void)
{
	static const struct operation op = { remove_target_now, insert_target_again, target_must_have_gone };

	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insmod_args(PATCH, "twin=0"), 0);
	klp_wait(PATCH);
	walk(&op, 0);
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* ---- disabling ---------------------------------------------------------------------- */

static int enabled_file;

static int disable_patch(void)
{
	return pwrite(enabled_file, "0", 1, 0) == 1 ? 0 : errno;
}

static void open_patch(void)
{
	CHECK_EQ(insmod_args(PATCH, "twin=0"), 0);
	klp_wait(PATCH);
	enabled_file = open(KLP_SYSFS "/" PATCH "/enabled", O_WRONLY);
	CHECK(enabled_file >= 0);
}

static void enable_again(void)
{
	close(enabled_file);
	klp_wait_gone(PATCH);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(PATCH), 0);
	open_patch();
}

static void patch_is_still_enabled(void)
{
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	CHECK_EQ(klp_read(PATCH, "transition"), 0);
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
}

static void disabling_without_memory_happens_whole_or_not_at_all(void)
{
	static const struct operation op = { disable_patch, enable_again, patch_is_still_enabled };

	CHECK_EQ(insmod(TARGET), 0);
	open_patch();
	walk(&op, 0);
	close(enabled_file);
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
}

/* ---- replacing ---------------------------------------------------------------------- */

static int insert_replacement(void)
{
	return module_insert_bytes(image, image_size, "enable=2") ? errno : 0;
}

static void remove_replacement(void)
{
	klp_wait(SELF);
	klp_wait_gone(PATCH);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(PATCH), 0);
	klp_unload(SELF);
	CHECK_EQ(insmod_args(PATCH, "twin=0"), 0);
	klp_wait(PATCH);
}

static void replaced_patch_is_still_there(void)
{
	CHECK(!klp_exists(SELF) && !file_exists("/sys/module/" SELF));
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	CHECK_EQ(klp_read(PATCH, "stack_order"), 1);
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
}

/* The replacement also allocates its nops and the object that holds them. */
static void replacing_without_memory_leaves_the_old_patch(void)
{
	static const struct operation op = { insert_replacement, remove_replacement,
		replaced_patch_is_still_there };

	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(insmod_args(PATCH, "twin=0"), 0);
	klp_wait(PATCH);
	use_image(SELF);
	walk(&op, 30);
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
}

int main(void)
{
	TAP_TEST(enabling_without_memory_leaves_nothing);
	TAP_TEST(loading_a_target_without_memory_leaves_its_patches);
	TAP_TEST(unloading_a_target_needs_no_memory);
	TAP_TEST(disabling_without_memory_happens_whole_or_not_at_all);
	TAP_TEST(replacing_without_memory_leaves_the_old_patch);
	return tap_done();
}
