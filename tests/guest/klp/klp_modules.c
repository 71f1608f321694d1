/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_modules.c - patched modules are loaded and unloaded before, during and after transitions:
 * with callbacks, with several patches, with a replace, and with each failure of a load. The log
 * is compared word for word.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include "files.h"
#include "elfedit.h"
#include "asleep.h"
#include "klp.h"
#include "klp_text.h"

#define TARGET	"klp_late"
#define BUSY	"klp_oracle"
#define PATCH	"klp_late_patch"
#define PATCH2	"klp_late_patch2"
#define SELF	"tm_livepatch_self"

static const char *late(void)
{
	static char text[128];

	return slurp("/proc/klp_late", text, sizeof(text));
}

/* The lines that live patching, the target and its patches wrote since klp_log_clear(). */
static const char *late_log(void)
{
	static char lines[16384];
	const char *at = klp_log();
	size_t n = 0;

	while (at && *at) {
		const char *end = strchr(at, '\n'), *text = strstr(at, "] ");
		size_t length;

		end = end ? end : at + strlen(at);
		text = text && text < end ? text + 2 : at;
		if (!strncmp(text, "livepatch: ", 11))
			text += 11;
		else if (strncmp(text, "klp_late", 8))
			text = NULL;
		length = text ? end - text : 0;
		if (text && n + length + 2 < sizeof(lines)) {
			memcpy(lines + n, text, length);
			n += length;
			lines[n++] = '\n';
		}
		at = *end ? end + 1 : NULL;
	}
	lines[n] = 0;
	return lines;
}

#define LOG_IS(expected) do {							\
	const char *_log = late_log();						\
	if (strcmp(_log, expected) != 0)					\
		CHECK_FAIL("expected log:\n%sactual log:\n%s", expected, _log);	\
	klp_log_clear();							\
} while (0)

static void enable(const char *patch, const char *args)
{
	CHECK_EQ(insmod_args(patch, args), 0);
	klp_wait(patch);
	klp_log_clear();
}

/* ---- loaded and unloaded under patches ------------------------------------------------------- */

static void late_module_gets_all_patches_in_enabling_order(void)
{
	enable(PATCH, "");
	enable(PATCH2, "");
	CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 0);
	CHECK_EQ(insmod(TARGET), 0);
	LOG_IS("applying patch 'klp_late_patch' to loading module 'klp_late'\n"
	       "klp_late_patch: pre_patch klp_late (coming)\n"
	       "klp_late_patch: post_patch klp_late (coming)\n"
	       "applying patch 'klp_late_patch2' to loading module 'klp_late'\n"
	       "klp_late_patch2: pre_patch klp_late (coming)\n"
	       "klp_late_patch2: post_patch klp_late (coming)\n"
	       "klp_late: init sees 2014\n");
	CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 1);
	CHECK_EQ(klp_read(PATCH2, TARGET "/patched"), 1);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	klp_unload(PATCH2);
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	enable(PATCH2, "");
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	LOG_IS("klp_late: exit\n"
	       "klp_late_patch: pre_unpatch klp_late (going)\n"
	       "reverting patch 'klp_late_patch' on unloading module 'klp_late'\n"
	       "klp_late_patch: post_unpatch klp_late (going)\n"
	       "klp_late_patch2: pre_unpatch klp_late (going)\n"
	       "reverting patch 'klp_late_patch2' on unloading module 'klp_late'\n"
	       "klp_late_patch2: post_unpatch klp_late (going)\n");
	CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 0);
	CHECK_EQ(klp_read(PATCH2, TARGET "/patched"), 0);
	klp_unload(PATCH);
	klp_unload(PATCH2);
}

/* The later patch refuses the module. The earlier patch is taken off the module, which can be loaded again later. */
static void refusal_takes_earlier_patches_off_again(void)
{
	enable(PATCH, "");
	enable(PATCH2, "pre=-19");
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(insmod(TARGET), ENODEV);
		LOG_IS("applying patch 'klp_late_patch' to loading module 'klp_late'\n"
		       "klp_late_patch: pre_patch klp_late (coming)\n"
		       "klp_late_patch: post_patch klp_late (coming)\n"
		       "applying patch 'klp_late_patch2' to loading module 'klp_late'\n"
		       "klp_late_patch2: pre_patch klp_late (coming)\n"
		       "pre-patch callback failed for object 'klp_late'\n"
		       "patch 'klp_late_patch2' failed for module 'klp_late', refusing to load module 'klp_late'\n"
		       "klp_late_patch: pre_unpatch klp_late (coming)\n"
		       "reverting patch 'klp_late_patch' on unloading module 'klp_late'\n"
		       "klp_late_patch: post_unpatch klp_late (coming)\n");
		CHECK(!file_exists("/sys/module/" TARGET));
		CHECK_EQ(klp_read(PATCH, TARGET "/patched"), 0);
		CHECK_EQ(klp_read(PATCH2, TARGET "/patched"), 0);
	}
	CHECK_EQ(spit("/sys/module/" PATCH2 "/parameters/pre", "0"), 0);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	klp_unload(PATCH2);
	klp_unload(PATCH);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
}

