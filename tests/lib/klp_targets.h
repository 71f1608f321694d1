/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_targets.h - a storm for live patching: a patched module loads (or fails to load) and unloads all
 * the time, while two administrators enable, reverse, replace and disable patches of this module, and
 * sleepers keep the transitions open for a moment.  A guest suite runs it for seconds, a stress run for
 * minutes.
 *
 * Every result must be possible for some order of the calls.  The module always shows one complete
 * version.  At the end no patch and no module is left.
 */
#ifndef TESTS_KLP_TARGETS_H
#define TESTS_KLP_TARGETS_H

#include <sys/mman.h>
#include <sys/prctl.h>
#include "files.h"
#include "klp.h"
#include "klp_text.h"

#define TARGET	"klp_late"
#define BUSY	"klp_oracle"

struct targets_shared {
	/* administrators and the loader remove their patches and modules, and end */
	volatile int stop;
	volatile int calm;		/* after stop: the other processes end */
	unsigned long loads, refused, enabled, busy, turned, reads;
};

static struct targets_shared *shared;

#define COUNT(what)	__atomic_add_fetch(&shared->what, 1, __ATOMIC_RELAXED)

static inline int one_of(int error, const int *allowed)
{
	while (*allowed && *allowed != error)
		allowed++;
	return *allowed || !error;
}

/* Checks that the module shows one complete version, or is not loaded. */
static inline void check_target(void)
{
	static const char *const versions[] = { "7", "1014", "2014" };
	char text[128], expected[128];

	if (!slurp("/proc/klp_late", text, sizeof(text))[0])
		return;
	COUNT(reads);
	for (int i = 0; i < 3; i++) {
		snprintf(expected, sizeof(expected), "%s twins 1 2 helper 14", versions[i]);
		if (strcmp(text, expected) == 0)
			return;
	}
	CHECK_FAIL("the target shows %s", text);
}

static inline void load_targets(uint32_t seed)
{
	while (!shared->stop) {
		if (prng(&seed) % 4 == 0) {
			CHECK_EQ(insmod_args(TARGET, "result=-5"), EIO);
			COUNT(refused);
			continue;
		}
		CHECK_EQ(insmod(TARGET), 0);
		COUNT(loads);
		for (int i = prng(&seed) % 3; i > 0; i--)
			check_target();
		CHECK_EQ(rmmod(TARGET), 0);
	}
}

static inline void disable_and_unload(const char *patch)
{
	static const int writes[] = { EINVAL, EBUSY, ENOENT, ENODEV, EACCES, 0 };

	int error;

	while (klp_exists(patch)) {
		error = klp_write(patch, "enabled", "0");
		if (!one_of(error, writes))
			CHECK_FAIL("disabling %s: errno %d", patch, error);
		nap(1000);
	}
	/* The directory disappears before the reference, which a work item still has to drop. */
	while ((error = rmmod(patch))) {
		CHECK_EQ(error, EWOULDBLOCK);
		nap(500);
	}
}

static inline void administrate(const char *patch, uint32_t seed)
{
	static const int writes[] = { EINVAL, EBUSY, ENOENT, ENODEV, EACCES, 0 };

	while (!shared->stop) {
		int error = insmod_args(patch, prng(&seed) % 3 ? "" : "replace=1");

		if (error) {
			CHECK_EQ(error, EBUSY);
			COUNT(busy);
			nap(prng(&seed) % 2000);
			continue;
		}
		COUNT(enabled);
		for (int i = prng(&seed) % 4; i > 0; i--) {
			nap(prng(&seed) % 3000);
			error = klp_write(patch, "enabled", prng(&seed) % 2 ? "1" : "0");
			if (!one_of(error, writes))
				CHECK_FAIL("turning %s: errno %d", patch, error);
			if (!error)
				COUNT(turned);
		}
		disable_and_unload(patch);
	}
}

static inline void sleep_in_patched_code(void)
{
	char text[64];

	for (;;)
		slurp("/proc/oracle_block", text, sizeof(text));
}

static inline void release_and_look(uint32_t seed)
{
	static const char *const files[] = { KLP_SYSFS "/klp_late_patch/blockers",
		KLP_SYSFS "/klp_late_patch/" TARGET "/patched", KLP_SYSFS "/klp_late_patch2/stack_order",
		KLP_SYSFS "/klp_late_patch2/blockers", "/proc/modules", "/proc/self/patch_state" };
	char text[8192];

	while (!shared->calm) {
		nap(prng(&seed) % 4000);
		slurp("/proc/oracle_release", text, sizeof(text));
		slurp(files[prng(&seed) % 6], text, sizeof(text));
		check_target();
	}
}

static inline void klp_targets_storm(unsigned int seconds)
{
	enum { LOADER, ADMIN, ADMIN2, RELEASER, SLEEPER, SLEEPER2, WORKERS };
	char before[64], after[64];
	pid_t workers[WORKERS];
	int status;

	klp_text_hash("", before, sizeof(before));
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	CHECK_EQ(insmod(BUSY), 0);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		CHECK(workers[i] >= 0);
		if (workers[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (i == LOADER)
			load_targets(tap_seed() + i + 1);
		else if (i == ADMIN || i == ADMIN2)
			administrate(i == ADMIN ? "klp_late_patch" : "klp_late_patch2", tap_seed() + i + 1);
		else if (i == RELEASER)
			release_and_look(tap_seed() + i + 1);
		else
			sleep_in_patched_code();
		_exit(0);
	}
	sleep(seconds);
	shared->stop = 1;
	for (int i = 0; i < WORKERS; i++) {
		if (i == RELEASER) {	/* the releaser wakes the sleepers, so it ends last */
			shared->calm = 1;
			for (int k = SLEEPER; k < WORKERS; k++)
				kill(workers[k], SIGKILL);
		}
		CHECK_EQ(waitpid(workers[i], &status, 0), workers[i]);
		CHECK_EQ(status, i < SLEEPER ? 0 : SIGKILL);
	}
	printf("# %lu loads, %lu failed loads, %lu patches enabled, %lu busy, %lu reversed, %lu reads\n", shared->loads,
	       shared->refused, shared->enabled, shared->busy, shared->turned, shared->reads);
	CHECK(shared->loads && shared->refused && shared->enabled && shared->reads);
	CHECK_EQ(insmod(TARGET), 0);
	check_target();
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(rmmod(BUSY), 0);
	klp_text_hash("", after, sizeof(after));
	CHECK_STR(after, before);
}

#endif
