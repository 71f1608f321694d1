/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_files.c - every file below /sys/kernel/livepatch: its mode, owner and content in each phase of
 * a patch's life, and the errno of each kind of write.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_story.h"
#include "klp_task.h"
#include "klp_text.h"

#define ANY	"klp_any"
#define ANY2	"klp_any2"
#define DIR_OF(patch)	KLP_SYSFS "/" patch "/"
#define BLOCK	"objs=klp_target:target_block,target_alpha;vmlinux:version_proc_show wait=1"

static const char *contents(const char *path)
{
	static char text[8192];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	return n < 0 ? "(unreadable)" : text;
}

/* Compares the files `enabled` and `transition` of klp_any; "1 0" means active. */
static void phase_is(const char *expected)
{
	char text[16];

	snprintf(text, sizeof(text), "%d %d", klp_read(ANY, "enabled"), klp_read(ANY, "transition"));
	CHECK_STR(text, expected);
}

static void load(const char *patch, const char *args)
{
	CHECK_EQ(insmod_args(patch, args), 0);
	klp_wait(patch);
}

/* ---- what is there ------------------------------------------------------------------ */

static const struct {
	const char *name;
	mode_t mode;
	const char *text;	/* while the patch is active */
} nodes[] = {
	{ "", S_IFDIR | 0755, NULL },
	{ "enabled", S_IFREG | 0644, "1\n" },
	{ "transition", S_IFREG | 0444, "0\n" },
	{ "force", S_IFREG | 0200, "(unreadable)" },
	{ "signal", S_IFREG | 0200, "(unreadable)" },
	{ "replace", S_IFREG | 0444, "0\n" },
	{ "stack_order", S_IFREG | 0444, "1\n" },
	{ "blockers", S_IFREG | 0444, "" },
	{ "vmlinux", S_IFDIR | 0755, NULL },
	{ "vmlinux/patched", S_IFREG | 0444, "1\n" },
	{ "vmlinux/version_proc_show,1", S_IFDIR | 0755, NULL },
	{ "klp_target", S_IFDIR | 0755, NULL },
	{ "klp_target/patched", S_IFREG | 0444, "0\n" },	/* not loaded */
	{ "klp_target/target_alpha,1", S_IFDIR | 0755, NULL },
	{ "klp_target/target_beta,2", S_IFDIR | 0755, NULL },
};

static void each_node_has_its_mode_owner_and_content(void)
{
	char path[192];
	struct stat st;

	CHECK_EQ(stat(KLP_SYSFS, &st), 0);
	CHECK_EQ(st.st_mode, S_IFDIR | 0755);
	load(ANY, "objs=vmlinux:version_proc_show;klp_target:target_alpha,target_beta/2");
	for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(path, sizeof(path), DIR_OF(ANY) "%s", nodes[i].name);
		CHECK_EQ(stat(path, &st), 0);
		CHECK_EQ(st.st_mode, nodes[i].mode);
		CHECK_EQ(st.st_uid, 0);
		CHECK_EQ(st.st_gid, 0);
		if (nodes[i].text)
			CHECK_STR(contents(path), nodes[i].text);
	}
	klp_unload(ANY);
	CHECK_EQ(stat(DIR_OF(ANY), &st), -1);
}

