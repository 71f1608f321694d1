// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * livepatch.c - live patching as an administrator sees it: each test is a claim of docs/livepatch.md.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "klp.h"

#define SAMPLE		"livepatch_sample"
#define SAMPLE_KO	"livepatch-sample"
#define ORACLE		"klp_oracle"
#define PATCH		"klp_oracle_patch"

static pid_t start_child(void (*body)(void *), void *arg)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(0);
		body(arg);
		_exit(0);
	}
	return pid;
}

static void end_child(pid_t pid)
{
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}

/* A child that sleeps inside the old oracle_outer(); its read must succeed in the end. */
static void read_blocking(void *arg)
{
	char buf[64];
	int fd = open("/proc/oracle_block", O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof(buf)) <= 0)
		_exit(errno == EINTR ? 2 : 1);
}

static char task_letter(pid_t pid)
{
	char path[64], buf[512], *paren;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	slurp(path, buf, sizeof(buf));
	paren = strrchr(buf, ')');
	return paren ? paren[2] : '?';
}

static pid_t start_sleeper(void)
{
	pid_t pid = start_child(read_blocking, NULL);
	char path[64], stack[2048];

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	while (task_letter(pid) != 'S' || !strstr(slurp(path, stack, sizeof(stack)), "oracle_outer"))
		nap(500);
	return pid;
}

static void release_sleepers(void)
{
	char buf[32];

	slurp("/proc/oracle_release", buf, sizeof(buf));
}

static int wait_status(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the sample ------------------------------------------------------------------------ */

static void sample_changes_cmdline_and_gives_it_back(void)
{
	char original[4096], text[4096];

	slurp("/proc/cmdline", original, sizeof(original));
	CHECK(!strstr(original, "live patched"));
	for (int round = 0; round < 3; round++) {
		CHECK_EQ(insmod(SAMPLE_KO), 0);
		klp_wait(SAMPLE);
		CHECK_EQ(klp_read(SAMPLE, "enabled"), 1);
		CHECK_STR(slurp("/proc/cmdline", text, sizeof(text)), SAMPLE ": this has been live patched");
		klp_unload(SAMPLE);
		CHECK_STR(slurp("/proc/cmdline", text, sizeof(text)), original);
	}
}

static void log_of_enable_and_disable_has_the_lines_in_order(void)
{
	klp_log_clear();
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK_STR(klp_log_lines(),
		  "enabling patch 'livepatch_sample'\n"
		  "'livepatch_sample': initializing patching transition\n"
		  "'livepatch_sample': starting patching transition\n"
		  "'livepatch_sample': completing patching transition\n"
		  "'livepatch_sample': patching complete\n"
		  "'livepatch_sample': initializing unpatching transition\n"
		  "'livepatch_sample': starting unpatching transition\n"
		  "'livepatch_sample': completing unpatching transition\n"
		  "'livepatch_sample': unpatching complete\n");
}

static void files_have_the_documented_modes(void)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {
		{ "", S_IFDIR | 0755 }, { "enabled", S_IFREG | 0644 }, { "transition", S_IFREG | 0444 },
		{ "force", S_IFREG | 0200 }, { "signal", S_IFREG | 0200 }, { "replace", S_IFREG | 0444 },
		{ "stack_order", S_IFREG | 0444 }, { "blockers", S_IFREG | 0444 }, { "vmlinux", S_IFDIR | 0755 },
		{ "vmlinux/patched", S_IFREG | 0444 }, { "vmlinux/cmdline_proc_show,1", S_IFDIR | 0755 },
	};
	char path[192];
	struct stat st;

	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), KLP_SYSFS "/" SAMPLE "/%s", files[i].name);
		CHECK_EQ(stat(path, &st), 0);
		CHECK_EQ(st.st_mode, files[i].mode);
	}
	CHECK_EQ(klp_read(SAMPLE, "stack_order"), 1);
	CHECK_EQ(klp_read(SAMPLE, "replace"), 0);
	CHECK_EQ(klp_read(SAMPLE, "vmlinux/patched"), 1);
	klp_unload(SAMPLE);
}

static void wrong_writes_are_refused(void)
{
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(klp_write(SAMPLE, "enabled", "1"), EINVAL);
	CHECK_EQ(klp_write(SAMPLE, "enabled", "x"), EINVAL);
	CHECK_EQ(klp_write(SAMPLE, "signal", "1"), EINVAL);
	CHECK_EQ(klp_write(SAMPLE, "signal", "0"), 0);
	CHECK_EQ(klp_write(SAMPLE, "force", "1"), EINVAL);
	CHECK_EQ(klp_write(SAMPLE, "force", "0"), 0);
	klp_unload(SAMPLE);
}

