/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_timeline.c - /sys/kernel/livepatch/timeline records the events of a transition. Each flagged
 * task has one entry that tells its change over, and afterwards has the colour (state) of the target.
 * Times are in order. Each task that kept the transition waiting is named with its function and stack.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include "klp_crowd.h"
#include "klp_clean.h"

#define TIMELINE	KLP_SYSFS "/timeline"
#define ORACLE		"klp_oracle"
#define PATCH		"klp_oracle_patch"
#define TRANSITIONS	100
#define TEXT_BYTES	(4 << 20)
#define MAX_KEYS	65536

static char *text;

/* Counts the events of tasks in the last transition. */
struct told {
	int flags, switches, inherited, deaths, taken_back, looks, completes;
	int pending;			/* flagged and not changed over */
};
/* The index is the pid; for the idle task swapper/N it is MAX_KEYS - 1 - N. */
static unsigned char flagged[MAX_KEYS];	/* flags without an entry for the change over yet */
/* The last known state of each task; -1: the state is unknown, or the task is dead. */
static int colour[MAX_KEYS];

static void read_timeline(void)
{
	text = text ? text : malloc(TEXT_BYTES);
	CHECK(text != NULL);
	slurp(TIMELINE, text, TEXT_BYTES);
	CHECK(strlen(text) < TEXT_BYTES - 2);
}

/* Returns the value of " KEY=" in a line, or NULL. */
static const char *value_of(const char *line, const char *key)
{
	const char *end = line + strcspn(line, "\n"), *at = strstr(line, key);

	return at && at < end ? at + strlen(key) : NULL;
}

static int key_of(const char *line)
{
	const char *comm = value_of(line, " comm="), *pid = value_of(line, " pid=");
	int key;

	CHECK(comm && pid);
	key = strncmp(comm, "swapper/", 8) == 0 ? MAX_KEYS - 1 - atoi(comm + 8) : atoi(pid);
	CHECK(key > 0 && key < MAX_KEYS);
	return key;
}

static void take_flag(struct told *told, const char *line)
{
	int key = key_of(line);

	/*
	 * The walk may meet a new task that its parent has flagged, in the middle of its change over:
	 * the flag is clear, the state is still the old one. Then the walk flags the task again before
	 * the entry of the change over comes, and the task changes over a second time.
	 */
	if (flagged[key] == 2)
		CHECK_FAIL("flagged three times: %.100s", line);
	flagged[key]++;
	told->flags++;
	told->pending++;
}

static void take_switch(struct told *told, const char *line, int target)
{
	int key = key_of(line), state = atoi(value_of(line, " state="));
	const char *how = value_of(line, " how=");

	colour[key] = strncmp(how, "death", 5) ? state : -1;
	if (!strncmp(how, "inherited", 9)) {
		CHECK_EQ(state, target);
		told->inherited++;
		return;
	}
	if (!strncmp(how, "death", 5) && !flagged[key])
		return;		/* the task had changed over before its death */
	if (!flagged[key])
		CHECK_FAIL("changed over without a flag: %.100s", line);
	flagged[key]--;
	told->pending--;
	told->switches++;
	if (!strncmp(how, "death", 5))
		told->deaths++;
	else if (!strncmp(how, "taken-back", 10))
		told->taken_back++;
	else if (state != target && state != !target)
		CHECK_FAIL("changed over to an unknown state: %.100s", line);
}

/* Reads the lines from the last "step=init" to the end, and checks that they are consistent. */
static struct told take_last_transition(int *target)
{
	struct told told = { 0 };
	const char *start = text, *at = text;
	unsigned long long last = 0;

	while ((at = strstr(at, " step=init")))
		start = at++;
	while (start > text && start[-1] != '\n')
		start--;
	memset(flagged, 0, sizeof(flagged));
	memset(colour, -1, sizeof(colour));
	for (const char *line = start; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		unsigned long long ns = strtoull(line, NULL, 10);
		char event[32];

		if (ns < last)
			CHECK_FAIL("the time is before that of the last line: %.100s", line);
		last = ns;
		CHECK_EQ(sscanf(line, "%*u %*u %*d %31s", event), 1);
		if (!strcmp(event, "lost") && strstr(line, "buffer=klp"))
			CHECK_FAIL("lost: %.100s", line);
		if (!strcmp(event, "klp_transition") && value_of(line, " target="))
			*target = atoi(value_of(line, " target="));
		if (!strcmp(event, "klp_transition"))
			told.completes += !strncmp(value_of(line, " step="), "complete ", 9);
		if (!strcmp(event, "klp_flag"))
			take_flag(&told, line);
		else if (!strcmp(event, "klp_switch"))
			take_switch(&told, line, *target);
		else if (!strcmp(event, "klp_look"))
			told.looks++;
	}
	return told;
}

static void all_are_in(int target)
{
	for (int i = 0; i < MAX_KEYS; i++)
		if (colour[i] >= 0 && colour[i] != target)
			CHECK_FAIL("task %d ended in state %d, expected %d", i, colour[i], target);
}

