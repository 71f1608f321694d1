/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_stacks.c - looks at stacks. A task that sleeps in a function blocks the replacement of that
 * function. This holds for every form of stack, and `blockers` names the reason.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_task.h"
#include "asleep.h"
#include "klp_text.h"

#define STACK	"klp_stack"
#define ANY	"klp_any"

/* Returns the line of `blockers` about @pid, or "". */
static const char *line_of(pid_t pid)
{
	static char text[32 * 1024];
	char start[16], *line, *end;

	snprintf(start, sizeof(start), "\n%d ", pid);
	text[0] = '\n';
	slurp(KLP_SYSFS "/" ANY "/blockers", text + 1, sizeof(text) - 1);
	line = strstr(text, start);
	if (!line)
		return "";
	end = strchr(++line, '\n');
	if (end)
		*end = '\0';
	return line;
}

static pid_t thread_pid(void)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char path[300], comm[32];
	pid_t pid = 0;

	CHECK(proc != NULL);
	while (!pid && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (strcmp(slurp(path, comm, sizeof(comm)), "stack_thread") == 0)
			pid = atoi(entry->d_name);
	}
	closedir(proc);
	CHECK(pid > 0);
	return pid;
}

/*
 * The thread sleeps with @function on its stack, and a patch replaces @function. Fake signals and
 * looks do not change the thread over. The patch can be disabled, and does not keep the thread from ending.
 */
static void blocks(const char *how, const char *function, const char *reason)
{
	char args[64];
	const char *line;
	pid_t pid;

	snprintf(args, sizeof(args), "how=%s", how);
	CHECK_EQ(insmod_args(STACK, args), 0);
	pid = thread_pid();
	wait_asleep(pid);
	snprintf(args, sizeof(args), "objs=" STACK ":%s", function);
	CHECK_EQ(insmod_args(ANY, args), 0);
	while (klp_read(ANY, "transition") == 1 && patch_state(getpid()) != 1)
		nap(1000);
	CHECK_EQ(klp_write(ANY, "signal", "1"), 0);
	do
		line = line_of(pid);	/* the signal has woken the thread for a moment */
	while (strstr(line, "pending: running") || strstr(line, "pending: waits for a CPU"));
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	if (!strstr(line, reason))
		CHECK_FAIL("blockers: \"%s\", expected \"%s\"", line, reason);
	klp_unload(ANY);
	CHECK_EQ(rmmod(STACK), 0);
}

static void sleeper_blocks(void)
{
	blocks("plain", "stack_outer", "pending: asleep in stack_outer+0x");
}

/* The return address is the first byte after the function. The call before that address counts. */
static void sleeper_below_the_last_instruction_blocks(void)
{
	blocks("last", "stack_outer_last", "pending: asleep in stack_outer_last+0x");
}

static void stack_that_is_too_deep_blocks(void)
{
	blocks("deep", "stack_outer", "unreliable stack: stack too deep");
}

static void stack_with_a_broken_frame_pointer_blocks(void)
{
	blocks("no-frame", "stack_outer", "unreliable stack: broken frame pointer");
}

static void stack_with_a_return_address_outside_text_blocks(void)
{
	blocks("no-caller", "stack_outer", "unreliable stack: return address outside kernel text");
}

static void stack_without_an_end_blocks(void)
{
	blocks("no-end", "stack_outer", "unreliable stack: no known end of the stack");
}

/* One sleeper is in the old function, one in the new. The direction decides which of them blocks. */
static void only_a_sleeper_in_the_version_that_tasks_leave_blocks(void)
{
	pid_t old, new;

	CHECK_EQ(insmod("klp_target"), 0);
	old = start_reader("/proc/klp_target_block", "target_block");
	CHECK_EQ(insmod_args(ANY, "objs=klp_target:target_block wait=1"), 0);
	new = start_reader("/proc/klp_target_block", "any_new_block");
	for (int round = 0; round < 6; round++) {
		bool disabling = round % 2;
		const char *reason = disabling ? "in any_new_block+0x" : "in target_block+0x";

		CHECK_EQ(klp_read(ANY, "transition"), 1);
		CHECK_EQ(patch_state(old), 0);
		CHECK_EQ(patch_state(new), 1);
		CHECK(strstr(line_of(disabling ? new : old), reason) != NULL);
		CHECK_STR(line_of(disabling ? old : new), "");
		CHECK_EQ(klp_write(ANY, "enabled", disabling ? "1" : "0"), 0);
	}
	/* After six reversals the patch is being enabled. */
	end_child(old);
	klp_wait(ANY);
	CHECK_EQ(klp_read(ANY, "enabled"), 1);
	end_child(new);
	klp_unload(ANY);
	CHECK_EQ(rmmod("klp_target"), 0);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(only_a_sleeper_in_the_version_that_tasks_leave_blocks);
	TAP_TEST(sleeper_blocks);
	TAP_TEST(sleeper_below_the_last_instruction_blocks);
	TAP_TEST(stack_that_is_too_deep_blocks);
	TAP_TEST(stack_with_a_broken_frame_pointer_blocks);
	TAP_TEST(stack_with_a_return_address_outside_text_blocks);
	TAP_TEST(stack_without_an_end_blocks);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
