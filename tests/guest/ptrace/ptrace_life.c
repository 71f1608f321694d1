/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace_life.c - the beginning and the end of tracing: attach, seize, permissions, and the effects when
 * the tracee or its tracer dies at any moment. ptrace.c tests the work of a tracer, ptrace_family.c
 * children and new programs.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include "asleep.h"
#include "tap.h"
#include "threads.h"
#include "trace.h"

static void wait_state(pid_t pid, char state)
{
	while (thread_state(pid, pid) != state)
		sched_yield();
}

/* Starts a child that runs @body, and is not traced. */
static pid_t child_of(void (*body)(void))
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	return pid;
}

static void kill_child(pid_t pid)
{
	int status;

	CHECK_EQ(kill(pid, SIGKILL), 0);
	do
		CHECK_EQ(waitpid(pid, &status, __WALL), pid);
	while (WIFSTOPPED(status));
	CHECK_EQ(status, SIGKILL);
}

static void sleeps(void)
{
	for (;;)
		pause();
}

static void spins(void)
{
	for (;;)
		;
}

static int to_child[2], from_child[2];

/* Answers each byte. An interrupted read would end this child. */
static void echoes(void)
{
	char c;

	while (read(to_child[0], &c, 1) == 1)
		if (write(from_child[1], &c, 1) != 1)
			_exit(2);
	_exit(1);
}

static void check_echo(void)
{
	char c = 'x';

	CHECK_EQ(write(to_child[1], &c, 1), 1);
	CHECK_EQ(read(from_child[0], &c, 1), 1);
}

static pid_t echo_child(void)
{
	pid_t pid;

	CHECK(pipe(to_child) == 0 && pipe(from_child) == 0);
	pid = child_of(echoes);
	check_echo();
	wait_asleep(pid);
	return pid;
}

/* ---- beginning --------------------------------------------------------------------------- */

static void a_tracee_does_not_notice_attach_and_detach(void)
{
	pid_t pid = echo_child();

	for (int i = 0; i < 20; i++) {
		CHECK_EQ(trace(PTRACE_ATTACH, pid, 0, 0), 0);
		CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGSTOP));
		CHECK_EQ(thread_state(pid, pid), 't');
		CHECK_EQ(tracer_of(pid), getpid());
		CHECK_EQ(trace(PTRACE_DETACH, pid, 0, 0), 0);
		CHECK_EQ(tracer_of(pid), 0);
		check_echo();
	}
	kill_child(pid);
}

static void attach_stops_a_task_that_never_sleeps(void)
{
	pid_t pid = child_of(spins);

	CHECK_EQ(trace(PTRACE_ATTACH, pid, 0, 0), 0);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_ERR(trace(PTRACE_CONT, pid, 0, 0), ESRCH);	/* the tracee runs already */
	kill_child(pid);
}

static void attach_to_a_stopped_process_works(void)
{
	pid_t pid = child_of(sleeps);
	int status;

	wait_asleep(pid);
	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(thread_state(pid, pid), 'T');
	CHECK_EQ(trace(PTRACE_ATTACH, pid, 0, 0), 0);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGSTOP));
	CHECK_EQ(thread_state(pid, pid), 't');
	CHECK_EQ(trace(PTRACE_DETACH, pid, 0, 0), 0);
	/* After the detach the process returns to its job-control stop. */
	wait_state(pid, 'T');
	CHECK_EQ(kill(pid, SIGCONT), 0);
	kill_child(pid);
}