static int entries_below(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int n = 0;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void there_is_nothing_else(void)
{
	load(ANY, "objs=vmlinux:version_proc_show;klp_target:target_alpha,target_beta/2");
	CHECK_EQ(entries_below(DIR_OF(ANY)), 7 + 2);
	CHECK_EQ(entries_below(DIR_OF(ANY) "vmlinux"), 2);
	CHECK_EQ(entries_below(DIR_OF(ANY) "klp_target"), 3);
	CHECK_EQ(entries_below(DIR_OF(ANY) "klp_target/target_beta,2"), 0);
	klp_unload(ANY);
}

/* ---- phases ------------------------------------------------------------------------- */

static void enabled_and_transition_tell_the_phase(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod("klp_target"), 0);
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	phase_is("1 1");
	end_child(sleeper);
	klp_wait(ANY);
	phase_is("1 0");
	sleeper = start_reader("/proc/klp_target_block", "any_new_block");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	phase_is("0 1");
	/* A second write reverses the reversal: the patch is enabled again. */
	CHECK_EQ(klp_write(ANY, "enabled", "1"), 0);
	klp_wait(ANY);
	phase_is("1 0");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	phase_is("0 1");
	end_child(sleeper);
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void patched_follows_its_object(void)
{
	load(ANY, "objs=klp_target:target_alpha");
	for (int round = 0; round < 2; round++) {
		CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
		CHECK_EQ(insmod("klp_target"), 0);
		CHECK_EQ(klp_read(ANY, "klp_target/patched"), 1);
		CHECK_EQ(rmmod("klp_target"), 0);
	}
	CHECK_EQ(klp_read(ANY, "klp_target/patched"), 0);
	klp_unload(ANY);
}

static void stack_order_counts_from_the_oldest(void)
{
	load(ANY, "objs=vmlinux:version_proc_show");
	load(ANY2, "objs=vmlinux:version_proc_show");
	load("klp_any3", "objs=vmlinux:version_proc_show");
	CHECK_EQ(klp_read(ANY, "stack_order"), 1);
	CHECK_EQ(klp_read(ANY2, "stack_order"), 2);
	CHECK_EQ(klp_read("klp_any3", "stack_order"), 3);
	klp_unload(ANY2);
	CHECK_EQ(klp_read(ANY, "stack_order"), 1);
	CHECK_EQ(klp_read("klp_any3", "stack_order"), 2);
	klp_unload(ANY);
	CHECK_EQ(klp_read("klp_any3", "stack_order"), 1);
	klp_unload("klp_any3");
}

static void replace_shows_what_the_patch_asked_for(void)
{
	load(ANY, "objs=vmlinux:version_proc_show replace=1");
	CHECK_STR(contents(DIR_OF(ANY) "replace"), "1\n");
	klp_unload(ANY);
}

/* ---- writing ------------------------------------------------------------------------ */

static const char *const trues[] = { "1", "1\n", "y", "Y", "yes", "t", "T", "true\n", "on", "ON", "On\n", "1abc" };
static const char *const falses[] = { "0", "0\n", "n", "N", "no", "f", "F", "false", "off", "OFF", "oF\n", "0x" };
static const char *const neither[] = { "2", "x", "-1", "o", "\n", " 1", "enable" };

/* Without a transition, `force` refuses a true value and accepts a false value. */
static void booleans_are_recognised_by_their_first_letters(void)
{
	load(ANY, "objs=vmlinux:version_proc_show");
	for (unsigned i = 0; i < sizeof(falses) / sizeof(falses[0]); i++) {
		CHECK_EQ(klp_write(ANY, "force", falses[i]), 0);
		CHECK_EQ(klp_write(ANY, "signal", falses[i]), 0);
	}
	for (unsigned i = 0; i < sizeof(neither) / sizeof(neither[0]); i++)
		CHECK_EQ(klp_write(ANY, "enabled", neither[i]), EINVAL);
	for (unsigned i = 0; i < sizeof(trues) / sizeof(trues[0]); i++) {
		CHECK_EQ(klp_write(ANY, "force", trues[i]), EINVAL);
		CHECK_EQ(klp_write(ANY, "enabled", trues[i]), EINVAL);
	}
	phase_is("1 0");
	CHECK_EQ(klp_write(ANY, "enabled", "off\n"), 0);
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
}

static void the_same_value_is_refused_in_each_phase(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod("klp_target"), 0);
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	CHECK_EQ(klp_write(ANY, "enabled", "1"), EINVAL);
	end_child(sleeper);
	klp_wait(ANY);
	CHECK_EQ(klp_write(ANY, "enabled", "1"), EINVAL);
	sleeper = start_reader("/proc/klp_target_block", "any_new_block");
	CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
	CHECK_EQ(klp_write(ANY, "enabled", "0"), EINVAL);
	end_child(sleeper);
	klp_wait_gone(ANY);
	CHECK_EQ(rmmod(ANY), 0);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void files_of_another_patch_refuse_writes_during_a_transition(void)
{
	pid_t sleeper;

	CHECK_EQ(insmod("klp_target"), 0);
	load(ANY2, "objs=vmlinux:version_proc_show");
	sleeper = start_reader("/proc/klp_target_block", "target_block");
	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	CHECK_EQ(klp_write(ANY2, "enabled", "0"), EBUSY);
	CHECK_EQ(klp_write(ANY2, "enabled", "1"), EINVAL);
	CHECK_EQ(klp_write(ANY2, "force", "1"), EINVAL);
	CHECK_EQ(klp_write(ANY2, "signal", "1"), EINVAL);
	CHECK_EQ(klp_read(ANY2, "transition"), 0);
	CHECK_STR(contents(DIR_OF(ANY2) "blockers"), "");
	CHECK_EQ(klp_read(ANY2, "enabled"), 1);
	end_child(sleeper);
	klp_wait(ANY);
	klp_unload(ANY2);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

static void only_root_writes(void)
{
	int status;

	load(ANY, "objs=vmlinux:version_proc_show");
	if (fork() == 0) {
		CHECK_EQ(setresuid(1000, 1000, 1000), 0);
		CHECK_ERR(open(DIR_OF(ANY) "enabled", O_WRONLY), EACCES);
		CHECK_ERR(open(DIR_OF(ANY) "force", O_WRONLY), EACCES);
		CHECK_ERR(open(DIR_OF(ANY) "signal", O_WRONLY), EACCES);
		CHECK_ERR(open("/proc/1/patch_state", O_RDONLY), EACCES);
		CHECK_STR(contents(DIR_OF(ANY) "enabled"), "1\n");
		CHECK_STR(contents(DIR_OF(ANY) "blockers"), "");
		_exit(0);
	}
	CHECK_EQ(wait(&status) > 0, 1);
	CHECK_EQ(status, 0);
	/* Even root cannot write to a read-only file or change the tree. */
	CHECK_ERR(open(DIR_OF(ANY) "transition", O_WRONLY), EACCES);
	CHECK_ERR(open(DIR_OF(ANY) "blockers", O_WRONLY), EACCES);
	CHECK_ERR(rmdir(DIR_OF(ANY) "vmlinux"), EPERM);
	klp_unload(ANY);
}

/* ---- files that outlive their patch ------------------------------------------------- */

static void open_files_of_a_patch_that_is_gone_answer_enodev(void)
{
	static const char *const readable[] = {
		"enabled", "transition", "replace", "stack_order", "blockers", "vmlinux/patched"
	};
	static const char *const writable[] = { "enabled", "force", "signal" };
	int rd[6], wr[3];
	char path[192], buf[64];

	load(ANY, "objs=vmlinux:version_proc_show");
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), DIR_OF(ANY) "%s", readable[i]);
		rd[i] = open(path, O_RDONLY);
		CHECK(rd[i] >= 0);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), DIR_OF(ANY) "%s", writable[i]);
		wr[i] = open(path, O_WRONLY);
		CHECK(wr[i] >= 0);
	}
	klp_unload(ANY);	/* open files do not keep the module */
	for (int i = 0; i < 6; i++)
		CHECK_ERR(read(rd[i], buf, sizeof(buf)), ENODEV);
	for (int i = 0; i < 3; i++)
		CHECK_ERR(write(wr[i], "1", 1), ENODEV);
}

