/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init, process 1: starts the servers, then a shell on the console (or the autorun script), and
 * keeps both running.
 *
 *	main.c	  the event loop: signals, dead children, shutdown
 *	job.c	  processes that are restarted when they end, with back-off
 *	console.c session, terminal, shell, autorun
 *
 * Nothing is polled: servers report through a pipe that they are mounted, everything else is a
 * signal.
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A process that runs until it ends and is then started again. */
struct job {
	const char *name;
	/* In the new process: executes the program, returns only on failure. */
	void (*become)(const struct job *job);
	const char *path;
	bool is_server;
	/* of a server: status 0 means that there is no device to serve */
	bool is_optional;
	pid_t pid;			/* 0: not running */
	int status_fd;			/* a starting server's pipe, -1: none */
	int64_t started;		/* CLOCK_MONOTONIC ns */
	int64_t restart_at;		/* when not running */
	unsigned failures;		/* short lives in a row */
};

#define NEVER	INT64_MAX

/* ---- job.c ---------------------------------------------------------------------------------- */

int64_t monotonic_ns(void);
/* Starts @job; false if there is no memory for a process (init retries later). */
bool job_start(struct job *job);
/* @job has ended with @status as of wait(2): logs a failure, plans the restart. */
void job_ended(struct job *job, int status);
/* Waits until the server has mounted itself; false if it died before that. */
bool job_wait_mounted(struct job *job);
/* printf to the kernel log. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- console.c ------------------------------------------------------------------------------ */

/* New session with the console as controlling terminal and descriptors 0 to 2: 0 or -errno. */
int console_take(void);
void become_shell(const struct job *job);
void become_autorun(const struct job *job);
bool console_has_autorun(void);
void console_greet(void);
/* Waits until all output has been sent. */
void console_drain(void);

#endif
