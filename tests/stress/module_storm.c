/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module_storm.c - modules come and go while others look: loaders, unloaders and users of the
 * same names race, and readers walk /proc/modules, /proc/kallsyms, /sys/module and stacks all
 * the time. Each answer must be one that some order of the calls gives; at the end everything
 * must be gone.
 *
 * timeout: 300
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sys/mman.h>
#include <time.h>

#include "files.h"

#define SECONDS	20

struct shared {
	volatile int stop;
	unsigned long loads, unloads, reads;
};

static struct shared *shared;

static int one_of(int error, const int *allowed)
{
	for (; *allowed; allowed++) {
		if (error == *allowed)
			return 1;
	}
	return 0;
}

static void load_and_unload(unsigned int seed)
{
	static const char *const names[] = { "tm_provider", "tm_consumer", "tm_files", "tm_params",
		"tm_result" };
	static const int load_errors[] = { EEXIST, EBUSY, ENOENT, 0 };
	static const int unload_errors[] = { ENOENT, EWOULDBLOCK, EBUSY, 0 };

	srand(seed);
	while (!shared->stop) {
		const char *name = names[rand() % 5];

		if (rand() % 2) {
			if (module_insert(name, "") == 0)
				__atomic_add_fetch(&shared->loads, 1, __ATOMIC_RELAXED);
			else if (!one_of(errno, load_errors))
				CHECK_FAIL("load of %s: errno %d", name, errno);
		} else {
			if (module_delete(name) == 0)
				__atomic_add_fetch(&shared->unloads, 1, __ATOMIC_RELAXED);
			else if (!one_of(errno, unload_errors))
				CHECK_FAIL("unload of %s: errno %d", name, errno);
		}
	}
}

static void read_all(unsigned int seed)
{
	static const char *const files[] = { "/proc/modules", "/proc/kallsyms", "/proc/self/stack",
		"/proc/tm_files", "/sys/kernel/tm_files/value", "/sys/module/tm_params/parameters/number",
		"/sys/module/tm_provider/refcnt", "/sys/module/tm_provider/holders/tm_consumer/refcnt" };

	srand(seed);
	while (!shared->stop) {
		const char *text = file_text(files[rand() % 8]);

		if (!text && errno != ENOENT && errno != ENODEV)
			CHECK_FAIL("a file of a module: errno %d", errno);
		if (file_put_text("/sys/module/tm_params/parameters/number", "5") < 0 &&
		    errno != ENOENT && errno != ENODEV && errno != EACCES)
			CHECK_FAIL("a parameter: errno %d", errno);
		__atomic_add_fetch(&shared->reads, 1, __ATOMIC_RELAXED);
	}
}

static void modules_come_and_go_while_others_look(void)
{
	static const char *const names[] = { "tm_consumer", "tm_provider", "tm_files", "tm_params",
		"tm_result" };
	int status, workers = 6;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
	for (int i = 0; i < workers; i++) {
		if (fork() == 0) {
			if (i < 4)
				load_and_unload(tap_seed() + i);
			else
				read_all(tap_seed() + i);
			_exit(0);
		}
	}
	sleep(SECONDS);
	shared->stop = 1;
	while (workers-- > 0) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	for (int i = 0; i < 5; i++)
		CHECK(module_delete(names[i]) == 0 || errno == ENOENT);
	CHECK(strstr(file_text("/proc/modules"), "tm_") == NULL);
	printf("# %lu loads, %lu unloads, %lu reads\n", shared->loads, shared->unloads,
	       shared->reads);
	CHECK(shared->loads > 0 && shared->unloads > 0 && shared->reads > 0);
}

int main(void)
{
	TAP_TEST(modules_come_and_go_while_others_look);
	return tap_done();
}
