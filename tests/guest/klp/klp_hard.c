/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_hard.c - tasks that change over with difficulty: idle tasks of busy CPUs, all sleepers when
 * the scheduler itself is patched, kernel threads, stopped tasks, and tasks in a patch that is
 * being replaced.
 *
 * The tests wait for events and have no time limit of their own: a transition that does not end hangs
 * the test.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include "klp_load.h"
#include "asleep.h"
#include "files.h"
#include "klp_text.h"

#define SAMPLE		"livepatch_sample"
#define SAMPLE_KO	"livepatch-sample"
#define KTHREAD		"klp_kthread"
#define MAX_CPUS	16

static long nr_cpus;
static pid_t spinners[MAX_CPUS];

static void pin_spinner(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	spinners[cpu] = load_start(load_spin);
	CHECK_EQ(sched_setaffinity(spinners[cpu], sizeof(set), &set), 0);
}

/* Starts a spinning task on each CPU, so that no CPU becomes idle. */
static void keep_every_cpu_busy(void)
{
	CHECK(nr_cpus <= MAX_CPUS);
	for (long cpu = 0; cpu < nr_cpus; cpu++)
		pin_spinner(cpu);
}

/* ---- idle tasks ----------------------------------------------------------------------------- */

/*
 * The idle task of a busy CPU has sched_switch() on its stack. To change it over, the CPU must run the
 * idle task once, in both directions.
 */
static void idle_tasks_of_busy_cpus_change_over(void)
{
	keep_every_cpu_busy();
	for (int round = 0; round < 2; round++) {
		CHECK_EQ(pass_insmod("sched_switch", ""), 0);
		pass_settle();
		CHECK(pass_count("calls") > 0);
		pass_unload();
	}
	load_end(spinners, (int)nr_cpus);
}

static void functions_below_the_idle_loop_are_patched(void)
{
	CHECK_EQ(pass_insmod("sched_idle_switch,jiffies_update", ""), 0);
	pass_settle();
	nap(20000);
	CHECK(pass_count("calls") > 0);
	pass_unload();
}

/* ---- schedule() --------------------------------------------------------------------- */

static void scheduler_itself_is_patched_under_full_load(void)
{
	pid_t pids[128];
	int n = 0;

	keep_every_cpu_busy();
	while (n < 64)
		pids[n++] = load_start(load_spin);
	while (n < 128)
		pids[n++] = load_start(load_sleep);
	/* Between 64 loops each step is slow, and the runner takes a long silence for a hang. */
	for (int i = 64; i < 128; i++) {
		if (i % 16 == 0)
			tap_line("# %d of 128 tasks have begun", i);
		wait_asleep(pids[i]);
	}
	CHECK_EQ(pass_insmod("schedule,sched_switch,arch_switch_to", ""), 0);
	CHECK_EQ(klp_read(PASS, "transition"), 1);
	CHECK(strstr(pass_blockers(), "asleep in ") != NULL);
	pass_settle();
	tap_line("# all tasks use the new functions");
	CHECK(pass_count("calls") > 0);
	pass_unload();
	tap_line("# all tasks use the old functions");
	load_end(pids, n);
	load_end(spinners, (int)nr_cpus);
}

static void what_has_no_slot_is_refused(const char *function)
{
	char line[128];

	klp_log_clear();
	CHECK_EQ(pass_insmod(function, ""), EINVAL);
	snprintf(line, sizeof(line), "failed to find location for function '%s': it has no entry slot", function);
	CHECK(strstr(klp_log_lines(), line) != NULL);
	CHECK(!klp_exists(PASS));
	CHECK(strstr(klp_log_lines(), "transition") == NULL);
}

/* Functions without a slot: hooks or looks at stacks depend on them, or tasks change over in them without a look. */
static void hooks_own_dependencies_are_refused_by_name(void)
{
	static const char *const functions[] = {
		"int3_text_poke", "exception_dispatch", "selector_rewind", "smp_call_interrupt", "smp_serialise",
		"kernel_text_address", "memcpy", "unwind_reliable", "klp_update_patch_state", "exit_work_round",
		"exit_to_user_mode_loop", "sched_cpu_entry", "switch_stacks", "fork_first_return", "syscall_entry",
	};

	for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		what_has_no_slot_is_refused(functions[i]);
	/* With one bad name among good names the whole patch is refused. */
	klp_log_clear();
	CHECK_EQ(pass_insmod("schedule,memcpy,do_exit", ""), EINVAL);
	CHECK(strstr(klp_log_lines(), "transition") == NULL);
}

