/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts for /proc/stat and /proc/loadavg.  Sums over CPUs are taken without locks: each part is
 * exact, and the parts may be of slightly different moments.
 */
#include "fair.h"

#define LOAD_PERIOD	(5 * NSEC_PER_SEC)
#define LOAD_SHIFT	11
/* exp(-5 s / 1, 5, 15 min) in fixed point. */
static const unsigned long load_decay[3] = { 1884, 2014, 2037 };

static unsigned long load_average[3];
static struct timer load_timer;

unsigned nr_running(void)
{
	unsigned n = 0;

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

static unsigned long load_active(void)
{
	long n = nr_running();

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		n += READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
	return n > 0 ? (unsigned long)n : 0;
}

static void load_sample(struct timer *timer)
{
	unsigned long active = load_active() << LOAD_SHIFT, one = 1UL << LOAD_SHIFT;

	for (unsigned i = 0; i < 3; i++) {
		unsigned long avg = load_average[i] * load_decay[i] +
				    active * (one - load_decay[i]);

		/* Rounded up while it grows, or it would not reach its limit. */
		if (active >= load_average[i])
			avg += one - 1;
		WRITE_ONCE(load_average[i], avg >> LOAD_SHIFT);
	}
	timer_arm(timer, timer_deadline(timer) + LOAD_PERIOD);
}

void sched_loadavg(unsigned long load[3])
{
	for (unsigned i = 0; i < 3; i++)
		load[i] = READ_ONCE(load_average[i]);
}

void sched_cpu_stat(unsigned cpu, struct sched_cpu_stat *out)
{
	struct rq *rq = cpu_rq(cpu);
	unsigned long flags;

	spin_lock_irqsave(&rq->lock, flags);
	if (rq->curr == rq->idle && rq->online)
		fair_update_curr(rq);
	*out = (struct sched_cpu_stat){
		.user_ns = rq->user_ns,
		.sys_ns = rq->sys_ns,
		.idle_ns = rq->idle ? rq->idle->se.sum_exec : 0,
		.switches = rq->switches,
	};
	spin_unlock_irqrestore(&rq->lock, flags);
}

/*
 * The time that @t has run, until now.  Under the lock: a tick moves a part from "since
 * exec_start" to sum_exec, and a reader between the two stores would lose the part, or count it
 * twice; then the next reading is smaller than the last one.
 */
static u64 task_runtime(struct task *t)
{
	unsigned long flags = irq_save();
	struct rq *rq = task_rq_lock(t);
	u64 total = t->se.sum_exec, now = clock_ns(), since = t->se.exec_start;

	/* The clocks of two CPUs may differ by a small amount. */
	if (rq->curr == t && now > since)
		total += now - since;
	spin_unlock(&rq->lock);
	irq_restore(flags);
	return total;
}

/*
 * The sum is exact; the ticks only divide it into user and system time.  Without a sample all of
 * it counts as user time.
 */
void task_cputime(struct task *t, u64 *user_ns, u64 *sys_ns)
{
	u64 total = task_runtime(t), user = READ_ONCE(t->se.sum_user);
	u64 sampled = user + READ_ONCE(t->se.sum_sys);

	/* In microseconds, so that the product does not overflow for centuries. */
	if (sampled >= NSEC_PER_USEC)
		user = (total / NSEC_PER_USEC) * (user / NSEC_PER_USEC) /
		       (sampled / NSEC_PER_USEC) * NSEC_PER_USEC;
	else
		user = total;
	*user_ns = min(user, total);
	*sys_ns = total - *user_ns;
}

void load_init(void)
{
	timer_init(&load_timer, load_sample, NULL);
	timer_arm(&load_timer, clock_ns() + LOAD_PERIOD);
}
