/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of tasks, switches and locks, run by kernel/ktest.c. */
#include <neurath/ktest.h>
#include <neurath/mutex.h>
#include <neurath/process.h>
#include "rq.h"

#define THREADS		8

/* ---- locks ------------------------------------------------------------------ */

static DEFINE_SPINLOCK_RANK(test_spinlock, RANK_SPIN_MODULE);
static DEFINE_MUTEX(test_mutex);
static unsigned long test_counter;	/* (test_spinlock) or (test_mutex) */

static int test_count_spin(void *arg)
{
	for (unsigned i = 0; i < 5000; i++) {
		spin_lock(&test_spinlock);
		test_counter++;
		spin_unlock(&test_spinlock);
		cond_resched();
	}
	return 0;
}

static int test_count_mutex(void *arg)
{
	for (unsigned i = 0; i < 500; i++) {
		mutex_lock(&test_mutex);
		unsigned long seen = READ_ONCE(test_counter);

		/* A second task inside the section would lose an increment. */
		if (i % 4 == 0)
			yield();
		WRITE_ONCE(test_counter, seen + 1);
		mutex_unlock(&test_mutex);
	}
	return 0;
}

KTEST(spinlock_keeps_cpus_apart)
{
	struct task *threads[THREADS];

	test_counter = 0;
	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = kthread_run(test_count_spin, NULL, "spin/%u", i);
	while (READ_ONCE(test_counter) < THREADS * 5000UL)
		msleep(1);
	for (unsigned i = 0; i < THREADS; i++)
		kthread_stop(threads[i]);
	KTEST_CHECK(test_counter == THREADS * 5000UL);
}

KTEST(mutex_excludes_sleeping_holders)
{
	struct task *threads[THREADS];
	u64 limit = clock_ns() + 20 * NSEC_PER_SEC;

	test_counter = 0;
	for (unsigned i = 0; i < THREADS; i++)
		threads[i] = kthread_run(test_count_mutex, NULL, "mutex/%u", i);
	while (READ_ONCE(test_counter) < THREADS * 500UL && clock_ns() < limit)
		msleep(1);
	for (unsigned i = 0; i < THREADS; i++)
		kthread_stop(threads[i]);
	KTEST_CHECK(test_counter == THREADS * 500UL);
	KTEST_CHECK(!mutex_is_locked(&test_mutex));
}

/* ---- threads ---------------------------------------------------------------- */

static int test_return_seven(void *arg)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 7;
}

KTEST(kthread_stop_returns_the_result)
{
	struct task *t = kthread_run(test_return_seven, NULL, "seven");

	msleep(2);
	KTEST_CHECK(kthread_stop(t) == 7);
}

KTEST(kthread_never_woken_returns_eintr)
{
	struct task *t = kthread_create(test_return_seven, NULL, "never");

	KTEST_CHECK(kthread_stop(t) == -EINTR);
}

KTEST(walk_sees_a_task_until_its_last_switch_and_not_after)
{
	struct task *t = kthread_run(test_return_seven, NULL, "seen"), *pos;
	struct task_walk walk;
	pid_t pid = t->pid;
	bool seen = false;

	for (pos = task_walk_first(&walk); pos; pos = task_walk_next(&walk))
		seen |= pos == t;
	KTEST_CHECK(seen);
	task_get(t);
	kthread_stop(t);
	/* The successor on the CPU unlinks the task. */
	while (!(pos = task_find_get(pid)) ? false : (task_put(pos), true))
		yield();
	KTEST_CHECK(t->stack == NULL);
	KTEST_CHECK(t->state == TASK_DEAD);
	task_put(t);
}

/* ---- switches --------------------------------------------------------------- */

static struct completion test_ping, test_pong;

static int test_answer(void *arg)
{
	for (unsigned i = 0; i < 1000; i++) {
		wait_for_completion(&test_ping);
		complete(&test_pong);
	}
	return 0;
}

KTEST(completions_ping_pong_across_cpus)
{
	struct task *t;

	init_completion(&test_ping);
	init_completion(&test_pong);
	t = kthread_run(test_answer, NULL, "answer");
	for (unsigned i = 0; i < 1000; i++) {
		complete(&test_ping);
		wait_for_completion(&test_pong);
	}
	KTEST_CHECK(kthread_stop(t) == 0);
}

static int test_spin_until_stopped(void *arg)
{
	while (!kthread_should_stop()) {
		(*(volatile u64 *)arg)++;
		cond_resched();
	}
	return 0;
}

/*
 * True if the first task has run about three times as long as the second (1024 to 335) in three
 * looks in a row.  The host may stop this CPU for a while, so one or two looks may fail.
 */
static bool test_shares_settle(struct task *const t[2])
{
	unsigned right = 0;

	for (unsigned looks = 0; right < 3 && looks < 600; looks++) {
		u64 first = READ_ONCE(t[0]->se.sum_exec), second = READ_ONCE(t[1]->se.sum_exec);

		right = first * 2 > second * 5 && first * 10 < second * 37 ? right + 1 : 0;
		msleep(100);
	}
	return right == 3;
}

