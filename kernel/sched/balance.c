/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Choice of a CPU: for a task that wakes up, for a CPU without work, and periodically for queues
 * of unequal length.
 *
 * Other queues are read without their locks.  A stale length leads to a worse choice, which the
 * next balancing repairs.
 */
#include "fair.h"

#define BALANCE_PERIOD	(50 * NSEC_PER_MSEC)
/* The number of nodes of a queue that a thief examines. */
#define STEAL_LOOKS	16

static __always_inline bool cpu_is_free_for(unsigned cpu, u64 allowed)
{
	return (allowed & BIT(cpu)) && rq_is_idle(cpu_rq(cpu));
}

u64 sched_online_mask(void)
{
	u64 mask = 0;

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		if (READ_ONCE(cpu_rq(cpu)->online))
			mask |= BIT(cpu);
	return mask;
}

static unsigned sched_least_loaded(u64 allowed, unsigned preferred)
{
	unsigned best = preferred, load = ~0U;

	if (allowed & BIT(preferred))
		load = READ_ONCE(cpu_rq(preferred)->nr_running);
	for (u64 left = allowed; left && load; left &= left - 1) {
		unsigned cpu = __builtin_ctzl(left), n = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (n < load) {
			best = cpu;
			load = n;
		}
	}
	return best;
}

/*
 * The task's old CPU if it is idle: its caches may still hold the task's data.  Else this CPU if
 * it is idle (the waker is an interrupt), else any idle CPU, else the one with the shortest
 * queue.
 */
unsigned sched_select_cpu(const struct task *t)
{
	u64 allowed = t->se.cpus_allowed;
	unsigned prev = t->cpu, here = cpu_id();

	if (cpu_is_free_for(prev, allowed) && READ_ONCE(cpu_rq(prev)->online))
		return prev;
	if (cpu_is_free_for(here, allowed))
		return here;
	return sched_least_loaded(allowed & sched_online_mask(), prev);
}

/* ---- wakers ----------------------------------------------------------------- */

/*
 * A client that calls a server, a shell that starts a command, the writer of a pipe whose reader
 * answers: such a task wakes another task and then sleeps.  The woken task runs best on the same
 * CPU, right after the waker.  Another CPU would have to be interrupted and leave its halt, which
 * in a virtual machine costs as much as a hundred switches.  The past behaviour of a task decides
 * whether it is treated as such a waker.
 */
#define WAKER_MAX_SCORE		8

bool sched_waker_sleeps_soon(void)
{
	struct sched_entity *se = &current->se;

	/* A wake-up from a timer is not an act of current. */
	if ((current->pflags & PF_IDLE) || timer_interrupt_regs())
		return false;
	/* The second in a row: more may follow, and the woken tasks could run in parallel. */
	if (se->has_woken)
		se->sync_score -= min_t(u8, se->sync_score, 2);
	se->has_woken = true;
	return se->sync_score >= WAKER_SYNC_SCORE;
}

void sched_waker_slept(struct task *t)
{
	t->se.has_woken = false;
	if (t->se.sync_score < WAKER_MAX_SCORE)
		t->se.sync_score++;
}

void sched_waker_went_on(struct task *t)
{
	t->se.has_woken = false;
	t->se.sync_score /= 2;
}

unsigned sched_find_helper(const struct rq *rq)
{
	struct task *t;

	assert_spin_held(&rq->lock);
	if (!rq->queue.root)
		return nr_cpus;
	t = container_of(rq->queue.root, struct task, se.run_node);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		if (cpu_is_free_for(cpu, t->se.cpus_allowed) && READ_ONCE(cpu_rq(cpu)->online))
			return cpu;
	return nr_cpus;
}

/* ---- stealing and balancing ------------------------------------------------- */

/* A task of @src that may run on @cpu, at most STEAL_LOOKS nodes deep; or NULL. */
static struct task *steal_candidate(const struct rq *src, unsigned cpu)
{
	struct pheap_node *node = src->queue.root;

	for (unsigned looks = 0; node && looks < STEAL_LOOKS; looks++) {
		struct task *t = container_of(node, struct task, se.run_node);

		if (t->se.cpus_allowed & BIT(cpu))
			return t;
		node = node->child ? node->child : node->next;
	}
	return NULL;
}

static bool steal_from(struct rq *rq, struct rq *src)
{
	struct task *t;

	/* Does not wait for a second queue: two thieves could wait for each other. */
	if (!spin_trylock(&src->lock))
		return false;
	t = steal_candidate(src, rq->cpu);
	if (t) {
		pheap_remove(&src->queue, &t->se.run_node);
		src->nr_running--;
		fair_place(rq, t);
		WRITE_ONCE(t->cpu, rq->cpu);
		t->se.run_node.key = t->se.vruntime;
		pheap_insert(&rq->queue, &t->se.run_node);
		rq->nr_running++;
	}
	spin_unlock(&src->lock);
	return t;
}

static struct rq *sched_busiest(const struct rq *rq, unsigned threshold)
{
	struct rq *busiest = NULL;

	for (unsigned i = 1; i < nr_cpus; i++) {
		struct rq *other = cpu_rq((rq->cpu + i) % nr_cpus);
		unsigned n = READ_ONCE(other->nr_running);

		if (n >= threshold) {
			busiest = other;
			threshold = n + 1;
		}
	}
	return busiest;
}

bool sched_steal(struct rq *rq)
{
	struct rq *src = sched_busiest(rq, 2);

	assert_spin_held(&rq->lock);
	return src && rq->online && steal_from(rq, src);
}

void sched_balance(struct rq *rq)
{
	struct rq *src;

	assert_spin_held(&rq->lock);
	if (rq->clock < rq->next_balance)
		return;
	rq->next_balance = rq->clock + BALANCE_PERIOD;
	src = sched_busiest(rq, rq->nr_running + 2);
	if (src)
		steal_from(rq, src);
}