/* ---- kernel threads ----------------------------------------------------------------- */

static void kthread_that_calls_cond_resched_changes_over(void)
{
	CHECK_EQ(insmod_args(KTHREAD, "how=resched"), 0);
	CHECK_EQ(insmod(SAMPLE_KO), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK_EQ(rmmod(KTHREAD), 0);
}

static const char *timeline(void)
{
	static char text[4 << 20];

	return slurp(KLP_SYSFS "/timeline", text, sizeof(text));
}

/* How the thread has reached the target of the last transition, by the trace of live patching. */
static bool thread_went_by(const char *how)
{
	const char *line = NULL, *at = timeline();

	while ((at = strstr(at, "klp_switch comm=hard_thread ")))
		line = at++;
	return line && strstr(line, how) && strstr(line, how) < strchrnul(line, '\n');
}

static void kthread_that_never_calls_anything_changes_over_in_an_interrupt(void)
{
	if (nr_cpus == 1)
		tap_skip("the thread would have the only CPU for itself");
	CHECK_EQ(insmod_args(KTHREAD, "how=spin"), 0);
	for (int i = 0; i < 10; i++) {
		CHECK_EQ(insmod(SAMPLE_KO), 0);
		klp_wait(SAMPLE);
		CHECK(thread_went_by(" how=interrupted "));
		klp_unload(SAMPLE);
	}
	CHECK_EQ(rmmod(KTHREAD), 0);
}

/* The number of unsuccessful looks at the thread in the timeline. */
static int looks_at_thread(void)
{
	const char *at = timeline();
	int n = 0;

	for (; (at = strstr(at, "klp_look comm=hard_thread ")); at++)
		n++;
	return n;
}

static bool kthread_blocks_pass(void)
{
	return strstr(pass_blockers(), " hard_thread ") != NULL;
}

static void leave_inside(void)
{
	CHECK_EQ(file_put_text("/sys/module/" KTHREAD "/parameters/leave", "1"), 0);
}

/* In the function itself, as interrupts find the thread there, neither tick nor signal moves it. */
static void kthread_that_computes_in_an_old_function_blocks_until_it_returns(void)
{
	int looks;

	if (nr_cpus == 1)
		tap_skip("the thread would have the only CPU for itself");
	CHECK_EQ(insmod_args(KTHREAD, "how=inside"), 0);
	CHECK_EQ(pass_insmod("hard_inside", "object=" KTHREAD), 0);
	while (patch_state(getpid()) != 1)
		nap(1000);
	CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
	looks = looks_at_thread();
	while (looks_at_thread() < looks + 10)
		nap(1000);
	CHECK_EQ(klp_read(PASS, "transition"), 1);
	CHECK(kthread_blocks_pass());
	leave_inside();
	pass_settle();
	CHECK(thread_went_by(" how=interrupted "));
	pass_unload();
	CHECK_EQ(rmmod(KTHREAD), 0);
}

static void kthread_that_computes_in_an_old_function_can_be_forced(void)
{
	if (nr_cpus == 1)
		tap_skip("the thread would have the only CPU for itself");
	CHECK_EQ(insmod_args(KTHREAD, "how=inside"), 0);
	CHECK_EQ(pass_insmod("hard_inside", "object=" KTHREAD), 0);
	CHECK_EQ(klp_write(PASS, "force", "1"), 0);
	pass_settle();
	CHECK(thread_went_by(" how=force "));
	leave_inside();
	CHECK_EQ(klp_read(PASS, "enabled"), 1);
	pass_unload();
	CHECK_EQ(rmmod(KTHREAD), 0);
}

static unsigned long kthread_wakeups(void)
{
	char buf[32];

	return strtoul(slurp("/sys/module/" KTHREAD "/parameters/wakeups", buf, sizeof(buf)), NULL, 10);
}

static pid_t kthread_pid(void)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char path[300], comm[32];
	pid_t pid = 0;

	CHECK(proc != NULL);
	while (!pid && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (strcmp(slurp(path, comm, sizeof(comm)), "hard_thread") == 0)
			pid = atoi(entry->d_name);
	}
	closedir(proc);
	CHECK(pid > 0);
	return pid;
}

