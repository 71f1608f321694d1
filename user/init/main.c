/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Process 1: the event loop.  See init.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <neurath.h>
#include "init.h"

#define MAX_STATUS	63	/* the largest status that the emulator can return */

static void become_server(const struct job *job)
{
	setsid();
	execl(job->path, job->path, (char *)NULL);
}

enum { RAMFS, TTY, HOSTFS, CONSOLE, JOBS };

static struct job jobs[JOBS] = {
	[RAMFS] = { "ramfs", become_server, "/boot/ramfs", .is_server = true, .status_fd = -1 },
	[TTY] = { "tty", become_server, "/boot/tty", .is_server = true, .status_fd = -1 },
	[HOSTFS] = { "hostfs", become_server, "/boot/hostfs", .is_server = true,
		     .is_optional = true, .status_fd = -1 },
	[CONSOLE] = { "shell", become_shell, "/bin/sh", .status_fd = -1 },
};
static bool autorun;

/* The words of busybox: poweroff, reboot and halt signal process 1. */
static const struct {
	int signal, command;
	const char *text;
} shutdowns[] = {
	{ SIGUSR2, RB_POWER_OFF, "power off" },
	{ SIGTERM, RB_AUTOBOOT, "restart" },
	{ SIGUSR1, RB_HALT_SYSTEM, "halt" },
};

static void shut_down(int command, const char *text)
{
	say("%s", text);
	sync();
	console_drain();
	reboot(command);
	say("cannot %s: %s", text, strerror(errno));
}

/* The script has ended: the machine ends, and the script's status becomes the emulator's. */
static void finish_autorun(int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	long ret;

	console_drain();
	ret = neurath_exit(code < MAX_STATUS ? code : MAX_STATUS);
	say("the script ended with status %d; no exit device (error %ld)", code, -ret);
	shut_down(RB_POWER_OFF, "power off");
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (autorun && pid == jobs[CONSOLE].pid)
			finish_autorun(status);
		/* A process that is none of the jobs is an orphan and is only reaped. */
		for (int i = 0; i < JOBS; i++)
			if (jobs[i].pid == pid)
				job_ended(&jobs[i], status);
	}
}

/* Starts jobs that are due; returns when the next one is due. */
static int64_t start_due(void)
{
	int64_t next = NEVER, now = monotonic_ns();

	for (int i = 0; i < JOBS; i++) {
		if (!jobs[i].pid && jobs[i].restart_at <= now)
			job_start(&jobs[i]);
		if (!jobs[i].pid && jobs[i].restart_at < next)
			next = jobs[i].restart_at;
	}
	return next;
}

static void take_signal(int signal)
{
	for (size_t i = 0; i < sizeof(shutdowns) / sizeof(shutdowns[0]); i++)
		if (shutdowns[i].signal == signal)
			shut_down(shutdowns[i].command, shutdowns[i].text);
}

/* Waits for a signal of @set, until @until at most. */
static void wait_event(const sigset_t *set, int64_t until)
{
	int64_t left = until - monotonic_ns();
	struct timespec ts = { left / 1000000000, left % 1000000000 };
	int signal;

	if (until == NEVER)
		signal = sigwaitinfo(set, NULL);
	else
		signal = left > 0 ? sigtimedwait(set, NULL, &ts) : 0;
	if (signal > 0)
		take_signal(signal);
}

static void set_hostname(void)
{
	char name[65];
	int fd = open("/etc/hostname", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	name[n] = '\0';
	name[strcspn(name, "\n")] = '\0';
	sethostname(name, strlen(name));
}

/* The servers start side by side. One that dies now is restarted like later ones. */
static void start_servers(void)
{
	for (int i = RAMFS; i <= HOSTFS; i++)
		job_start(&jobs[i]);
	for (int i = RAMFS; i <= HOSTFS; i++)
		if (!job_wait_mounted(&jobs[i]) && !jobs[i].is_optional)
			say("%s did not start", jobs[i].name);
}

int main(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof(shutdowns) / sizeof(shutdowns[0]); i++)
		sigaddset(&set, shutdowns[i].signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
	start_servers();
	set_hostname();
	autorun = console_has_autorun();
	if (autorun)
		jobs[CONSOLE].become = become_autorun;
	else
		console_greet();
	for (;;) {
		int64_t next = start_due();

		wait_event(&set, next);
		reap();
	}
}
