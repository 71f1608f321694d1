// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * klp_stacks.c - the judgement of stacks: a task that sleeps in a function keeps it from being
 * replaced, whatever its stack looks like, and `blockers` says why.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include "klp_clean.h"
#include "asleep.h"
#include "klp_text.h"

#define STACK	"klp_stack"
#define ANY	"klp_any"

/* The line of `blockers` about the thread, or NULL. */
static const char *line_of_the_thread(void)
{
	static char text[32 * 1024];
	char *line, *end;

	slurp(KLP_SYSFS "/" ANY "/blockers", text, sizeof(text));
	line = strstr(text, " stack_thread ");
	end = line ? strchr(line, '\n') : NULL;
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
 * The thread sleeps below @function, which is patched. Signals and looks change nothing; the
 * patch can be taken back, and is not in the way of the thread's end.
 */
static void blocks(const char *how, const char *function, const char *reason)
{
	char args[64];
	const char *line;

	snprintf(args, sizeof(args), "how=%s", how);
	CHECK_EQ(insmod_args(STACK, args), 0);
	wait_asleep(thread_pid());
	snprintf(args, sizeof(args), "objs=" STACK ":%s", function);
	CHECK_EQ(insmod_args(ANY, args), 0);
	while (klp_read(ANY, "transition") == 1 && patch_state(getpid()) != 1)
		nap(1000);
	CHECK_EQ(klp_write(ANY, "signal", "1"), 0);
	do
		line = line_of_the_thread();	/* the signal has woken it for a moment */
	while (line && (strstr(line, " R ") || strstr(line, "pending: running")));
	CHECK_EQ(klp_read(ANY, "transition"), 1);
	if (!line || !strstr(line, reason))
		CHECK_FAIL("blockers: \"%s\", not \"%s\"", line ? line : "", reason);
	klp_unload(ANY);
	CHECK_EQ(rmmod(STACK), 0);
}

static void sleeper_blocks(void)
{
	blocks("plain", "stack_outer", "pending: asleep in stack_outer+0x");
}

/* The return address is the first behind it: the call is what counts. */
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

int main(void)
{
	klp_text_remember();
	KLP_TEST(sleeper_blocks);
	KLP_TEST(sleeper_below_the_last_instruction_blocks);
	KLP_TEST(stack_that_is_too_deep_blocks);
	KLP_TEST(stack_with_a_broken_frame_pointer_blocks);
	KLP_TEST(stack_with_a_return_address_outside_text_blocks);
	KLP_TEST(stack_without_an_end_blocks);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
