/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks, and system calls that sleep until a time.
 *
 * There is one clock: nanoseconds since boot.  The real-time clock is its value plus an offset,
 * which clock_settime() changes.  A sleep is a deadline on the boot clock.  It is computed once,
 * so the restart of an interrupted sleep does not extend it, and a sleep until a real time keeps
 * its length if that clock is set meanwhile.
 */
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <neurath/vdso.h>
#include <uapi/time.h>
#include <neurath/timeconv.h>

/* The sum that clock_settime() has added to the offset that was read at boot. (a) */
static s64 realtime_adjustment;

static u64 realtime_offset(void)
{
	return clock_realtime_offset_ns() + (u64)READ_ONCE(realtime_adjustment);
}

u64 clock_realtime_ns(void)
{
	return clock_ns() + realtime_offset();
}

/* ---- reading and setting ---------------------------------------------------- */

static int clock_read(int clock, u64 *ns)
{
	u64 user, sys;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = clock_realtime_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = clock_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		process_times(current->process, &user, &sys);
		break;
	case CLOCK_THREAD_CPUTIME_ID:
		task_cputime(current, &user, &sys);
		break;
	default:
		return -EINVAL;
	}
	*ns = user + sys;
	return 0;
}

SYSCALL_DEFINE2(clock_gettime, int, clock, struct timespec __user *, utime)
{
	struct timespec ts;
	u64 ns;
	int error = clock_read(clock, &ns);

	if (error)
		return error;
	ts = timespec_of_ns(ns);
	return copy_to_user(utime, &ts, sizeof(ts)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(clock_getres, int, clock, struct timespec __user *, ures)
{
	struct timespec ts = { .tv_nsec = 1 };
	u64 ns;
	int error = clock_read(clock, &ns);

	if (error || !ures)
		return error;
	return copy_to_user(ures, &ts, sizeof(ts)) ? -EFAULT : 0;
}

static long realtime_set(u64 ns)
{
	if (!is_superuser())
		return -EPERM;
	WRITE_ONCE(realtime_adjustment, (s64)(ns - clock_ns() - clock_realtime_offset_ns()));
	vdso_set_realtime(realtime_offset());
	return 0;
}

SYSCALL_DEFINE2(clock_settime, int, clock, const struct timespec __user *, utime)
{
	struct timespec ts;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	if (copy_from_user(&ts, utime, sizeof(ts)))
		return -EFAULT;
	if (!timespec_is_valid(&ts))
		return -EINVAL;
	return realtime_set(timespec_to_ns(&ts));
}

SYSCALL_DEFINE2(gettimeofday, struct timeval __user *, utime, void __user *, uzone)
{
	struct timeval tv = timeval_of_ns(clock_realtime_ns());
	int zone[2] = { 0, 0 };

	if (utime && copy_to_user(utime, &tv, sizeof(tv)))
		return -EFAULT;
	if (uzone && copy_to_user(uzone, zone, sizeof(zone)))
		return -EFAULT;
	return 0;
}

/* The time zone is ignored: the kernel has none. */
SYSCALL_DEFINE2(settimeofday, const struct timeval __user *, utime, const void __user *, uzone)
{
	struct timeval tv;

	if (!utime)
		return is_superuser() ? 0 : -EPERM;
	if (copy_from_user(&tv, utime, sizeof(tv)))
		return -EFAULT;
	if (!timeval_is_valid(&tv))
		return -EINVAL;
	return realtime_set(timeval_to_ns(&tv));
}

SYSCALL_DEFINE1(time, long __user *, utime)
{
	long seconds = (long)(clock_realtime_ns() / NSEC_PER_SEC);

	if (utime && put_user(seconds, utime))
		return -EFAULT;
	return seconds;
}

/* ---- sleeping --------------------------------------------------------------- */

static long nanosleep_report(struct timespec __user *urem, u64 deadline)
{
	u64 now = clock_ns();
	struct timespec left = timespec_of_ns(deadline > now ? deadline - now : 0);

	return urem && copy_to_user(urem, &left, sizeof(left)) ? -EFAULT : 0;
}

static long nanosleep_relative(struct restart_block *restart)
{
	int error = sleep_until_interruptible(restart->deadline_ns);

	if (!error)
		return 0;
	error = (int)nanosleep_report((void __user *)restart->arg[0], restart->deadline_ns);
	return error ? error : -ERESTART_RESTARTBLOCK;
}

static long nanosleep_start(u64 deadline, struct timespec __user *urem)
{
	struct restart_block *restart = &current->restart;

	restart->fn = nanosleep_relative;
	restart->deadline_ns = deadline;
	restart->arg[0] = (unsigned long)urem;
	return nanosleep_relative(restart);
}

SYSCALL_DEFINE2(nanosleep, const struct timespec __user *, ureq, struct timespec __user *, urem)
{
	struct timespec ts;

	if (copy_from_user(&ts, ureq, sizeof(ts)))
		return -EFAULT;
	if (!timespec_is_valid(&ts))
		return -EINVAL;
	return nanosleep_start(deadline_after(timespec_to_ns(&ts)), urem);
}

/* The boot-clock time at which @clock shows @ns. */
static u64 clock_deadline(int clock, u64 ns)
{
	u64 offset = clock == CLOCK_REALTIME ? realtime_offset() : 0;

	return ns > offset ? ns - offset : 0;
}

SYSCALL_DEFINE4(clock_nanosleep, int, clock, int, flags, const struct timespec __user *, ureq,
		struct timespec __user *, urem)
{
	struct timespec ts;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
		return clock == CLOCK_PROCESS_CPUTIME_ID ? -EOPNOTSUPP : -EINVAL;
	if (copy_from_user(&ts, ureq, sizeof(ts)))
		return -EFAULT;
	if (!timespec_is_valid(&ts))
		return -EINVAL;
	if (!(flags & TIMER_ABSTIME))
		return nanosleep_start(deadline_after(timespec_to_ns(&ts)), urem);
	/* A repeated call has the same deadline, so nothing has to be stored. */
	if (sleep_until_interruptible(clock_deadline(clock, timespec_to_ns(&ts))))
		return -ERESTARTNOHAND;
	return 0;
}