static void failing_init_is_unpatched_before_it_is_freed(void)
{
	enable(PATCH, "");
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(insmod_args(TARGET, "result=-5"), EIO);
		LOG_IS("applying patch 'klp_late_patch' to loading module 'klp_late'\n"
		       "klp_late_patch: pre_patch klp_late (coming)\n"
		       "klp_late_patch: post_patch klp_late (coming)\n"
		       "klp_late: init sees 1014\n"
		       "klp_late_patch: pre_unpatch klp_late (going)\n"
		       "reverting patch 'klp_late_patch' on unloading module 'klp_late'\n"
		       "klp_late_patch: post_unpatch klp_late (going)\n");
		CHECK_EQ(insmod_args(TARGET, "result=x"), EINVAL);
		klp_log_clear();
	}
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(rmmod(TARGET), 0);
	klp_unload(PATCH);
}

/* With this name the functions of the module would count as functions of the kernel. */
static void module_called_vmlinux_is_refused(void)
{
	size_t size;
	unsigned char *bytes = file_bytes(MODULE_DIR "/" TARGET ".ko", &size);
	Elf64_Shdr *section = section_named(bytes, ".gnu.linkonce.this_module");
	char *info = memmem(bytes, size, "name=" TARGET, 14);

	CHECK(info != NULL);
	memcpy(info + 5, "vmlinux", 8);
	info = memmem(bytes + section->sh_offset, section->sh_size, TARGET, sizeof(TARGET));
	CHECK(info != NULL);
	memcpy(info, "vmlinux", 8);
	seal_again(bytes, size);
	klp_log_clear();
	CHECK_EQ(module_insert_bytes(bytes, size, ""), -1);
	CHECK_EQ(errno, EINVAL);
	LOG_IS("vmlinux.ko: invalid module name\n");
	free(bytes);
}

/* ---- references ------------------------------------------------------------------------------ */

static long refcnt(const char *module)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	return atol(slurp(path, text, sizeof(text)));
}

static int rmmod_flags(const char *name, int flags)
{
	return syscall(SYS_delete_module, name, flags) ? errno : 0;
}

static void patch_holds_itself_and_never_its_target(void)
{
	CHECK_EQ(insmod(TARGET), 0);
	enable(PATCH, "");
	CHECK_EQ(refcnt(PATCH), 1);
	CHECK_EQ(refcnt(TARGET), 0);
	klp_log_clear();
	CHECK_EQ(rmmod_flags(PATCH, O_NONBLOCK), EWOULDBLOCK);
	CHECK(strstr(klp_log(), "module " PATCH " is in use: its patch is enabled; write 0 to " KLP_SYSFS "/" PATCH
		     "/enabled"));
	CHECK_EQ(rmmod_flags(PATCH, 0), EWOULDBLOCK);
	CHECK_EQ(rmmod_flags(PATCH, O_NONBLOCK | O_TRUNC), EWOULDBLOCK);	/* rmmod -f */
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	klp_wait_gone(PATCH);
	CHECK_EQ(refcnt(PATCH), 0);
	CHECK_EQ(rmmod(PATCH), 0);
	CHECK_EQ(rmmod(PATCH), ENOENT);
}

static void replaced_patch_lets_its_module_go(void)
{
	CHECK_EQ(insmod(TARGET), 0);
	enable(PATCH, "twin=0");
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
	enable(PATCH2, "replace=1");
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	klp_wait_gone(PATCH);
	CHECK_EQ(insmod(PATCH), EEXIST);
	CHECK_EQ(rmmod(PATCH), 0);
	CHECK_EQ(refcnt(PATCH2), 1);
	/* The older patch now replaces the newer one. */
	enable(PATCH, "twin=0 replace=1");
	klp_wait_gone(PATCH2);
	CHECK_EQ(rmmod(PATCH2), 0);
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
	klp_unload(PATCH);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
}

