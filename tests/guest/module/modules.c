/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modules.c - loading and unloading of modules: modules that are accepted, and modules that are refused
 * with an errno and leave no trace. modules_damaged.c tests damaged files.
 *
 * timeout: 120
 * leaves: tm_permanent
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/klog.h>

#include "elfedit.h"
#include "meminfo.h"
#include "modules.h"

/* ---- life ---------------------------------------------------------------------------- */

static void module_loads_shows_itself_and_unloads(void)
{
	CHECK_EQ(module_insert("tm_result", ""), 0);
	CHECK(is_loaded("tm_result"));
	CHECK_STR(file_text("/sys/module/tm_result/initstate"), "live\n");
	CHECK_STR(file_text("/sys/module/tm_result/refcnt"), "0\n");
	CHECK(file_exists("/sys/module/tm_result/holders"));
	CHECK_ERR(module_insert("tm_result", ""), EEXIST);
	CHECK_EQ(module_delete("tm_result"), 0);
	CHECK(!is_loaded("tm_result"));
	CHECK(!file_exists("/sys/module/tm_result"));
	CHECK_ERR(module_delete("tm_result"), ENOENT);
}

static void module_loads_from_memory(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/lib/modules/tm_result.ko", &size);

	CHECK_EQ(module_insert_bytes(bytes, size, ""), 0);
	CHECK_EQ(module_delete("tm_result"), 0);
}

static void failing_init_leaves_nothing(void)
{
	CHECK_ERR(module_insert("tm_result", "result=-19"), ENODEV);
	CHECK(!is_loaded("tm_result"));
	CHECK(!file_exists("/sys/module/tm_result"));
	CHECK_EQ(module_insert("tm_result", ""), 0);
	CHECK_EQ(module_delete("tm_result"), 0);
}

static void positive_result_of_init_loads_with_a_complaint(void)
{
	log_clear();
	CHECK_EQ(module_insert("tm_result", "result=5"), 0);
	CHECK_EQ(log_count("suspiciously returned 5"), 1);
	CHECK_EQ(module_delete("tm_result"), 0);
}

static void module_without_exit_cannot_be_unloaded(void)
{
	if (!is_loaded("tm_permanent"))
		CHECK_EQ(module_insert("tm_permanent", ""), 0);
	CHECK_ERR(module_delete("tm_permanent"), EBUSY);
	CHECK(is_loaded("tm_permanent"));
	CHECK(strstr(file_text("/proc/modules"), "[permanent],") != NULL);
}

static void module_without_init_and_exit_comes_and_goes(void)
{
	CHECK_EQ(module_insert("tm_library", ""), 0);
	CHECK(is_loaded("tm_library"));
	CHECK_EQ(module_delete("tm_library"), 0);
	CHECK(!is_loaded("tm_library"));
}

static void addresses_of_a_module_have_names_while_it_is_there(void)
{
	CHECK_EQ(module_insert("tm_provider", ""), 0);
	CHECK(strstr(file_text("/proc/kallsyms"), " T tm_provider_add\t[tm_provider]") != NULL);
	CHECK(strstr(file_text("/proc/kallsyms"), " t tm_provider_init\t[tm_provider]") == NULL);
	CHECK_EQ(module_delete("tm_provider"), 0);
	CHECK(strstr(file_text("/proc/kallsyms"), "tm_provider") == NULL);
}

/* ---- symbols ---------------------------------------------------------------------------- */

static void user_of_an_export_holds_its_module(void)
{
	CHECK_ERR(module_insert("tm_consumer", ""), ENOENT);
	CHECK_EQ(module_insert("tm_provider", ""), 0);
	log_clear();
	CHECK_EQ(module_insert("tm_consumer", ""), 0);
	CHECK_EQ(log_count("tm_consumer: sum 42 calls 1 weak 0"), 1);
	CHECK_STR(file_text("/sys/module/tm_provider/refcnt"), "1\n");
	CHECK(file_exists("/sys/module/tm_provider/holders/tm_consumer"));
	CHECK(strstr(file_text("/proc/modules"), " 1 tm_consumer, Live ") != NULL);
	CHECK_ERR(module_delete("tm_provider"), EWOULDBLOCK);
	CHECK_EQ(module_delete("tm_consumer"), 0);
	CHECK(!file_exists("/sys/module/tm_provider/holders/tm_consumer"));
	CHECK_EQ(module_delete("tm_provider"), 0);
}