static void enabled_patch_cannot_be_unloaded_or_loaded_twice(void)
{
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(rmmod(SAMPLE), EWOULDBLOCK);
	CHECK_EQ(insmod(SAMPLE_KO), EEXIST);
	klp_unload(SAMPLE);
}

static void patch_state_is_idle_outside_a_transition(void)
{
	CHECK_EQ(patch_state(1), -1);
	CHECK_EQ(patch_state(getpid()), -1);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(patch_state(1), -1);
	CHECK_EQ(patch_state(getpid()), -1);
	klp_unload(SAMPLE);
}

/* ---- a task that blocks ------------------------------------------------------------------- */

static void sleeper_in_a_patched_function_blocks_and_is_named(void)
{
	char blockers[4096], line[64];
	pid_t sleeper = start_sleeper();

	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	CHECK_EQ(patch_state(sleeper), 0);
	CHECK_EQ(patch_state(getpid()), 1);
	slurp(KLP_SYSFS "/" PATCH "/blockers", blockers, sizeof(blockers));
	snprintf(line, sizeof(line), "%d livepatch ", sleeper);
	CHECK(strstr(blockers, line) == blockers);
	CHECK(strstr(blockers, "asleep in oracle_outer+0x") != NULL);
	CHECK(strchr(blockers, '\n') == NULL);
	release_sleepers();
	klp_wait(PATCH);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_STR(slurp(KLP_SYSFS "/" PATCH "/blockers", blockers, sizeof(blockers)), "");
	klp_unload(PATCH);
}

static void signal_file_frees_a_sleeper_without_eintr(void)
{
	pid_t sleeper = start_sleeper();

	klp_log_clear();
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_write(PATCH, "signal", "1"), 0);
	klp_wait(PATCH);
	CHECK(strstr(klp_log_lines(), "signaling remaining tasks\n") != NULL);
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(PATCH);
}

static void automatic_signal_comes_after_its_period(void)
{
	pid_t sleeper = start_sleeper();

	klp_log_clear();
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "100"), 0);
	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	CHECK(strstr(klp_log_lines(), "signaling remaining tasks\n") != NULL);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "15000"), 0);
	klp_unload(PATCH);
}

static void reversal_completes_while_the_sleeper_stays_in_old_code(void)
{
	pid_t sleeper = start_sleeper();

	klp_log_clear();
	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	klp_wait_gone(PATCH);
	CHECK_EQ(task_letter(sleeper), 'S');
	CHECK_STR(klp_log_lines(),
		  "enabling patch 'klp_oracle_patch'\n"
		  "'klp_oracle_patch': initializing patching transition\n"
		  "'klp_oracle_patch': starting patching transition\n"
		  "'klp_oracle_patch': reversing transition from patching to unpatching\n"
		  "'klp_oracle_patch': starting unpatching transition\n"
		  "'klp_oracle_patch': completing unpatching transition\n"
		  "'klp_oracle_patch': unpatching complete\n");
	CHECK_EQ(rmmod(PATCH), 0);
	release_sleepers();
	CHECK_EQ(wait_status(sleeper), 0);
}

static void reversal_of_a_disable_keeps_the_patch(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod(PATCH), 0);
	klp_wait(PATCH);
	sleeper = start_sleeper();	/* in the new oracle_outer now */
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(klp_read(PATCH, "enabled"), 0);
	CHECK_EQ(patch_state(sleeper), 1);
	CHECK_EQ(klp_write(PATCH, "enabled", "1"), 0);
	klp_wait(PATCH);
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	release_sleepers();
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(PATCH);
}

static void second_patch_during_a_transition_is_busy(void)
{
	pid_t sleeper = start_sleeper();

	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(insmod(SAMPLE_KO), EBUSY);
	CHECK(!klp_exists(SAMPLE));
	release_sleepers();
	klp_wait(PATCH);
	CHECK_EQ(wait_status(sleeper), 0);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	CHECK_EQ(klp_read(SAMPLE, "stack_order"), 2);
	klp_unload(PATCH);
	CHECK_EQ(klp_read(SAMPLE, "stack_order"), 1);
	klp_unload(SAMPLE);
}

