/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_traced.c - tasks that are stopped, by a signal or by their tracer, during a transition. A
 * look at their stack decides about them, as for any sleeper. The fake signal does not wake them.
 * They block if a patched function is on their stack. The transition then ends when they continue,
 * are detached, or are killed.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "asleep.h"
#include "klp.h"
#include "trace.h"
#include "klp_text.h"

#define PATCH	"klp_stops_patch"
#define SAMPLE	"livepatch_sample"
#define PERIOD	"/proc/sys/kernel/livepatch_signal_period_ms"

/* Returns the line of @pid in the blockers of the patch, in a static buffer, or "" if there is no line. */
static const char *blocker_line(pid_t pid)
{
	static char text[8192];
	char start[32];

	snprintf(start, sizeof(start), "%d ", pid);
	slurp(KLP_SYSFS "/" PATCH "/blockers", text, sizeof(text));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (strncmp(line, start, strlen(start)) == 0)
			return line;
	return "";
}

/* Patches @function and checks that @pid, with state @letter, is the only one that blocks it. */
static void patch_blocked_by(pid_t pid, const char *function, const char *words, char letter)
{
	char args[64], reason[128];

	snprintf(args, sizeof(args), "target=%s", function);
	CHECK_EQ(insmod_args(PATCH, args), 0);
	/* Tasks that run during the enable change over without help; stopped tasks do not. */
	while (patch_state(getpid()) != 1)
		sched_yield();
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
	CHECK_EQ(patch_state(pid), 0);
	snprintf(reason, sizeof(reason), "%c pending: %s %s+0x", letter, words, function);
	if (!strstr(blocker_line(pid), reason))
		CHECK_FAIL("blockers: '%s', expected '%s'", blocker_line(pid), reason);
	CHECK_EQ(thread_state(pid, pid), letter);
}

/* A fake signal, written to `signal` or automatic, leaves the task stopped, and the transition waits. */
static void fake_signal_leaves_it_stopped(pid_t pid, char letter)
{
	klp_log_clear();
	CHECK_EQ(klp_write(PATCH, "signal", "1"), 0);
	CHECK(strstr(klp_log_lines(), "signaling remaining tasks") != NULL);
	CHECK_EQ(thread_state(pid, pid), letter);
	klp_log_clear();
	CHECK_EQ(spit(PERIOD, "20"), 0);
	while (!strstr(klp_log_lines(), "signaling remaining tasks"))
		nap(1000);
	CHECK_EQ(spit(PERIOD, "15000"), 0);
	CHECK_EQ(thread_state(pid, pid), letter);
	CHECK_EQ(patch_state(pid), 0);
	CHECK_EQ(klp_read(PATCH, "transition"), 1);
}

static void patch_gone(void)
{
	klp_wait(PATCH);
	klp_unload(PATCH);
}

static void forks_twice(void)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static pid_t tracee_in_fork_event(void)
{
	pid_t pid = tracee(forks_twice);

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_FORK));
	return pid;
}

/* The test also traces the child of the fork event. */
static void let_child_of_event_go(pid_t pid)
{
	unsigned long child;

	CHECK_EQ(trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&child), 0);
	CHECK_EQ(trace_wait(child), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace(PTRACE_DETACH, child, 0, 0), 0);
}

static void continuing_ends_the_transition(void)
{
	pid_t pid = tracee_in_fork_event(), child;
	int status;

	let_child_of_event_go(pid);
	patch_blocked_by(pid, "ptrace_event", "stopped by its tracer in", 't');
	fake_signal_leaves_it_stopped(pid, 't');
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGCHLD));
	klp_wait(PATCH);
	/*
	 * The second fork runs the new function: the child is traced, but the tracer gets no
	 * event.
	 */
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	child = waitpid(-1, &status, __WALL);
	CHECK(child != pid && status == TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace(PTRACE_DETACH, child, 0, 0), 0);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGCHLD));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);
	patch_gone();
}

