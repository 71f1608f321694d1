/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interval timers of processes: alarm(2), setitimer(2).
 *
 * ITIMER_REAL is a timer, allocated at its first use.  ITIMER_VIRTUAL and ITIMER_PROF count down
 * in ticks of 4 ms while threads of the process run. process->lock protects everything; it is
 * held with interrupts off.
 */
#include <neurath/itimer.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <uapi/time.h>
#include <neurath/timeconv.h>

/* A shorter period is extended to this, or the signals would take the whole CPU. */
#define ITIMER_MIN_PERIOD	(100 * NSEC_PER_USEC)

/* Value and interval, in ns. */
struct itimer_setting {
	u64 value;
	u64 interval;
};

/* ---- real time -------------------------------------------------------------- */

/*
 * Runs in the timer interrupt.  If setitimer() armed the timer again while this function waited
 * for the lock, the interval belongs to the new setting.
 */
static void itimer_real_fired(struct timer *timer)
{
	struct process *p = timer->arg;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	if (p->itimer_real_interval && !timer_is_armed(timer)) {
		u64 next = timer_deadline(timer) + p->itimer_real_interval, now = clock_ns();

		/* Missed periods are not repeated. */
		timer_arm(timer, max(next, now + ITIMER_MIN_PERIOD));
	}
	spin_unlock_irqrestore(&p->lock, flags);
	send_signal_process(SIGALRM, NULL, p);
}

/* The timer of current's process; NULL = no memory. */
static struct timer *itimer_real_get(struct process *p)
{
	struct timer *new, *timer = READ_ONCE(p->itimer_real);

	if (timer)
		return timer;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	timer_init(new, itimer_real_fired, p);
	timer = cmpxchg(&p->itimer_real, NULL, new);
	if (!timer)
		return new;
	kfree(new);
	return timer;
}

/* Caller holds p->lock. */
static struct itimer_setting itimer_real_read(struct process *p)
{
	struct timer *timer = p->itimer_real;
	struct itimer_setting s = { .interval = p->itimer_real_interval };
	u64 now = clock_ns();

	assert_spin_held(&p->lock);
	if (timer && timer_is_armed(timer))
		s.value = timer_deadline(timer) > now ? timer_deadline(timer) - now : 1;
	return s;
}