/*
 * Between the end of the transition and the removal of the directory, the files of a patch must
 * never answer with the values of another patch.
 */
static void files_of_a_leaving_patch_answer_as_gone(void)
{
	int order, enabled;
	char buf[16];

	load(ANY2, "objs=vmlinux:version_proc_show");
	for (int round = 0; round < 20; round++) {
		ssize_t n;

		load(ANY, "objs=vmlinux:version_proc_show");
		order = open(DIR_OF(ANY) "stack_order", O_RDONLY);
		enabled = open(DIR_OF(ANY) "enabled", O_WRONLY);
		CHECK_EQ(klp_write(ANY, "enabled", "0"), 0);
		while ((n = pread(order, buf, sizeof(buf), 0)) > 0)
			CHECK_EQ(buf[0], '2');	/* the patch is still in transition, and the newer one */
		CHECK_EQ(errno, ENODEV);
		CHECK_ERR(write(enabled, "1", 1), ENODEV);
		close(order);
		close(enabled);
		klp_wait_gone(ANY);
		CHECK_EQ(rmmod(ANY), 0);
	}
	klp_unload(ANY2);
}

/* Reads all files and writes each value to them, without pause. */
static void hammer(void *arg)
{
	static const char *const files[] = {
		"enabled", "transition", "replace", "stack_order", "blockers", "vmlinux/patched", "klp_target/patched"
	};
	uint32_t seed = (uint32_t)tap_seed() * 7 + (uint32_t)(uintptr_t)arg;
	char path[192];

	for (;;) {
		uint32_t choice = prng(&seed);

		snprintf(path, sizeof(path), DIR_OF(ANY) "%s", files[choice % 7]);
		contents(path);
		if (choice % 5 == 0)
			klp_write(ANY, "enabled", choice & 64 ? "1" : "0");
		if (choice % 11 == 0)
			klp_write(ANY, "signal", "1");
	}
}