KTEST(weights_divide_a_cpu)
{
	static u64 counts[2];
	struct task *t[2];

	counts[0] = counts[1] = 0;
	for (unsigned i = 0; i < 2; i++) {
		t[i] = kthread_create(test_spin_until_stopped, &counts[i], "weight/%u", i);
		sched_set_affinity(t[i], BIT(0));
	}
	sched_set_nice(t[1], 5);
	wake_up_process(t[0]);
	wake_up_process(t[1]);
	KTEST_CHECK(test_shares_settle(t));
	for (unsigned i = 0; i < 2; i++)
		kthread_stop(t[i]);
}

static unsigned test_where;

static int test_tell_cpu(void *arg)
{
	while (!kthread_should_stop()) {
		WRITE_ONCE(test_where, cpu_id());
		cond_resched();
	}
	return 0;
}

KTEST(affinity_moves_a_running_task)
{
	struct task *t;
	u64 limit = clock_ns() + 10 * NSEC_PER_SEC;

	if (nr_cpus < 2)
		return;
	t = kthread_run(test_tell_cpu, NULL, "moving");
	for (unsigned i = 0; i < 50; i++) {
		unsigned cpu = i % nr_cpus;

		sched_set_affinity(t, BIT(cpu));
		while (READ_ONCE(test_where) != cpu && clock_ns() < limit)
			yield();
	}
	kthread_stop(t);
	KTEST_CHECK(clock_ns() < limit);
}

KTEST(idle_cpus_take_work_from_busy_ones)
{
	static u64 counts[4];
	struct task *t[4];
	unsigned n = min(nr_cpus, 4U);
	u64 exec[4], least = ~0UL;

	for (unsigned i = 0; i < n; i++)
		t[i] = kthread_run(test_spin_until_stopped, &counts[i], "steal/%u", i);
	msleep(300);
	for (unsigned i = 0; i < n; i++) {
		task_get(t[i]);
		kthread_stop(t[i]);
		exec[i] = t[i]->se.sum_exec;
		least = min(least, exec[i]);
		task_put(t[i]);
	}
	/* As many runners as CPUs: no task waits for a long time. */
	KTEST_CHECK(least > 150 * NSEC_PER_MSEC);
}

/* ---- task_call_func --------------------------------------------------------- */

struct test_call_seen {
	unsigned state;
	bool running;
	bool lock_held;
};

static int test_look(struct task *t, void *arg)
{
	struct test_call_seen *seen = arg;

	seen->state = t->state;
	seen->running = task_running(t);
	seen->lock_held = spin_is_held(&t->pi_lock);
	return 42;
}

KTEST(task_call_func_finds_a_sleeper_asleep)
{
	struct task *t = kthread_run(test_return_seven, NULL, "sleeper");
	struct test_call_seen seen = { 0 };
	u64 limit = clock_ns() + 5 * NSEC_PER_SEC;

	do {
		msleep(1);
		KTEST_CHECK(task_call_func(t, test_look, &seen) == 42);
		KTEST_CHECK(seen.lock_held);
	} while (seen.state == TASK_RUNNING && clock_ns() < limit);
	KTEST_CHECK(seen.state == TASK_INTERRUPTIBLE);
	KTEST_CHECK(!seen.running);
	KTEST_CHECK(kthread_stop(t) == 7);
}

/* A look at a task that sleeps and wakes all the time must find a consistent state. */
static int test_look_consistent(struct task *t, void *arg)
{
	bool on_rq = t->se.on_rq, running = task_running(t);

	if (running && !on_rq)
		return -EINVAL;		/* in the middle of a switch */
	if (!on_rq && t->state == TASK_RUNNING)
		return -EINVAL;		/* lost wake-up */
	return 0;
}

static int test_sleep_often(void *arg)
{
	while (!kthread_should_stop())
		schedule_until((set_current_state(TASK_INTERRUPTIBLE), clock_ns() + 50000));
	return 0;
}

KTEST(task_call_func_never_sees_half_a_switch)
{
	struct task *t = kthread_run(test_sleep_often, NULL, "often");
	u64 limit = clock_ns() + 300 * NSEC_PER_MSEC;
	unsigned bad = 0;

	while (clock_ns() < limit) {
		bad += task_call_func(t, test_look_consistent, NULL) != 0;
		cond_resched();
	}
	kthread_stop(t);
	KTEST_CHECK(bad == 0);
}

KTEST(run_idle_once_gets_the_idle_task_to_run)
{
	static u64 count;
	struct task *t;
	unsigned cpu = nr_cpus - 1;
	u64 before, limit = clock_ns() + 5 * NSEC_PER_SEC;

	if (nr_cpus < 2)
		return;
	t = kthread_create(test_spin_until_stopped, &count, "busy");
	sched_set_affinity(t, BIT(cpu));
	wake_up_process(t);
	while (!task_running(t))
		msleep(1);
	before = READ_ONCE(cpu_rq(cpu)->idle->se.exec_start);
	sched_run_idle_once(cpu);
	while (READ_ONCE(cpu_rq(cpu)->idle->se.exec_start) == before && clock_ns() < limit)
		yield();
	KTEST_CHECK(READ_ONCE(cpu_rq(cpu)->idle->se.exec_start) != before);
	kthread_stop(t);
}