/*
 * The thread sleeps in the old schedule(). The fake signal wakes the thread, and the thread is looked at
 * before it sleeps again.
 */
static void kthread_asleep_in_schedule_is_woken_by_the_signal(void)
{
	unsigned long before;

	CHECK_EQ(insmod_args(KTHREAD, "how=sleep"), 0);
	wait_asleep(kthread_pid());
	CHECK_EQ(pass_insmod("schedule", ""), 0);
	CHECK(kthread_blocks_pass());
	before = kthread_wakeups();
	CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
	while (kthread_blocks_pass())
		nap(1000);
	CHECK(kthread_wakeups() > before);
	pass_settle();
	pass_unload();
	CHECK_EQ(rmmod(KTHREAD), 0);
}

/* The fake signal does not end an uninterruptible sleep: the transition waits, and can be reversed. */
static void kthread_in_uninterruptible_sleep_is_left_alone(void)
{
	pid_t pid;

	CHECK_EQ(insmod_args(KTHREAD, "how=deep"), 0);
	pid = kthread_pid();
	while (thread_state(pid, pid) != 'D')
		sched_yield();
	CHECK_EQ(pass_insmod("schedule", ""), 0);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
		nap(2000);
	}
	CHECK(kthread_blocks_pass());
	CHECK_EQ(kthread_wakeups(), 0);
	CHECK_EQ(rmmod(KTHREAD), 0);	/* wakes the thread, and the thread ends */
	pass_settle();
	pass_unload();
}

static void insmod_unborn(void)
{
	_exit(insmod_args(KTHREAD, "how=unborn"));
}

/* The thread inherits the flag of its creator and never runs. So the creator looks at the thread. */
static void kthread_that_is_never_started_is_not_forgotten(void)
{
	pid_t loader = load_start(insmod_unborn);
	int status;

	wait_in(loader, "msleep");
	klp_log_clear();
	CHECK_EQ(pass_insmod("msleep", ""), 0);	/* the loader sleeps in this function */
	klp_wait(PASS);
	CHECK_EQ(waitpid(loader, &status, 0), loader);
	CHECK_EQ(status, 0);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
	pass_unload();
	CHECK_EQ(rmmod(KTHREAD), 0);
}

/* ---- stopped tasks ------------------------------------------------------------------ */

static void stopped_task_is_not_signalled_and_arrives_when_continued(void)
{
	pid_t child = load_start(load_sleep);
	char line[32];

	CHECK_EQ(kill(child, SIGSTOP), 0);
	while (thread_state(child, child) != 'T')
		sched_yield();
	CHECK_EQ(pass_insmod("schedule", ""), 0);
	snprintf(line, sizeof(line), "%d klp_hard ", child);
	for (int i = 0; i < 20 || strchr(pass_blockers(), '\n'); i++) {	/* until only the child blocks */
		CHECK_EQ(klp_write(PASS, "signal", "1"), 0);
		nap(1000);
	}
	CHECK_EQ(klp_read(PASS, "transition"), 1);
	CHECK(strstr(pass_blockers(), line) == pass_blockers());
	CHECK_EQ(thread_state(child, child), 'T');
	CHECK_EQ(kill(child, SIGCONT), 0);
	klp_wait(PASS);			/* no further fake signal is needed */
	pass_unload();
	load_end(&child, 1);
}

/* ---- reversing, again and again ------------------------------------------------- */

/*
 * One sleeper stays in the old schedule(), another in the new one. So neither direction can complete,
 * while all other tasks change over and back.
 */