static void raises(void)
{
	raise(SIGUSR1);
	raise(SIGUSR1);
}

static void detaching_ends_the_transition(void)
{
	pid_t pid = tracee(raises);
	int status;

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	patch_blocked_by(pid, "ptrace_signal", "stopped by its tracer in", 't');
	fake_signal_leaves_it_stopped(pid, 't');
	CHECK_EQ(trace(PTRACE_DETACH, pid, 0, 0), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGUSR1);		/* the second SIGUSR1 kills the task */
	patch_gone();
}

static void killing_ends_the_transition(void)
{
	pid_t pid = tracee(forks_twice);
	int status;

	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_STOPPED(SIGTRAP));
	patch_blocked_by(pid, "ptrace_syscall_entry", "stopped by its tracer in", 't');
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGKILL);
	patch_gone();
}

static void death_of_the_tracer_ends_the_transition(void)
{
	int told[2], status;
	pid_t tracer, pid;

	CHECK_EQ(pipe(told), 0);
	tracer = fork();
	if (tracer == 0) {
		pid = tracee_in_fork_event();
		let_child_of_event_go(pid);
		CHECK_EQ(write(told[1], &pid, sizeof(pid)), sizeof(pid));
		for (;;)
			pause();
	}
	CHECK_EQ(read(told[0], &pid, sizeof(pid)), sizeof(pid));
	patch_blocked_by(pid, "ptrace_event", "stopped by its tracer in", 't');
	kill(tracer, SIGKILL);
	CHECK_EQ(waitpid(tracer, &status, 0), tracer);
	patch_gone();
}

static void sleeps(void)
{
	for (;;)
		pause();
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sleeps();
	}
	wait_asleep(pid);
	return pid;
}

static void stopped_job_blocks_until_it_is_continued(void)
{
	pid_t pid = sleeper();
	int status;

	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	while (thread_state(pid, pid) != 'T')
		sched_yield();
	patch_blocked_by(pid, "signal_stop_self", "stopped in", 'T');
	fake_signal_leaves_it_stopped(pid, 'T');
	CHECK_EQ(kill(pid, SIGCONT), 0);
	klp_wait(PATCH);
	/* With the new function the task does not stop any more. */
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	wait_asleep(pid);
	klp_unload(PATCH);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
}

/* A reversal leads back to the old functions. A task that is stopped in one of them need not leave it. */
static void reversal_does_not_wait_for_a_stopped_task(void)
{
	pid_t pid = tracee_in_fork_event();

	let_child_of_event_go(pid);
	patch_blocked_by(pid, "ptrace_event", "stopped by its tracer in", 't');
	CHECK_EQ(klp_write(PATCH, "enabled", "0"), 0);
	klp_wait_gone(PATCH);
	CHECK_EQ(rmmod(PATCH), 0);
	CHECK_EQ(thread_state(pid, pid), 't');
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGCHLD));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_FORK));	/* from the old function */
	let_child_of_event_go(pid);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_EQ(trace_wait(pid), SIGKILL);
}

static void stops_outside_of_the_patch_do_not_block(void)
{
	pid_t traced = tracee_in_fork_event(), stopped = sleeper();
	int status;

	let_child_of_event_go(traced);
	CHECK_EQ(kill(stopped, SIGSTOP), 0);
	CHECK_EQ(waitpid(stopped, &status, WUNTRACED), stopped);
	CHECK_EQ(insmod("livepatch-sample"), 0);
	klp_wait(SAMPLE);
	klp_unload(SAMPLE);
	CHECK_EQ(thread_state(traced, traced), 't');
	CHECK_EQ(thread_state(stopped, stopped), 'T');
	kill(traced, SIGKILL);
	CHECK_EQ(trace_wait(traced), SIGKILL);
	kill(stopped, SIGKILL);
	CHECK_EQ(waitpid(stopped, &status, 0), stopped);
}

/* ---- threads ------------------------------------------------------------------------ */

static void *waits(void *arg)
{
	sleeps();
	return NULL;
}