static void seize_interrupt_and_listen(void)
{
	pid_t pid = child_of(sleeps);
	siginfo_t info;

	CHECK_ERR(trace(PTRACE_SEIZE, pid, 1, 0), EIO);
	CHECK_EQ(trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD), 0);
	CHECK_ERR(trace(PTRACE_LISTEN, pid, 0, 0), ESRCH);
	CHECK_EQ(trace(PTRACE_INTERRUPT, pid, 0, 0), 0);
	CHECK_EQ(trace_wait(pid), TRACE_EVENT(PTRACE_EVENT_STOP));
	CHECK_EQ(trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info), 0);
	CHECK_EQ(info.si_code >> 8, PTRACE_EVENT_STOP);
	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);

	CHECK_EQ(kill(pid, SIGSTOP), 0);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGSTOP));
	/* The delivered signal stops the process. A seized tracee reports this group stop with PTRACE_EVENT_STOP. */
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGSTOP), (SIGSTOP | PTRACE_EVENT_STOP << 8) << 8 | 0x7f);
	CHECK_EQ(trace(PTRACE_LISTEN, pid, 0, 0), 0);
	CHECK_ERR(trace(PTRACE_CONT, pid, 0, 0), ESRCH);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	CHECK_EQ(trace_wait(pid), TRACE_EVENT(PTRACE_EVENT_STOP));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGCONT));
	kill_child(pid);
	pid = child_of(sleeps);
	CHECK_EQ(trace(PTRACE_ATTACH, pid, 0, 0), 0);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGSTOP));
	CHECK_ERR(trace(PTRACE_INTERRUPT, pid, 0, 0), EIO);	/* attached, not seized */
	kill_child(pid);
}

/* ---- permissions ------------------------------------------------------------------------- */

static void become(int id)
{
	CHECK(setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0);
	CHECK_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
}

static void sleeps_as_1000(void)
{
	become(1000);
	sleeps();
}

static void permissions_are_those_of_the_ids(void)
{
	pid_t root_child = child_of(sleeps), other = child_of(sleeps_as_1000), kthread = 2, user;
	int status;

	wait_asleep(root_child);
	wait_asleep(other);
	CHECK_ERR(trace(PTRACE_ATTACH, getpid(), 0, 0), EPERM);
	CHECK_ERR(trace(PTRACE_ATTACH, 32000, 0, 0), ESRCH);
	CHECK_ERR(trace(PTRACE_ATTACH, -1, 0, 0), ESRCH);
	while (kthread < 100 && kill(kthread, 0))
		kthread++;
	CHECK_ERR(trace(PTRACE_ATTACH, kthread, 0, 0), EPERM);
	CHECK_ERR(trace(PTRACE_CONT, root_child, 0, 0), ESRCH);	/* not traced */
	user = fork();
	if (user == 0) {
		become(1000);
		CHECK_ERR(trace(PTRACE_ATTACH, root_child, 0, 0), EPERM);
		CHECK_ERR(trace(PTRACE_SEIZE, root_child, 0, 0), EPERM);
		CHECK_ERR(trace(PTRACE_ATTACH, 1, 0, 0), EPERM);
		CHECK_EQ(trace(PTRACE_ATTACH, other, 0, 0), 0);
		CHECK_ERR(trace(PTRACE_ATTACH, other, 0, 0), EPERM);	/* traced already */
		CHECK_EQ(trace_wait(other), TRACE_STOPPED(SIGSTOP));
		CHECK_EQ(trace(PTRACE_DETACH, other, 0, 0), 0);
		_exit(0);
	}
	CHECK_EQ(waitpid(user, &status, 0), user);
	CHECK_EQ(status, 0);
	user = fork();
	if (user == 0) {
		become(1001);
		CHECK_ERR(trace(PTRACE_ATTACH, other, 0, 0), EPERM);
		_exit(0);
	}
	CHECK_EQ(waitpid(user, &status, 0), user);
	CHECK_EQ(status, 0);
	kill_child(root_child);
	kill_child(other);
}

static void thread_of_the_own_process_cannot_be_traced(void)
{
	pthread_t thread;
	char path[32] = "/proc/self/task";
	pid_t tid;

	CHECK_EQ(pthread_create(&thread, NULL, sleep_for_ever, NULL), 0);
	(void)path;
	for (tid = getpid() + 1; syscall(SYS_tgkill, getpid(), tid, 0); tid++)
		;
	CHECK_ERR(trace(PTRACE_ATTACH, tid, 0, 0), EPERM);
}

/* ---- ends -------------------------------------------------------------------------------- */

/* Starts a tracer that attaches to @pid with @begin, reports this, and sleeps until it is killed. */
static pid_t tracer_of_child(pid_t pid, void (*begin)(pid_t pid))
{
	int told[2];
	pid_t tracer;
	char c;

	CHECK_EQ(pipe(told), 0);
	tracer = fork();
	if (tracer == 0) {
		begin(pid);
		CHECK_EQ(write(told[1], "x", 1), 1);
		sleeps();
	}
	CHECK_EQ(read(told[0], &c, 1), 1);
	return tracer;
}