static void transition_is_reversed_hundreds_of_times(void)
{
	uint32_t seed = (uint32_t)tap_seed() | 1;
	pid_t old = load_start(load_sleep), new, spin = load_start(load_spin);

	wait_asleep(old);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "0"), 0);
	CHECK_EQ(pass_insmod("schedule", ""), 0);
	new = load_start(load_sleep);
	wait_in(new, "sys_pause");	/* where it stays: pass_0 is on the stack of any sleep */
	wait_in(new, "pass_0");
	for (int i = 0; i < 300; i++) {
		CHECK_EQ(klp_write(PASS, "enabled", i % 2 ? "1" : "0"), 0);
		CHECK_EQ(klp_read(PASS, "transition"), 1);
		CHECK_EQ(patch_state(old), 0);
		CHECK_EQ(patch_state(new), 1);
		nap(prng(&seed) % 3000);
	}
	CHECK_EQ(klp_read(PASS, "enabled"), 1);
	CHECK_EQ(spit("/proc/sys/kernel/livepatch_signal_period_ms", "15000"), 0);
	pass_settle();
	pass_unload();
	load_end(&old, 1);
	load_end(&new, 1);
	load_end(&spin, 1);
}

/* ---- replacing ---------------------------------------------------------------------- */

static void sleep_for_long(void)
{
	nap(1000000000);
}

/* Starts a task that sleeps in the new version of @patch, and loads another patch that replaces @patch. */
static pid_t replace_under_a_sleeper(const char *patch)
{
	pid_t sleeper;

	CHECK_EQ(insmod_args(patch, "target=sleep_until_interruptible"), 0);
	while (klp_read(patch, "transition") == 1) {
		CHECK_EQ(klp_write(patch, "signal", "1"), 0);
		sched_yield();
	}
	sleeper = load_start(sleep_for_long);
	wait_in(sleeper, "pass_0");
	CHECK_EQ(pass_insmod("cmdline_proc_show", "replace=1"), 0);
	CHECK_EQ(klp_read(PASS, "transition"), 1);
	CHECK_EQ(klp_read(patch, "enabled"), 1);
	CHECK(strstr(pass_blockers(), "asleep in pass_0+") != NULL);
	CHECK(strstr(pass_blockers(), patch) != NULL);
	CHECK_EQ(rmmod(patch), EWOULDBLOCK);
	return sleeper;
}

/*
 * The nops of the new patch make the functions of the old patch forbidden ranges. The replace completes
 * when the last task has left these functions.
 */
static void patch_is_replaced_when_its_sleepers_have_left_it(void)
{
	pid_t sleeper = replace_under_a_sleeper("klp_pass_two");

	pass_settle();
	klp_wait_gone("klp_pass_two");
	CHECK_EQ(rmmod("klp_pass_two"), 0);
	wait_in(sleeper, "sleep_until_interruptible");
	pass_unload();
	load_end(&sleeper, 1);
}

static void nothing_was_complained_about(void)
{
	check_log_is_clean();
}

int main(void)
{
	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	klp_text_remember();
	TAP_TEST(idle_tasks_of_busy_cpus_change_over);
	TAP_TEST(functions_below_the_idle_loop_are_patched);
	TAP_TEST(scheduler_itself_is_patched_under_full_load);
	TAP_TEST(hooks_own_dependencies_are_refused_by_name);
	TAP_TEST(kthread_that_calls_cond_resched_changes_over);
	TAP_TEST(kthread_that_never_calls_anything_changes_over_in_an_interrupt);
	TAP_TEST(kthread_that_computes_in_an_old_function_blocks_until_it_returns);
	TAP_TEST(kthread_that_computes_in_an_old_function_can_be_forced);
	TAP_TEST(kthread_asleep_in_schedule_is_woken_by_the_signal);
	TAP_TEST(kthread_in_uninterruptible_sleep_is_left_alone);
	TAP_TEST(kthread_that_is_never_started_is_not_forgotten);
	TAP_TEST(stopped_task_is_not_signalled_and_arrives_when_continued);
	TAP_TEST(transition_is_reversed_hundreds_of_times);
	TAP_TEST(patch_is_replaced_when_its_sleepers_have_left_it);
	TAP_TEST(nothing_was_complained_about);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