static void two_threads(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, waits, NULL);
	sleeps();
}

static int thread_patch_state(pid_t pid, pid_t tid)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/patch_state", pid, tid);
	slurp(path, text, sizeof(text));
	return text[0] ? atoi(text) : -99;
}

/* One thread is stopped in the old function, while the other thread has changed over. */
static void each_thread_has_its_own_patch_state(void)
{
	pid_t pid = tracee(two_threads), thread;
	unsigned long message;

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACECLONE), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_CLONE));
	CHECK_EQ(trace(PTRACE_GETEVENTMSG, pid, 0, (unsigned long)&message), 0);
	thread = message;
	CHECK_EQ(trace_wait(thread), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace(PTRACE_CONT, thread, 0, 0), 0);
	wait_thread_asleep(pid, thread);
	patch_blocked_by(pid, "ptrace_event", "stopped by its tracer in", 't');
	CHECK_EQ(thread_patch_state(pid, pid), 0);
	CHECK_EQ(thread_patch_state(pid, thread), 1);
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	klp_wait(PATCH);
	CHECK_EQ(thread_patch_state(pid, pid), -1);
	CHECK_EQ(thread_patch_state(pid, thread), -1);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	klp_unload(PATCH);
}

/* ---- under load --------------------------------------------------------------------- */

static void forks_for_ever(void)
{
	for (;;)
		forks_twice();
}

static volatile unsigned long *stops;	/* of all tracees of follow_for_ever() */

/* Traces a child without end, with system-call stops, single steps and events in turn. */
static void follow_for_ever(void)
{
	const long ways[] = { PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_CONT };
	pid_t first, at;
	unsigned n = 0;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	first = tracee(forks_for_ever);
	CHECK_EQ(trace(PTRACE_SETOPTIONS, first, 0, PTRACE_O_TRACEFORK | PTRACE_O_EXITKILL), 0);
	trace(PTRACE_CONT, first, 0, 0);
	while ((at = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status)) {
			__atomic_add_fetch(stops, 1, __ATOMIC_RELAXED);
			trace(ways[n++ % 3], at, 0, 0);
		}
	_exit(0);
}

static void transitions_complete_among_busy_tracers(void)
{
	static const char *const targets[] = { "target=ptrace_syscall_entry", "target=ptrace_event" };
	pid_t tracers[3];
	int status;

	stops = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < 3; i++) {
		tracers[i] = fork();
		if (tracers[i] == 0)
			follow_for_ever();
	}
	for (int i = 0; i < 40; i++) {
		unsigned long before = *stops;

		CHECK_EQ(insmod_args(PATCH, targets[i & 1]), 0);
		klp_wait(PATCH);
		klp_unload(PATCH);
		while (*stops < before + 30)
			sched_yield();
	}
	for (int i = 0; i < 3; i++) {
		kill(tracers[i], SIGKILL);
		CHECK_EQ(waitpid(tracers[i], &status, 0), tracers[i]);
	}
}

static void nothing_was_warned_about(void)
{
	CHECK(strstr(klp_log(), "WARNING") == NULL);
	CHECK(strstr(klp_log(), "safety pass") == NULL);
}

int main(void)
{
	klp_text_remember();
	TAP_TEST(continuing_ends_the_transition);
	TAP_TEST(detaching_ends_the_transition);
	TAP_TEST(killing_ends_the_transition);
	TAP_TEST(death_of_the_tracer_ends_the_transition);
	TAP_TEST(stopped_job_blocks_until_it_is_continued);
	TAP_TEST(reversal_does_not_wait_for_a_stopped_task);
	TAP_TEST(stops_outside_of_the_patch_do_not_block);
	TAP_TEST(each_thread_has_its_own_patch_state);
	TAP_TEST(transitions_complete_among_busy_tracers);
	TAP_TEST(nothing_was_warned_about);
	TAP_TEST(text_is_as_after_boot);
	return tap_done();
}