/* ---- while a transition is held open by a task in oracle_outer() -------------------- */

static void wait_asleep_in(pid_t pid, const char *function)
{
	char path[64], stack[2048];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	do
		wait_asleep(pid);
	while (!strstr(slurp(path, stack, sizeof(stack)), function));
}

static pid_t start_sleeper(const char *function)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		char text[64];

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(slurp("/proc/oracle_block", text, sizeof(text))[0] ? 0 : 1);
	}
	wait_asleep_in(pid, function);
	return pid;
}

static void release_sleeper(pid_t pid)
{
	char text[32];
	int status;

	slurp("/proc/oracle_release", text, sizeof(text));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void module_comes_and_goes_while_its_patch_is_enabling(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(BUSY), 0);
	sleeper = start_sleeper("oracle_outer");
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	klp_log_clear();
	CHECK_EQ(insmod(TARGET), 0);
	/* A task that has changed over runs the new version from the first call on. */
	LOG_IS("applying patch 'klp_late_patch' to loading module 'klp_late'\n"
	       "klp_late_patch: pre_patch klp_late (coming)\n"
	       "klp_late: init sees 1014\n");
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	LOG_IS("klp_late: exit\n"
	       "reverting patch 'klp_late_patch' on unloading module 'klp_late'\n"
	       "klp_late_patch: post_unpatch klp_late (going)\n");
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	klp_log_clear();
	release_sleeper(sleeper);
	klp_wait(PATCH);
	LOG_IS("'klp_late_patch': completing patching transition\n"
	       "klp_late_patch: post_patch vmlinux (kernel)\n"
	       "klp_late_patch: post_patch klp_late (live)\n"
	       "klp_late_patch: post_patch klp_oracle (live)\n"
	       "'klp_late_patch': patching complete\n");
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(rmmod(BUSY), 0);
}

/* ---- rmmod -w: immediately after "echo 0" ------------------------------------------- */

static void on_signal(int sig)
{
}

/* A child that waits in delete_module(), and exits with the errno of that call. */
static pid_t start_remover(const char *module)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_signal }, NULL);
		_exit(rmmod_flags(module, 0));
	}
	wait_asleep_in(pid, "delete_module");
	return pid;
}

static int remover_result(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void removal_waits_for_a_patch_that_is_disabled(void)
{
	pid_t sleeper, remover;

	for (int i = 0; i < 20; i++) {
		enable(PATCH, "");
		CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
		CHECK_EQ(rmmod_flags(PATCH, 0), 0);
		CHECK(!klp_exists(PATCH) && !file_exists("/sys/module/" PATCH));
	}
	CHECK_EQ(insmod(BUSY), 0);
	enable(PATCH, "");
	sleeper = start_sleeper("late_oracle_outer");
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	CHECK_EQ(rmmod(PATCH), EWOULDBLOCK);
	remover = start_remover(PATCH);
	/* A signal ends the wait and changes nothing. */
	CHECK_EQ(kill(remover, SIGUSR1), 0);
	CHECK_EQ(remover_result(remover), EINTR);
	/* The disable is reversed, so the patch stays. */
	remover = start_remover(PATCH);
	CHECK_EQ(klp_write(PATCH, "enabled", "1"), 0);
	CHECK_EQ(remover_result(remover), EWOULDBLOCK);
	klp_wait(PATCH);
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	remover = start_remover(PATCH);
	release_sleeper(sleeper);
	CHECK_EQ(remover_result(remover), 0);
	CHECK(!klp_exists(PATCH) && !file_exists("/sys/module/" PATCH));
	CHECK_EQ(rmmod(BUSY), 0);
}

static void module_comes_while_its_patch_is_disabling(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(BUSY), 0);
	enable(PATCH, "");
	sleeper = start_sleeper("late_oracle_outer");
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	klp_log_clear();
	CHECK_EQ(insmod(TARGET), 0);
	LOG_IS("applying patch 'klp_late_patch' to loading module 'klp_late'\n"
	       "klp_late_patch: pre_patch klp_late (coming)\n"
	       "klp_late: init sees 7\n");
	release_sleeper(sleeper);
	klp_wait_gone(PATCH);
	LOG_IS("'klp_late_patch': completing unpatching transition\n"
	       "klp_late_patch: post_unpatch vmlinux (kernel)\n"
	       "klp_late_patch: post_unpatch klp_late (live)\n"
	       "klp_late_patch: post_unpatch klp_oracle (live)\n"
	       "'klp_late_patch': unpatching complete\n");
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(PATCH), 0);
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(rmmod(BUSY), 0);
}

