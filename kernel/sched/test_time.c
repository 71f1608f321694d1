/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of timers and the work queue, run by kernel/ktest.c. */
#include <neurath/ktest.h>
#include <neurath/mm.h>
#include <neurath/workqueue.h>
#include "rq.h"

/* ---- timers ----------------------------------------------------------------- */

#define TIMERS	20

static struct timer test_timers[TIMERS];
static unsigned test_order[TIMERS];
static unsigned test_fired;
static bool test_early;

static void test_timer_fired(struct timer *t)
{
	if (clock_ns() < timer_deadline(t))
		test_early = true;
	test_order[test_fired++] = (unsigned)(t - test_timers);
}

KTEST(timers_of_a_cpu_fire_in_order_and_not_early)
{
	u64 base;

	sched_set_affinity(current, BIT(cpu_id()));
	test_fired = 0;
	base = clock_ns() + 5 * NSEC_PER_MSEC;
	for (unsigned i = 0; i < TIMERS; i++) {
		timer_init(&test_timers[i], test_timer_fired, NULL);
		timer_arm(&test_timers[i], base + ((i * 7) % TIMERS) * 100 * NSEC_PER_USEC);
	}
	msleep(30);
	sched_set_affinity(current, ~0UL);
	KTEST_CHECK(test_fired == TIMERS);
	KTEST_CHECK(!test_early);
	for (unsigned i = 0; i < TIMERS; i++)
		KTEST_CHECK((test_order[i] * 7) % TIMERS == i);
}

static unsigned test_rearmed;

static void test_timer_rearms(struct timer *t)
{
	test_rearmed++;
	timer_arm(t, clock_ns() + 200 * NSEC_PER_USEC);
}

KTEST(cancel_sync_stops_a_timer_that_rearms_itself)
{
	struct timer t;
	unsigned seen;

	timer_init(&t, test_timer_rearms, NULL);
	test_rearmed = 0;
	timer_arm(&t, clock_ns());
	while (READ_ONCE(test_rearmed) < 10)
		msleep(1);
	timer_cancel_sync(&t);
	seen = test_rearmed;
	msleep(3);
	KTEST_CHECK(test_rearmed == seen);
	KTEST_CHECK(!timer_is_armed(&t));
}

KTEST(sleeping_takes_at_least_its_time)
{
	for (unsigned ms = 1; ms <= 8; ms *= 2) {
		u64 start = clock_ns();

		msleep(ms);
		KTEST_CHECK(clock_ns() - start >= ms * NSEC_PER_MSEC);
	}
}

KTEST(jiffies_go_on_while_all_sleep)
{
	unsigned long before = jiffies;

	msleep(50);
	KTEST_CHECK(jiffies - before >= 10);
}

/* ---- work ------------------------------------------------------------------- */

static unsigned test_runs;
static struct completion test_gate;

static void test_work_count(struct work_struct *work)
{
	__atomic_fetch_add(&test_runs, 1, __ATOMIC_SEQ_CST);
}

static void test_work_block(struct work_struct *work)
{
	wait_for_completion(&test_gate);
	test_work_count(work);
}

static void test_work_again(struct work_struct *work)
{
	test_work_count(work);
	schedule_work(work);
}

KTEST(work_runs_once_for_each_time_it_was_queued)
{
	DECLARE_WORK(work, test_work_count);

	test_runs = 0;
	KTEST_CHECK(schedule_work(&work));
	flush_work(&work);
	KTEST_CHECK(test_runs == 1);
	KTEST_CHECK(schedule_work(&work));
	flush_work(&work);
	KTEST_CHECK(test_runs == 2);
	KTEST_CHECK(!flush_work(&work));
}

KTEST(sleeping_works_do_not_stop_others)
{
	static struct work_struct blocked[6];
	DECLARE_WORK(work, test_work_count);

	init_completion(&test_gate);
	test_runs = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(blocked); i++) {
		INIT_WORK(&blocked[i], test_work_block);
		schedule_work(&blocked[i]);
	}
	schedule_work(&work);
	/* Returns only if the work ran although all other workers sleep. */
	flush_work(&work);
	KTEST_CHECK(test_runs == 1);
	complete_all(&test_gate);
	for (unsigned i = 0; i < ARRAY_SIZE(blocked); i++)
		flush_work(&blocked[i]);
	KTEST_CHECK(test_runs == 1 + ARRAY_SIZE(blocked));
}

KTEST(cancel_sync_ends_a_work_that_queues_itself)
{
	DECLARE_WORK(work, test_work_again);
	unsigned seen;

	test_runs = 0;
	schedule_work(&work);
	while (READ_ONCE(test_runs) < 10)
		yield();
	cancel_work_sync(&work);
	seen = test_runs;
	msleep(2);
	KTEST_CHECK(test_runs == seen);
}

KTEST(delayed_work_waits_and_can_be_taken_back)
{
	struct delayed_work dwork;
	u64 start = clock_ns();

	INIT_DELAYED_WORK(&dwork, test_work_count);
	test_runs = 0;
	KTEST_CHECK(schedule_delayed_work(&dwork, msecs_to_jiffies(20)));
	KTEST_CHECK(!schedule_delayed_work(&dwork, 0));
	while (!READ_ONCE(test_runs))
		msleep(1);
	KTEST_CHECK(clock_ns() - start >= 20 * NSEC_PER_MSEC);
	schedule_delayed_work(&dwork, msecs_to_jiffies(10000));
	KTEST_CHECK(cancel_delayed_work_sync(&dwork));
	schedule_delayed_work(&dwork, msecs_to_jiffies(10000));
	KTEST_CHECK(mod_delayed_work_ns(&dwork, 0));
	flush_work(&dwork.work);
	KTEST_CHECK(test_runs == 2);
}