static void attach_and_hold(pid_t pid)
{
	CHECK_EQ(trace(PTRACE_ATTACH, pid, 0, 0), 0);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGSTOP));
}

static void attach_and_go_on(pid_t pid)
{
	attach_and_hold(pid);
	CHECK_EQ(trace(PTRACE_SYSCALL, pid, 0, 0), 0);
}

static void attach_and_step_into_a_call(pid_t pid)
{
	attach_and_hold(pid);
	CHECK_EQ(trace(PTRACE_SINGLESTEP, pid, 0, 0), 0);	/* the step restarts read(), which sleeps */
	wait_asleep(pid);
}

static void attach_to_kill_at_exit(pid_t pid)
{
	attach_and_hold(pid);
	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL), 0);
}

static void death_of_the_tracer_detaches_its_tracee(void)
{
	void (*const begins[])(pid_t) = { attach_and_hold, attach_and_go_on, attach_and_step_into_a_call };

	for (unsigned i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		pid_t pid = echo_child(), tracer = tracer_of_child(pid, begins[i]);

		CHECK_EQ(tracer_of(pid), tracer);
		kill_child(tracer);
		CHECK_EQ(tracer_of(pid), 0);
		if (begins[i] == attach_and_hold) {
			/* The signal of the tracing stop, SIGSTOP, is delivered now. */
			wait_state(pid, 'T');
			CHECK_EQ(kill(pid, SIGCONT), 0);
		}
		check_echo();
		check_echo();
		kill_child(pid);
	}
}

static void exitkill_kills_the_tracee(void)
{
	pid_t pid = child_of(sleeps), tracer = tracer_of_child(pid, attach_to_kill_at_exit);
	int status;

	kill_child(tracer);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGKILL);
}

static void kill_ends_every_stop(void)
{
	pid_t pid = tracee(trace_forks);

	kill_child(pid);
	pid = tracee(trace_forks);
	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_EVENT(PTRACE_EVENT_FORK));
	CHECK_EQ(trace(PTRACE_KILL, trace_event_message(pid), 0, 0), 0);
	kill_child(pid);
	pid = tracee(sleeps);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_STOPPED(SIGTRAP));
	kill_child(pid);
}

static void parent_sees_a_death_after_the_tracer(void)
{
	pid_t pid = child_of(sleeps);
	int go_on[2], status;
	pid_t tracer;
	char c;

	CHECK_EQ(pipe(go_on), 0);
	tracer = fork();
	if (tracer == 0) {
		attach_and_hold(pid);
		CHECK_EQ(kill(pid, SIGKILL), 0);
		siginfo_t info;
		CHECK_EQ(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
		CHECK_EQ(info.si_code, CLD_KILLED);
		/* Waits until the parent has checked that wait() does not report the death yet. */
		CHECK_EQ(read(go_on[0], &c, 1), 1);
		CHECK_EQ(trace_wait(pid), SIGKILL);
		_exit(0);
	}
	while (thread_state(pid, pid) != 'Z')
		sched_yield();
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(write(go_on[1], "x", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGKILL);
	CHECK_EQ(waitpid(tracer, &status, 0), tracer);
	CHECK_EQ(status, 0);
}

/* ---- races ------------------------------------------------------------------------------- */

static void works_hard(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		if (pid > 0)
			waitpid(pid, &status, 0);
		sched_yield();
	}
}

/* Traces @pid with single steps, system-call stops and continues in turn, until the tracer is killed. */
static void follow(pid_t pid, unsigned seed)
{
	const long ways[] = { PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP };
	struct user_regs_struct regs;
	int status;

	if (trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACESYSGOOD) ||
	    trace(PTRACE_INTERRUPT, pid, 0, 0))
		_exit(0);
	for (;;) {
		pid_t at = waitpid(-1, &status, __WALL);

		if (at < 0)
			_exit(0);
		if (!WIFSTOPPED(status))
			continue;
		seed = seed * 1103515245 + 12345;
		trace(PTRACE_GETREGS, at, 0, (unsigned long)&regs);
		trace(ways[(seed >> 16) % 3], at, 0, status >> 16 || (WSTOPSIG(status) & 0x7f) == SIGTRAP ?
						     0 : WSTOPSIG(status));
	}
}