static void force_ends_a_transition_that_a_sleeper_blocks(void)
{
	pid_t sleeper = start_sleeper();

	CHECK_EQ(insmod(PATCH), 0);
	CHECK_EQ(klp_write(PATCH, "force", "1"), 0);
	klp_wait(PATCH);
	CHECK_EQ(klp_read(PATCH, "enabled"), 1);
	release_sleepers();
	CHECK_EQ(wait_status(sleeper), 0);
	klp_unload(PATCH);
}

static void sleep_long(void *arg)
{
	nap(1000000000);
}

/* Somebody returns into the module for ever, as far as we know: it stays, and so does its name. */
static void patch_that_was_disabled_by_force_is_never_unloaded(void)
{
	pid_t sleeper;
	char path[64], stack[2048], buf[32];

	CHECK_EQ(insmod("livepatch-blocked"), 0);
	klp_write("livepatch_blocked", "signal", "1");	/* for whoever sleeps at the moment */
	klp_wait("livepatch_blocked");
	sleeper = start_child(sleep_long, NULL);
	snprintf(path, sizeof(path), "/proc/%d/stack", sleeper);
	while (!strstr(slurp(path, stack, sizeof(stack)), "patched_sleep_until"))
		sched_yield();
	CHECK_EQ(klp_write("livepatch_blocked", "enabled", "0"), 0);
	CHECK_EQ(klp_read("livepatch_blocked", "transition"), 1);
	CHECK_EQ(klp_write("livepatch_blocked", "force", "1"), 0);
	while (klp_exists("livepatch_blocked"))
		sched_yield();
	CHECK_EQ(rmmod("livepatch_blocked"), EWOULDBLOCK);
	CHECK_STR(slurp("/sys/module/livepatch_blocked/refcnt", buf, sizeof(buf)), "1");
	end_child(sleeper);
	CHECK_EQ(rmmod("livepatch_blocked"), EWOULDBLOCK);
}

/* ---- tasks that never sleep ------------------------------------------------------------------ */

static void spin(void *arg)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

static void cpu_bound_tasks_switch_without_a_signal(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t spinners[64];

	CHECK(cpus <= 32);
	for (long i = 0; i < 2 * cpus; i++)
		spinners[i] = start_child(spin, NULL);
	klp_log_clear();
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK(strstr(klp_log_lines(), "signaling") == NULL);
	for (long i = 0; i < 2 * cpus; i++)
		end_child(spinners[i]);
}

static void stopped_task_does_not_block_a_patch_it_is_not_in(void)
{
	pid_t child = start_child(spin, NULL);

	CHECK_EQ(kill(child, SIGSTOP), 0);
	while (task_letter(child) != 'T')
		nap(500);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK_EQ(task_letter(child), 'T');
	end_child(child);
}

/* ---- the kernel must not have complained --------------------------------------------------------- */

static void nothing_was_warned_about(void)
{
	CHECK(strstr(klp_log(), "WARNING") == NULL);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
}

int main(void)
{
	TAP_TEST(sample_changes_cmdline_and_gives_it_back);
	TAP_TEST(log_of_enable_and_disable_has_the_lines_in_order);
	TAP_TEST(files_have_the_documented_modes);
	TAP_TEST(wrong_writes_are_refused);
	TAP_TEST(enabled_patch_cannot_be_unloaded_or_loaded_twice);
	TAP_TEST(patch_state_is_idle_outside_a_transition);
	TAP_TEST(cpu_bound_tasks_switch_without_a_signal);
	TAP_TEST(stopped_task_does_not_block_a_patch_it_is_not_in);
	if (insmod(ORACLE) == 0) {
		TAP_TEST(sleeper_in_a_patched_function_blocks_and_is_named);
		TAP_TEST(signal_file_frees_a_sleeper_without_eintr);
		TAP_TEST(automatic_signal_comes_after_its_period);
		TAP_TEST(reversal_completes_while_the_sleeper_stays_in_old_code);
		TAP_TEST(reversal_of_a_disable_keeps_the_patch);
		TAP_TEST(second_patch_during_a_transition_is_busy);
		TAP_TEST(force_ends_a_transition_that_a_sleeper_blocks);
		tap_result(rmmod(ORACLE) == 0, "target_module_unloads_after_all", "");
	} else {
		tap_result(0, "oracle_loads", "");
	}
	TAP_TEST(patch_that_was_disabled_by_force_is_never_unloaded);
	TAP_TEST(nothing_was_warned_about);
	return tap_done();
}