/*
 * The removal of a file waits for methods that run. Methods wait for the lock that completion
 * holds. These waits must not deadlock in any order.
 */
static void files_are_hammered_while_patches_come_and_go(void)
{
	pid_t hammers[3];

	CHECK_EQ(insmod("klp_target"), 0);
	for (uintptr_t i = 0; i < 3; i++)
		hammers[i] = start_child(hammer, (void *)(i + 1));
	for (int round = 0; round < 40; round++) {
		CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_alpha;vmlinux:version_proc_show"), 0);
		while (klp_exists(ANY))
			klp_write(ANY, "enabled", "0");
		klp_wait_gone(ANY);
		CHECK_EQ(rmmod(ANY), 0);
	}
	for (int i = 0; i < 3; i++)
		end_child(hammers[i]);
	CHECK_EQ(rmmod("klp_target"), 0);
}

/* ---- blockers ----------------------------------------------------------------------- */

static void blocker(void *name)
{
	prctl(PR_SET_NAME, name);
	read_once("/proc/klp_target_block");
}

/*
 * A line has: pid, name, CPU, state, reason with function+offset/size, milliseconds. A task's name
 * with a line break cannot fake a second line.
 */
static void blockers_have_one_line_each(void)
{
	pid_t first, second;
	char line[256], copy[4096], *second_line;
	unsigned cpu, offset, size, ms, first_ms;

	CHECK_EQ(insmod("klp_target"), 0);
	first = start_child(blocker, "plain");
	wait_asleep_in(first, "target_block");
	second = start_child(blocker, "a b\nc");
	wait_asleep_in(second, "target_block");
	CHECK_EQ(insmod_args(ANY, BLOCK), 0);
	nap(20000);
	strcpy(copy, contents(DIR_OF(ANY) "blockers"));
	snprintf(line, sizeof(line), "%d plain cpu %%u S pending: asleep in target_block+0x%%x/0x%%x [klp_target] %%u ms",
		 first);
	CHECK_EQ(sscanf(copy, line, &cpu, &offset, &size, &first_ms), 4);
	CHECK(offset < size && first_ms >= 20 && cpu < 64);
	second_line = strchr(copy, '\n') + 1;
	snprintf(line, sizeof(line), "%d a b\\nc cpu ", second);
	CHECK_EQ(strncmp(second_line, line, strlen(line)), 0);
	CHECK_STR(strchr(second_line, '\n') + 1, "");
	/* Reading does not disturb the tasks: they stay where they were, and the shown time grows. */
	for (int i = 0; i < 200; i++)
		contents(DIR_OF(ANY) "blockers");
	CHECK_EQ(task_letter(first), 'S');
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	snprintf(line, sizeof(line), "%d plain cpu %%*u S pending: asleep in target_block+0x%%*x/0x%%*x [klp_target] %%u ms",
		 first);
	CHECK_EQ(sscanf(contents(DIR_OF(ANY) "blockers"), line, &ms), 1);
	CHECK(ms >= first_ms);
	end_child(first);
	CHECK(strstr(contents(DIR_OF(ANY) "blockers"), "plain") == NULL);
	end_child(second);
	klp_wait(ANY);
	CHECK_STR(contents(DIR_OF(ANY) "blockers"), "");
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(each_node_has_its_mode_owner_and_content);
	TAP_TEST(there_is_nothing_else);
	TAP_TEST(enabled_and_transition_tell_the_phase);
	TAP_TEST(patched_follows_its_object);
	TAP_TEST(stack_order_counts_from_the_oldest);
	TAP_TEST(replace_shows_what_the_patch_asked_for);
	TAP_TEST(booleans_are_recognised_by_their_first_letters);
	TAP_TEST(the_same_value_is_refused_in_each_phase);
	TAP_TEST(files_of_another_patch_refuse_writes_during_a_transition);
	TAP_TEST(only_root_writes);
	TAP_TEST(open_files_of_a_patch_that_is_gone_answer_enodev);
	TAP_TEST(files_of_a_leaving_patch_answer_as_gone);
	TAP_TEST(files_are_hammered_while_patches_come_and_go);
	TAP_TEST(blockers_have_one_line_each);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