/*
 * A tracee in a fork is interrupted and then stepped, so its stop for the interrupt comes before the
 * trap of the step. The tracer continues it from there, and dies before or in the stop for the trap.
 */
static void a_trap_behind_another_stop_dies_with_the_tracer(void)
{
	for (int in_stop = 0; in_stop < 2; in_stop++) {
		pid_t pid = child_of(works_hard), tracer = fork();
		int status;

		if (tracer == 0) {
			CHECK_EQ(trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEFORK), 0);
			while (trace_wait(pid) >> 8 != (SIGTRAP | PTRACE_EVENT_FORK << 8))
				trace(PTRACE_CONT, pid, 0, 0);
			CHECK_EQ(trace(PTRACE_INTERRUPT, pid, 0, 0), 0);
			CHECK_EQ(trace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
			CHECK_EQ(trace_wait(pid) >> 8, SIGTRAP | PTRACE_EVENT_STOP << 8);
			CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
			if (in_stop)
				CHECK_EQ(trace_wait(pid) >> 8, SIGTRAP);
			_exit(0);
		}
		CHECK_EQ(waitpid(tracer, &status, 0), tracer);
		CHECK_EQ(status, 0);
		/* The tracee works on: its child and the wait for it need no tracer. */
		for (int i = 0; i < 50; i++)
			sched_yield();
		kill(pid, SIGKILL);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, SIGKILL);
	}
}

static void nap(long us)
{
	struct timespec t = { .tv_nsec = us * 1000 };

	nanosleep(&t, NULL);
}

/* A tracer and its tracee are killed while the tracer works. Neither may hang, leak or cause a warning. */
static void killing_either_side_at_any_moment(void)
{
	unsigned seed = tap_seed();

	for (int round = 0; round < 120; round++) {
		pid_t pid = child_of(works_hard), tracer = fork(), first, second;
		int status;

		if (tracer == 0)
			follow(pid, seed + round);
		seed = seed * 1103515245 + 12345;
		nap(200 + (seed >> 16) % 4000);
		first = round & 1 ? pid : tracer;
		second = round & 1 ? tracer : pid;
		kill(first, SIGKILL);
		if (round & 2)
			nap((seed >> 8) % 500);
		kill(second, SIGKILL);
		CHECK_EQ(waitpid(tracer, &status, 0), tracer);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, SIGKILL);
	}
	CHECK_ERR(waitpid(-1, NULL, __WALL), ECHILD);
}

/* SIGSTOP and SIGCONT are sent while a tracer attaches and detaches. At the end the process runs. */
static void stops_and_tracers_together(void)
{
	pid_t pid = echo_child(), sender = fork();
	int status;

	if (sender == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			kill(pid, SIGSTOP);
			sched_yield();
			kill(pid, SIGCONT);
			sched_yield();
		}
	}
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(trace(PTRACE_ATTACH, pid, 0, 0), 0);
		status = trace_wait(pid);
		CHECK(WIFSTOPPED(status));
		while (i & 1 && !WIFEXITED(status)) {
			status = trace_go(PTRACE_CONT, pid, WSTOPSIG(status));
			if (WSTOPSIG(status) == SIGCONT)
				break;
		}
		CHECK_EQ(trace(PTRACE_DETACH, pid, 0, 0), 0);
	}
	kill_child(sender);
	CHECK_EQ(kill(pid, SIGCONT), 0);
	check_echo();
	kill_child(pid);
}

int main(void)
{
	TAP_TEST(a_tracee_does_not_notice_attach_and_detach);
	TAP_TEST(attach_stops_a_task_that_never_sleeps);
	TAP_TEST(attach_to_a_stopped_process_works);
	TAP_TEST(seize_interrupt_and_listen);
	TAP_TEST(permissions_are_those_of_the_ids);
	TAP_TEST(thread_of_the_own_process_cannot_be_traced);
	TAP_TEST(death_of_the_tracer_detaches_its_tracee);
	TAP_TEST(exitkill_kills_the_tracee);
	TAP_TEST(kill_ends_every_stop);
	TAP_TEST(parent_sees_a_death_after_the_tracer);
	TAP_TEST(a_trap_behind_another_stop_dies_with_the_tracer);
	TAP_TEST(killing_either_side_at_any_moment);
	TAP_TEST(stops_and_tracers_together);
	return tap_done();
}