static void unknown_symbol_is_named_once(void)
{
	log_clear();
	CHECK_ERR(module_insert("tm_unresolved", ""), ENOENT);
	CHECK_EQ(log_count("tm_unresolved: Unknown symbol tm_symbol_of_nobody (err -2)"), 1);
	CHECK(!is_loaded("tm_unresolved"));
}

/* ---- parameters ---------------------------------------------------------------------------- */

static void parameters_are_set_shown_and_changed(void)
{
#define PARAM "/sys/module/tm_params/parameters/"
	CHECK_EQ(module_insert("tm_params", "number=-0x10 count=9 flag allowed=n text=\"two words\" "
			       "big=-5 ubig=18446744073709551615 small=-32768 tiny=255 "
			       "list=1,2,3 name=seven77 hidden=3"), 0);
	CHECK_STR(file_text(PARAM "number"), "-16\n");
	CHECK_STR(file_text(PARAM "count"), "9\n");
	CHECK_STR(file_text(PARAM "flag"), "Y\n");
	CHECK_STR(file_text(PARAM "allowed"), "N\n");
	CHECK_STR(file_text(PARAM "text"), "two words\n");
	CHECK_STR(file_text(PARAM "big"), "-5\n");
	CHECK_STR(file_text(PARAM "ubig"), "18446744073709551615\n");
	CHECK_STR(file_text(PARAM "small"), "-32768\n");
	CHECK_STR(file_text(PARAM "tiny"), "255\n");
	CHECK_STR(file_text(PARAM "list"), "1,2,3\n");
	CHECK_STR(file_text(PARAM "name"), "seven77\n");
	CHECK(!file_exists(PARAM "hidden"));
	CHECK_STR(file_text("/sys/module/tm_params/version"), "1.5\n");
	CHECK_EQ(file_put_text(PARAM "number", "77\n"), 0);
	CHECK_STR(file_text(PARAM "number"), "77\n");
	CHECK_ERR(file_put_text(PARAM "number", "seven\n"), EINVAL);
	CHECK_STR(file_text(PARAM "number"), "77\n");
	log_clear();
	CHECK_EQ(module_delete("tm_params"), 0);
	CHECK_EQ(log_count("tm_params: number=77 at exit"), 1);
}

static void bad_parameters_refuse_the_module(void)
{
	static const struct {
		const char *args;
		int error;
	} bad[] = {
		{ "number=ten", EINVAL }, { "number=99999999999", ERANGE }, { "number", EINVAL },
		{ "tiny=256", ERANGE }, { "flag=maybe", EINVAL }, { "list=1,2,3,4,5", EINVAL },
		{ "list=1,,2", EINVAL }, { "name=eightchr", ENOSPC }, { "small=40000", ERANGE },
		{ "count=-1", EINVAL }, { "list=99", EINVAL },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		if (module_insert("tm_params", bad[i].args) != -1 || errno != bad[i].error)
			CHECK_FAIL("\"%s\" gave errno %d, expected %d", bad[i].args, errno, bad[i].error);
		CHECK(!is_loaded("tm_params"));
	}
	log_clear();
	CHECK_EQ(module_insert("tm_params", "nonsense=1 number=3"), 0);
	CHECK_EQ(log_count("tm_params: unknown parameter 'nonsense' ignored"), 1);
	CHECK_STR(file_text(PARAM "number"), "3\n");
	CHECK_EQ(module_delete("tm_params"), 0);
}

/* ---- rights --------------------------------------------------------------------------------- */

static void only_the_superuser_loads_and_unloads(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/lib/modules/tm_result.ko", &size);
	int fd = open("/lib/modules/tm_result.ko", O_RDONLY);

	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(module_insert_bytes(bytes, size, ""), EPERM);
	CHECK_ERR(syscall(SYS_finit_module, fd, "", 0), EPERM);
	CHECK_ERR(module_delete("tm_result"), EPERM);
}

static void bad_arguments_have_their_errno(void)
{
	size_t size;
	unsigned char *bytes = file_bytes("/lib/modules/tm_result.ko", &size);
	int fds[2], fd = open("/lib/modules/tm_result.ko", O_RDONLY);

	CHECK_ERR(module_insert_bytes(bytes, 10, ""), ENOEXEC);
	CHECK_ERR(module_insert_bytes(NULL, size, ""), EFAULT);
	CHECK_ERR(module_insert_bytes(bytes, size, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_finit_module, 999, "", 0), EBADF);
	CHECK_ERR(syscall(SYS_finit_module, fd, "", 0x80), EINVAL);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERR(syscall(SYS_finit_module, fds[0], "", 0), EINVAL);
	CHECK_ERR(syscall(SYS_delete_module, NULL, O_NONBLOCK), EFAULT);
}