static void disable_that_is_turned_round_keeps_the_late_module_patched(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(BUSY), 0);
	enable(PATCH, "");
	sleeper = start_sleeper("late_oracle_outer");
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	klp_log_clear();
	CHECK_EQ(klp_write(PATCH, "enabled", "1"), 0);
	klp_wait(PATCH);
	LOG_IS("'klp_late_patch': reversing transition from unpatching to patching\n"
	       "'klp_late_patch': starting patching transition\n"
	       "'klp_late_patch': completing patching transition\n"
	       "klp_late_patch: post_patch vmlinux (kernel)\n"
	       "klp_late_patch: post_patch klp_late (live)\n"
	       "klp_late_patch: post_patch klp_oracle (live)\n"
	       "'klp_late_patch': patching complete\n");
	CHECK_STR(late(), "1014 twins 1 2 helper 14");
	release_sleeper(sleeper);
	klp_unload(PATCH);
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(rmmod(BUSY), 0);
}

/* The replacement does not patch late_twin_1. It needs a nop for that function as soon as the module is loaded. */
static void module_that_comes_during_a_replace_gets_the_nops(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(BUSY), 0);
	enable(PATCH, "twin=0");
	sleeper = start_sleeper("late_oracle_outer");
	CHECK_EQ(insmod_args(PATCH2, "replace=1"), 0);
	CHECK_EQ(klp_read(PATCH2, "transition"), 1);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	/* The target is unloaded and loaded again, and then the transition is reversed. */
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	CHECK_EQ(klp_write(PATCH2, "enabled", "0"), 0);
	klp_wait_gone(PATCH2);
	CHECK_STR(late(), "1014 twins 10 2 helper 14");
	CHECK_EQ(rmmod(PATCH2), 0);
	/* The replace is started again, and this time completes. */
	CHECK_EQ(insmod_args(PATCH2, "replace=1"), 0);
	CHECK_EQ(klp_read(PATCH2, "transition"), 1);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	release_sleeper(sleeper);
	klp_wait_gone(PATCH);
	CHECK_EQ(rmmod(PATCH), 0);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "2014 twins 1 2 helper 14");
	klp_unload(PATCH2);
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(rmmod(BUSY), 0);
}

/* The replacement does not list the target. The core adds an object of the target for the nops. */
static void object_made_for_nops_follows_its_module(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(BUSY), 0);
	enable(PATCH, "twin=0");
	sleeper = start_sleeper("late_oracle_outer");
	CHECK_EQ(insmod_args(SELF, "enable=2"), 0);
	CHECK_EQ(klp_read(SELF, "transition"), 1);
	CHECK_EQ(klp_read(SELF, TARGET "/patched"), 0);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_EQ(klp_read(SELF, TARGET "/patched"), 1);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(klp_read(SELF, TARGET "/patched"), 0);
	CHECK_EQ(insmod(TARGET), 0);
	release_sleeper(sleeper);
	klp_wait_gone(PATCH);
	CHECK_EQ(klp_read(SELF, TARGET "/patched"), -1);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	CHECK_EQ(rmmod(PATCH), 0);
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(insmod(TARGET), 0);
	CHECK_STR(late(), "7 twins 1 2 helper 14");
	klp_unload(SELF);
	CHECK_EQ(rmmod(TARGET), 0);
	CHECK_EQ(rmmod(BUSY), 0);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(late_module_gets_all_patches_in_enabling_order);
	TAP_TEST(refusal_takes_earlier_patches_off_again);
	TAP_TEST(failing_init_is_unpatched_before_it_is_freed);
	TAP_TEST(module_called_vmlinux_is_refused);
	TAP_TEST(patch_holds_itself_and_never_its_target);
	TAP_TEST(replaced_patch_lets_its_module_go);
	TAP_TEST(removal_waits_for_a_patch_that_is_disabled);
	TAP_TEST(module_comes_and_goes_while_its_patch_is_enabling);
	TAP_TEST(module_comes_while_its_patch_is_disabling);
	TAP_TEST(disable_that_is_turned_round_keeps_the_late_module_patched);
	TAP_TEST(module_that_comes_during_a_replace_gets_the_nops);
	TAP_TEST(object_made_for_nops_follows_its_module);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
