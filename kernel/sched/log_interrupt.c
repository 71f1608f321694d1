/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interrupt of the log: the work that printk() cannot do itself, since its caller may hold
 * any lock.
 *
 * It wakes the readers of the log.  If a message has interrupted a line of the terminal driver,
 * the line is written again after a short quiet time, below the messages.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/console.h>
#include <neurath/printk.h>
#include <neurath/timer.h>
#include <neurath/wait.h>

/* The quiet time of the log before a line is written again. */
#define LOG_QUIET_NS	(50 * NSEC_PER_MSEC)

/* Both belong to the CPU for which console_claim_mending() returned true. */
static struct timer log_quiet_timer;
static bool log_quiet_timer_ready;

static void log_is_quiet(struct timer *timer)
{
	console_mend();
}

/* Called by arch_raise_log_interrupt()'s interrupt, with no lock held. */
void printk_interrupt(void)
{
	wake_up_all(&printk_wait);
	if (!console_claim_mending())
		return;
	if (!log_quiet_timer_ready)
		timer_init(&log_quiet_timer, log_is_quiet, NULL);
	log_quiet_timer_ready = true;
	timer_arm(&log_quiet_timer, clock_ns() + LOG_QUIET_NS);
}