/* ---- what modules use --------------------------------------------------------------- */

static void api_of_modules_holds_its_promises(void)
{
	CHECK_EQ(module_insert("tm_api", ""), 0);
	CHECK_EQ(module_delete("tm_api"), 0);
}

static void module_files_work_and_vanish(void)
{
	char pid[32];

	CHECK_EQ(module_insert("tm_files", ""), 0);
	snprintf(pid, sizeof(pid), "%d\n", getpid());
	CHECK_STR(file_text("/sys/kernel/tm_files/reader"), pid);
	CHECK_ERR(file_put_text("/sys/kernel/tm_files/value", "x"), EINVAL);
	CHECK_EQ(file_put_text("/sys/kernel/tm_files/value", "42"), 0);
	CHECK_STR(file_text("/proc/tm_files"), "tm_files: 42\n");
	CHECK_EQ(module_delete("tm_files"), 0);
	CHECK(!file_exists("/sys/kernel/tm_files"));
	CHECK(!file_exists("/proc/tm_files"));
}

static void open_file_of_a_removed_module_answers_enodev(void)
{
	char buf[16];
	int fd;

	CHECK_EQ(module_insert("tm_files", ""), 0);
	fd = open("/proc/tm_files", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(module_delete("tm_files"), 0);
	CHECK_ERR(read(fd, buf, sizeof(buf)), ENODEV);
}

/*
 * In each load one allocation fails: the first, then the second, and so on, until a load has no failure.
 * A failed load returns ENOMEM and leaves nothing behind. Debug builds only.
 */
static long failed_allocations(int fd)
{
	char text[24] = "";

	CHECK(pread(fd, text, sizeof(text) - 1, 0) > 0);
	return atol(text);
}

static void load_without_memory(const char *name)
{
	char path[64], nth[16];
	long before;
	unsigned char *bytes;
	size_t size;
	int fd = open("/sys/kernel/debug/fail_nth", O_RDWR), failures = 0;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
	bytes = file_bytes(path, &size);
	CHECK(fd >= 0);
	before = failed_allocations(fd);
	for (int n = 1;; n++) {
		int ret, error;

		snprintf(nth, sizeof(nth), "%d", n);
		if (pwrite(fd, nth, strlen(nth), 0) < 0 && errno == EOPNOTSUPP)
			tap_skip("not a debug build");
		errno = 0;
		ret = module_insert_bytes(bytes, size, "");
		error = errno;
		/* If the load did not use up the failure, the write of "0" may meet the failure itself. */
		if (pwrite(fd, "0", 1, 0) < 0 || failed_allocations(fd) == before)
			break;
		before = failed_allocations(fd);
		failures++;
		if (ret == 0) {		/* the load succeeded without that allocation */
			CHECK_EQ(module_delete(name), 0);
			continue;
		}
		if (error != ENOMEM)
			CHECK_FAIL("%s: allocation %d: errno %d", name, n, error);
		CHECK(!is_loaded(name));
		snprintf(path, sizeof(path), "/sys/module/%s", name);
		CHECK(!file_exists(path));
	}
	CHECK(failures > 10);
	CHECK(is_loaded(name));
	CHECK_EQ(module_delete(name), 0);
}

static void load_without_memory_fails_cleanly(void)
{
	long before;

	load_without_memory("tm_params");
	load_without_memory("tm_files");
	before = meminfo("MemFree:");
	for (int i = 0; i < 4; i++)
		load_without_memory("tm_files");
	/* There are about 200 failures. If each left a page behind, 800 kB would be missing. */
	CHECK(meminfo("MemFree:") + 200 > before);
}

static void loads_and_refusals_leave_no_memory_behind(void)
{
	long before = 0;

	for (int i = 0; i < 120; i++) {
		if (i == 20)
			before = meminfo("MemFree:");
		CHECK_EQ(module_insert("tm_provider", ""), 0);
		CHECK_EQ(module_insert("tm_consumer", ""), 0);
		CHECK_EQ(module_delete("tm_consumer"), 0);
		CHECK_EQ(module_delete("tm_provider"), 0);
		CHECK_ERR(module_insert("tm_consumer", ""), ENOENT);
		CHECK_ERR(module_insert("tm_result", "result=-5"), EIO);
		CHECK_ERR(module_insert("tm_params", "text=abc number=x"), EINVAL);
	}
	/* There are 100 rounds. If each left a page behind, 400 kB would be missing. */
	CHECK(meminfo("MemFree:") + 200 > before);
}

static void interface_of_live_patches_is_complete(void)
{
	CHECK_ERR(module_insert("tm_livepatch_self", ""), ECANCELED);
	CHECK(!is_loaded("tm_livepatch_self"));
	CHECK_EQ(module_insert("tm_livepatch_self", "enable=1"), 0);
	CHECK_STR(file_text("/proc/version"), "tm_livepatch_self\n");
	while (strcmp(file_text("/sys/kernel/livepatch/tm_livepatch_self/transition"), "0\n") != 0)
		usleep(1000);
	CHECK_EQ(file_put_text("/sys/kernel/livepatch/tm_livepatch_self/enabled", "0"), 0);
	while (module_delete("tm_livepatch_self") != 0)
		usleep(1000);
	CHECK_EQ(strncmp(file_text("/proc/version"), "Linux version ", 14), 0);
}

static void live_patch_and_disabled_hooks_exclude_each_other(void)
{
#define FTRACE "/proc/sys/kernel/ftrace_enabled"
#define PATCH "/sys/kernel/livepatch/livepatch_sample/"
	CHECK_STR(file_text(FTRACE), "1\n");
	CHECK_EQ(file_put_text(FTRACE, "0"), 0);
	CHECK_ERR(module_insert("livepatch-sample", ""), EBUSY);
	CHECK(!is_loaded("livepatch_sample"));
	CHECK_EQ(file_put_text(FTRACE, "1"), 0);
	CHECK_EQ(module_insert("livepatch-sample", ""), 0);
	CHECK_ERR(file_put_text(FTRACE, "0"), EBUSY);
	CHECK_STR(file_text(FTRACE), "1\n");
	CHECK_ERR(module_delete("livepatch_sample"), EWOULDBLOCK);
	while (strcmp(file_text(PATCH "transition"), "0\n") != 0)
		usleep(1000);
	CHECK_EQ(strncmp(file_text("/sys/module/livepatch_sample/taint"), "K", 1), 0);
	CHECK(atol(file_text("/proc/sys/kernel/tainted")) & (1 << 15));
	CHECK_EQ(file_put_text(PATCH "enabled", "0"), 0);
	while (file_exists(PATCH "enabled") || module_delete("livepatch_sample") != 0)
		usleep(1000);
}

static void loading_at_the_same_time_loads_once(void)
{
	int loaded = 0, status;

	for (int i = 0; i < 4; i++) {
		if (fork() == 0)
			_exit(module_insert("tm_provider", "") == 0 ? 1 :
			      errno == EEXIST || errno == EBUSY ? 0 : 2);
	}
	for (int i = 0; i < 4; i++) {
		CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 2);
		loaded += WEXITSTATUS(status);
	}
	CHECK_EQ(loaded, 1);
	CHECK_EQ(module_delete("tm_provider"), 0);
}

