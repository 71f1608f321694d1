/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_load.h - helpers for hard cases of live patching: children that load the machine or sleep in a
 * certain function, and the module klp_pass, which patches functions of the kernel by name with
 * versions that call the originals.
 */
#ifndef TESTS_KLP_LOAD_H
#define TESTS_KLP_LOAD_H

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include "asleep.h"
#include "klp.h"

#define PASS		"klp_pass"

/* Starts a child that runs @body and is killed when this process ends. */
static inline pid_t load_start(void (*body)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body();
		_exit(0);
	}
	return pid;
}

static inline void load_end(pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		CHECK_EQ(kill(pids[i], SIGKILL), 0);
	for (int i = 0; i < n; i++)
		CHECK_EQ(waitpid(pids[i], NULL, 0), pids[i]);
}

static inline void load_spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

static inline void load_sleep(void)
{
	for (;;)
		pause();
}

static inline void load_pin(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned)cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

static inline const char *pass_blockers(void)
{
	static char text[64 * 1024];

	return slurp(KLP_SYSFS "/" PASS "/blockers", text, sizeof(text));
}

/* Patches @functions (one to four names, separated by commas); @more are further parameters. */
static inline int pass_insmod(const char *functions, const char *more)
{
	char args[256];

	snprintf(args, sizeof(args), "target=%s %s", functions, more);
	return insmod_args(PASS, args);
}

/* Waits for the end of the transition, and sends fake signals now and then. */
static inline void pass_settle(void)
{
	for (int round = 0; klp_read(PASS, "transition") == 1; round++) {
		if (round % 8 == 0)
			klp_write(PASS, "signal", "1");
		nap(1000);
	}
}

static inline void pass_unload(void)
{
	CHECK_EQ(klp_write(PASS, "enabled", "0"), 0);
	for (int round = 0; klp_exists(PASS); round++) {
		if (round % 8 == 0)
			klp_write(PASS, "signal", "1");
		nap(1000);
	}
	klp_wait_gone(PASS);
	CHECK_EQ(rmmod(PASS), 0);
}

static inline unsigned long pass_count(const char *parameter)
{
	char path[96], buf[32];

	snprintf(path, sizeof(path), "/sys/module/" PASS "/parameters/%s", parameter);
	return strtoul(slurp(path, buf, sizeof(buf)), NULL, 10);
}

/*
 * Checks that the kernel has logged no warning, and that the safety pass has found no task that the events
 * had missed.
 */
static inline void check_log_is_clean(void)
{
	CHECK(strstr(klp_log(), "WARNING") == NULL);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
}

#endif