static int itimer_real_set(const struct itimer_setting *new, struct itimer_setting *old)
{
	struct process *p = current->process;
	struct timer *timer = NULL;
	unsigned long flags;

	if (new->value) {
		timer = itimer_real_get(p);
		if (!timer)
			return -ENOMEM;
	}
	spin_lock_irqsave(&p->lock, flags);
	*old = itimer_real_read(p);
	p->itimer_real_interval = new->value ? new->interval : 0;
	if (new->value)
		timer_arm(timer, deadline_after(new->value));
	else if (p->itimer_real)
		timer_cancel(p->itimer_real);
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

void itimer_process_exit(struct process *p)
{
	struct timer *timer;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	timer = p->itimer_real;
	p->itimer_real = NULL;
	p->itimer_real_interval = 0;
	spin_unlock_irqrestore(&p->lock, flags);
	if (timer) {
		timer_cancel_sync(timer);
		kfree(timer);
	}
}

/* ---- CPU time --------------------------------------------------------------- */

/* True if the timer has expired. */
static bool itimer_cpu_count(struct cpu_itimer *it, u64 delta)
{
	if (!it->left_ns)
		return false;
	if (it->left_ns > delta) {
		it->left_ns -= delta;
		return false;
	}
	it->left_ns = it->interval_ns;
	return true;
}

/*
 * RLIMIT_CPU, in seconds: SIGXCPU at the soft limit and every second after it, SIGKILL at the
 * hard limit.
 */
static void itimer_check_cpu_limit(struct process *p)
{
	struct rlimit64 *limit = &p->rlim[RLIMIT_CPU];
	u64 user, sys, seconds;
	unsigned long flags;
	int sig = 0;

	process_times(p, &user, &sys);
	seconds = (user + sys) / NSEC_PER_SEC;
	spin_lock_irqsave(&p->lock, flags);
	if (seconds >= limit->max) {
		sig = SIGKILL;
	} else if (seconds >= limit->cur) {
		sig = SIGXCPU;
		limit->cur = seconds + 1;
	}
	spin_unlock_irqrestore(&p->lock, flags);
	if (sig)
		send_signal_process(sig, NULL, p);
}

static void itimer_cpu_tick(struct task *t, u64 delta, bool user)
{
	struct process *p = t->process;
	struct cpu_itimer *virtual = &p->itimer_cpu[0], *prof = &p->itimer_cpu[1];
	bool virtual_out, prof_out;
	unsigned long flags;

	if (unlikely(READ_ONCE(p->rlim[RLIMIT_CPU].cur) != RLIM_INFINITY))
		itimer_check_cpu_limit(p);
	/* A setting that is made at this moment counts from the next tick on. */
	if (likely(!READ_ONCE(virtual->left_ns) && !READ_ONCE(prof->left_ns)))
		return;
	spin_lock_irqsave(&p->lock, flags);
	virtual_out = user && itimer_cpu_count(virtual, delta);
	prof_out = itimer_cpu_count(prof, delta);
	spin_unlock_irqrestore(&p->lock, flags);
	if (virtual_out)
		send_signal_process(SIGVTALRM, NULL, p);
	if (prof_out)
		send_signal_process(SIGPROF, NULL, p);
}

LIFE_HOOK(itimer_life) = { .tick = itimer_cpu_tick };

static void itimer_cpu_set(unsigned index, const struct itimer_setting *new,
			   struct itimer_setting *old)
{
	struct process *p = current->process;
	struct cpu_itimer *it = &p->itimer_cpu[index];
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	*old = (struct itimer_setting){ .value = it->left_ns, .interval = it->interval_ns };
	if (new)
		*it = (struct cpu_itimer){ .left_ns = new->value, .interval_ns = new->interval };
	spin_unlock_irqrestore(&p->lock, flags);
}

/* ---- system calls ----------------------------------------------------------- */

static struct itimerval itimer_to_user(const struct itimer_setting *s)
{
	return (struct itimerval){ .it_interval = timeval_of_ns(s->interval),
				   .it_value = timeval_of_ns(s->value) };
}

SYSCALL_DEFINE2(getitimer, int, which, struct itimerval __user *, uvalue)
{
	struct process *p = current->process;
	struct itimer_setting old;
	struct itimerval value;
	unsigned long flags;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	if (which == ITIMER_REAL) {
		spin_lock_irqsave(&p->lock, flags);
		old = itimer_real_read(p);
		spin_unlock_irqrestore(&p->lock, flags);
	} else {
		itimer_cpu_set(which - ITIMER_VIRTUAL, NULL, &old);
	}
	value = itimer_to_user(&old);
	return copy_to_user(uvalue, &value, sizeof(value)) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(setitimer, int, which, const struct itimerval __user *, uvalue,
		struct itimerval __user *, uold)
{
	struct itimer_setting new = { 0 }, old;
	struct itimerval value = { 0 };
	int error = 0;

	if (uvalue && copy_from_user(&value, uvalue, sizeof(value)))
		return -EFAULT;
	if (!timeval_is_valid(&value.it_value) || !timeval_is_valid(&value.it_interval))
		return -EINVAL;
	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	new.value = timeval_to_ns(&value.it_value);
	new.interval = timeval_to_ns(&value.it_interval);
	if (which == ITIMER_REAL)
		error = itimer_real_set(&new, &old);
	else
		itimer_cpu_set(which - ITIMER_VIRTUAL, &new, &old);
	if (error || !uold)
		return error;
	value = itimer_to_user(&old);
	return copy_to_user(uold, &value, sizeof(value)) ? -EFAULT : 0;
}

/* The rest of an earlier alarm in seconds, rounded so that a rest is not reported as 0. */
SYSCALL_DEFINE1(alarm, unsigned, seconds)
{
	struct itimer_setting new = { .value = seconds * NSEC_PER_SEC }, old;
	int error = itimer_real_set(&new, &old);

	if (error)
		return 0;
	if (old.value && old.value < NSEC_PER_SEC / 2)
		return 1;
	return (long)((old.value + NSEC_PER_SEC / 2) / NSEC_PER_SEC);
}