int main(void)
{
	TAP_TEST(module_loads_shows_itself_and_unloads);
	TAP_TEST(module_loads_from_memory);
	TAP_TEST(failing_init_leaves_nothing);
	TAP_TEST(positive_result_of_init_loads_with_a_complaint);
	TAP_TEST(module_without_exit_cannot_be_unloaded);
	TAP_TEST(module_without_init_and_exit_comes_and_goes);
	TAP_TEST(addresses_of_a_module_have_names_while_it_is_there);
	TAP_TEST(user_of_an_export_holds_its_module);
	TAP_TEST(unknown_symbol_is_named_once);
	TAP_TEST(parameters_are_set_shown_and_changed);
	TAP_TEST(bad_parameters_refuse_the_module);
	TAP_TEST(only_the_superuser_loads_and_unloads);
	TAP_TEST(bad_arguments_have_their_errno);
	TAP_TEST(api_of_modules_holds_its_promises);
	TAP_TEST(module_files_work_and_vanish);
	TAP_TEST(open_file_of_a_removed_module_answers_enodev);
	TAP_TEST(load_without_memory_fails_cleanly);
	TAP_TEST(loads_and_refusals_leave_no_memory_behind);
	TAP_TEST(interface_of_live_patches_is_complete);
	TAP_TEST(live_patch_and_disabled_hooks_exclude_each_other);
	TAP_TEST(loading_at_the_same_time_loads_once);
	return tap_done();
}