static void check_last(int wanted, int *turned)
{
	int target = -1;
	struct told told;

	read_timeline();
	told = take_last_transition(&target);
	CHECK_EQ(told.completes, 1);
	CHECK_EQ(target, wanted);
	CHECK_EQ(told.pending, 0);
	CHECK_EQ(told.flags, told.switches);
	CHECK(told.flags > 0);
	all_are_in(wanted);
	*turned += told.taken_back;
}

static void oracle_sleep(void)
{
	char buf[32];

	for (;;)
		slurp("/proc/oracle_sleep", buf, sizeof(buf));
}

static void each_pending_task_has_one_mark_and_ends_in_the_colour_of_the_target(void)
{
	uint32_t seed = (uint32_t)tap_seed() | 1;
	int done = 0, taken_back = 0;
	pid_t pids[2];

	CHECK_EQ(insmod(ORACLE), 0);
	crowd_gather();
	pids[0] = load_start(oracle_sleep);
	pids[1] = load_start(oracle_sleep);
	while (done < TRANSITIONS) {
		CHECK_EQ(insmod(PATCH), 0);
		if (prng(&seed) % 2) {
			klp_wait(PATCH);
			check_last(1, &taken_back);
			done++;
		} else {
			nap(prng(&seed) % 500);
		}
		/* This write reverses the transition, or starts a transition of its own. */
		CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
		klp_wait_gone(PATCH);
		CHECK_EQ(rmmod(PATCH), 0);
		check_last(0, &taken_back);
		done++;
	}
	load_end(pids, 2);
	crowd_disperse();
	CHECK_EQ(rmmod(ORACLE), 0);
	tap_line("# %d transitions, %d flags taken back", done, taken_back);
}

/* A task that sleeps in the function that is patched, and then leaves it. */
static void a_blocker_is_named_with_its_function_and_stack(void)
{
	const char *look = NULL;

	CHECK_EQ(insmod_args("lx_busy", "block=Y"), 0);
	CHECK_EQ(insmod("lx_callbacks"), 0);
	/* The signal makes the core look again, until the task sleeps in that function. */
	while (!look) {
		CHECK_EQ(klp_write("lx_callbacks", "signal", "1"), 0);
		nap(2000);
		read_timeline();
		look = strstr(text, "verdict=blocked in=lx_busy_work_func+");
	}
	CHECK(value_of(look, " stack=") != NULL);
	CHECK(value_of(look, "lx_busy_work_func+") != NULL);
	CHECK_EQ(spit("/sys/module/lx_busy/parameters/block", "N"), 0);
	klp_wait("lx_callbacks");
	read_timeline();
	CHECK(strstr(text, "callback=pre_patch object=vmlinux") != NULL);
	CHECK(strstr(text, "callback=post_patch object=vmlinux") != NULL);
	klp_unload("lx_callbacks");
	CHECK_EQ(rmmod("lx_busy"), 0);
}

static void a_reversal_is_recorded_as_a_reversal(void)
{
	CHECK_EQ(insmod_args("lx_busy", "block=Y"), 0);
	CHECK_EQ(insmod("lx_callbacks"), 0);
	while (klp_read("lx_callbacks", "transition") != 1)
		nap(500);
	/* In the reversal, tasks that have changed over change back, and the flag of the sleeper is cleared. */
	CHECK_EQ(klp_write("lx_callbacks", "enabled", "0"), 0);
	klp_wait_gone("lx_callbacks");
	CHECK_EQ(rmmod("lx_callbacks"), 0);
	read_timeline();
	CHECK(strstr(text, "step=reverse") != NULL);
	CHECK(strstr(text, "how=taken-back") != NULL);
	CHECK_EQ(spit("/sys/module/lx_busy/parameters/block", "N"), 0);
	CHECK_EQ(rmmod("lx_busy"), 0);
}

static void steps_and_barriers_come_in_their_order(void)
{
	static const char *const order[] = {
		"step=init", "barrier=A", "barrier=B", "klp_slots begin", "klp_slots end",
		"step=start", "klp_flag", "step=completing", "barrier=F", "step=complete ",
	};
	const char *at, *last;

	CHECK_EQ(insmod("livepatch-sample"), 0);
	klp_wait("livepatch_sample");
	read_timeline();
	for (last = at = text; (at = strstr(at, "step=init")); at++)
		last = at;
	for (unsigned i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		at = strstr(last, order[i]);
		if (!at)
			CHECK_FAIL("no \"%s\" after \"%s\"", order[i], i ? order[i - 1] : "");
		last = at;
	}
	klp_unload("livepatch_sample");
	read_timeline();
	for (last = at = text; (at = strstr(at, "step=init")); at++)
		last = at;
	CHECK(strstr(last, "barrier=C") && strstr(last, "barrier=E") && strstr(last, "barrier=F"));
}

int main(void)
{
	KLP_TEST(steps_and_barriers_come_in_their_order);
	KLP_TEST(a_blocker_is_named_with_its_function_and_stack);
	KLP_TEST(a_reversal_is_recorded_as_a_reversal);
	KLP_TEST(each_pending_task_has_one_mark_and_ends_in_the_colour_of_the_target);
	return tap_done();
}
