/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace.c - a tracer reads and changes a stopped tracee: signals, system calls, registers, memory,
 * single steps. ptrace_life.c tests how tracing begins and ends.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "asleep.h"
#include "trace.h"

static volatile int caught;

static void on_signal(int sig)
{
	caught = sig;
}

/* ---- signals ----------------------------------------------------------------------------- */

static void exec_of_a_tracee_stops_it(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		trace(PTRACE_TRACEME, 0, 0, 0);
		execl("/bin/true", "true", NULL);
		_exit(127);
	}
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGTRAP));
	CHECK_EQ(thread_state(pid, pid), 't');
	CHECK_EQ(trace_end(pid), 0);
}

static void raises_usr1(void)
{
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	raise(SIGUSR1);
	_exit(caught);
}

static void tracer_decides_about_a_signal(void)
{
	pid_t pid = tracee(raises_usr1);

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);				/* suppressed */
	pid = tracee(raises_usr1);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGUSR1), SIGUSR1 << 8);		/* delivered */
	pid = tracee(raises_usr1);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGUSR2), SIGUSR2 << 8);		/* replaced */
	pid = tracee(raises_usr1);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGTERM), SIGTERM);			/* kills */
	pid = tracee(raises_usr1);
	CHECK_ERR(trace(PTRACE_CONT, pid, 0, 65), EIO);
	CHECK_EQ(trace_end(pid), 0);
}

static void raises_ignored(void)
{
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	raise(SIGCHLD);
	raise(SIGTERM);		/* would kill the task without the tracer */
}

static void ignored_and_deadly_signals_are_shown(void)
{
	pid_t pid = tracee(raises_ignored);

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGUSR1), TRACE_STOPPED(SIGCHLD));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGCHLD), TRACE_STOPPED(SIGTERM));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);
}

static void queues_value(void)
{
	union sigval value = { .sival_int = 4711 };
	struct sigaction sa = { 0 };

	sigaction(SIGRTMIN, &sa, NULL);
	sigqueue(getpid(), SIGUSR1, value);
}

static void siginfo_is_read_and_written(void)
{
	pid_t pid = tracee(queues_value);
	siginfo_t info;

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info), 0);
	CHECK_EQ(info.si_signo, SIGUSR1);
	CHECK_EQ(info.si_code, SI_QUEUE);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(info.si_value.sival_int, 4711);
	info.si_value.sival_int = 1;
	CHECK_EQ(trace(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&info), 0);
	info.si_value.sival_int = 2;
	CHECK_EQ(trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info), 0);
	CHECK_EQ(info.si_value.sival_int, 1);
	CHECK_ERR(trace(PTRACE_GETSIGINFO, pid, 0, 8), EFAULT);
	CHECK_EQ(trace_end(pid), 0);
}

static void group_stop_is_shown_and_left(void)
{
	pid_t pid = tracee(raises_usr1);
	siginfo_t info;
	int status;

	/* The delivered SIGSTOP stops the process. This is a second stop, without siginfo. */
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGSTOP), TRACE_STOPPED(SIGSTOP));
	CHECK_ERR(trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info), EINVAL);
	CHECK_EQ(waitpid(pid, &status, WNOHANG | WUNTRACED), 0);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);
}

static void waitid_reports_a_trapped_child(void)
{
	pid_t pid = tracee(raises_usr1);
	siginfo_t info;

	CHECK_EQ(trace(PTRACE_CONT, pid, 0, 0), 0);
	CHECK_EQ(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT), 0);
	CHECK_EQ(info.si_code, CLD_TRAPPED);
	CHECK_EQ(info.si_status, SIGUSR1);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(trace_wait(pid), TRACE_STOPPED(SIGUSR1));	/* WNOWAIT did not consume the stop */
	CHECK_EQ(trace_end(pid), 0);
}

/* ---- system calls ------------------------------------------------------------------------- */

static void makes_calls(void)
{
	_exit(syscall(SYS_getppid) == 1234 && syscall(SYS_getuid) == 77 ? 42 : 1);
}

static pid_t call_tracee(void (*body)(void))
{
	pid_t pid = tracee(body);

	CHECK_EQ(trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD), 0);
	return pid;
}

/* Runs the tracee to the entry of the system call @nr. */
static void trace_to_call(pid_t pid, long nr)
{
	do {
		CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
		if (trace_regs(pid).orig_rax == (unsigned long)nr)
			return;
		CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	} while (true);
}

static void calls_stop_at_both_ends(void)
{
	pid_t pid = call_tracee(makes_calls);
	struct user_regs_struct regs;
	siginfo_t info;

	trace_to_call(pid, SYS_getppid);
	regs = trace_regs(pid);
	CHECK_EQ(regs.rax, -ENOSYS);
	CHECK_EQ(trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info), 0);
	CHECK_EQ(info.si_signo, SIGTRAP);
	CHECK_EQ(info.si_code, SIGTRAP | 0x80);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	regs = trace_regs(pid);
	CHECK_EQ(regs.orig_rax, SYS_getppid);
	CHECK_EQ(regs.rax, getpid());
	regs.rax = 1234;			/* another result */
	trace_set_regs(pid, &regs);

	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	regs = trace_regs(pid);
	CHECK_EQ(regs.orig_rax, SYS_getuid);
	regs.orig_rax = -1;			/* the call is skipped */
	regs.rax = 77;
	trace_set_regs(pid, &regs);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	CHECK_EQ(trace_regs(pid).rax, 77);

	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	CHECK_EQ(trace_regs(pid).orig_rax, SYS_exit_group);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), 42 << 8);
}

static void number_of_a_call_can_be_changed(void)
{
	pid_t pid = call_tracee(makes_calls);
	struct user_regs_struct regs;

	trace_to_call(pid, SYS_getppid);
	regs = trace_regs(pid);
	regs.orig_rax = SYS_getpid;
	trace_set_regs(pid, &regs);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	CHECK_EQ(trace_regs(pid).rax, pid);
	CHECK_EQ(trace_end(pid), 1 << 8);
}

/* The stop at the exit of a call comes only if the tracer continued from the entry with PTRACE_SYSCALL. */
static void without_the_option_call_stops_are_plain_traps(void)
{
	pid_t pid = tracee(makes_calls);

	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_STOPPED(SIGTRAP));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 1 << 8);
}

static void sends_itself_a_signal(void)
{
	signal(SIGUSR1, on_signal);
	syscall(SYS_getppid);
	_exit(caught);
}

static void signal_given_at_a_call_stop_is_sent(void)
{
	pid_t pid = call_tracee(sends_itself_a_signal);

	trace_to_call(pid, SYS_getppid);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, SIGUSR1), TRACE_CALL);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_STOPPED(SIGUSR1));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGUSR1), SIGUSR1 << 8);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static volatile unsigned long data_word = 0x1122334455667788;
static unsigned long *shared_word;

static __attribute__((noinline)) int text_to_break(int x)
{
	asm volatile("" : "+r"(x));
	return x + 1;
}

static void reads_data(void)
{
	int x = text_to_break(1);

	_exit(data_word == 0xabcdef && x == 2 ? 0 : 1);
}

static void memory_is_read_and_written(void)
{
	pid_t pid = tracee(reads_data);
	unsigned long word;

	CHECK_EQ(trace_peek(pid, (unsigned long)&data_word), 0x1122334455667788);
	CHECK_EQ(trace(PTRACE_POKEDATA, pid, (unsigned long)&data_word, 0xabcdef), 0);
	CHECK_EQ(data_word, 0x1122334455667788);	/* the word of the tracer is unchanged */
	CHECK_ERR(trace(PTRACE_PEEKDATA, pid, 8, (unsigned long)&word), EIO);
	CHECK_ERR(trace(PTRACE_POKEDATA, pid, 8, 1), EIO);
	CHECK_ERR(trace(PTRACE_PEEKDATA, pid, 1UL << 63, (unsigned long)&word), EIO);
	CHECK_EQ(trace_end(pid), 0);
}

static void breakpoint_in_text_of_one_process(void)
{
	pid_t pid = tracee(reads_data);
	unsigned long at = (unsigned long)text_to_break, old = trace_peek(pid, at);
	struct user_regs_struct regs;

	CHECK_EQ(trace(PTRACE_POKETEXT, pid, at, (old & ~0xffUL) | 0xcc), 0);
	CHECK_EQ(trace(PTRACE_POKEDATA, pid, (unsigned long)&data_word, 0xabcdef), 0);
	CHECK_EQ(text_to_break(5), 6);			/* the tracer shared this page before the write */
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGTRAP));
	regs = trace_regs(pid);
	CHECK_EQ(regs.rip, at + 1);
	CHECK_EQ(trace(PTRACE_POKETEXT, pid, at, old), 0);
	regs.rip = at;
	trace_set_regs(pid, &regs);
	CHECK_EQ(trace_end(pid), 0);
}

static void reads_shared(void)
{
	_exit(*shared_word == 1 ? 0 : 1);
}

static void read_only_shared_memory_is_not_written(void)
{
	pid_t pid;

	shared_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*shared_word = 1;
	CHECK_EQ(mprotect(shared_word, 4096, PROT_READ), 0);
	pid = tracee(reads_shared);
	CHECK_ERR(trace(PTRACE_POKEDATA, pid, (unsigned long)shared_word, 2), EIO);
	CHECK_EQ(trace_end(pid), 0);
}

/* ---- registers ---------------------------------------------------------------------- */

static void loads_registers(void)
{
	register unsigned long r12 asm("r12") = 0x1212, r15 asm("r15") = 0x1515;
	double half = 0.5, result;

	asm volatile("movsd %3, %%xmm7\n\tmov $39, %%eax\n\tsyscall\n\tmovsd %%xmm7, %0"
		     : "=m"(result), "+r"(r12), "+r"(r15)
		     : "m"(half) : "rax", "rcx", "r11", "xmm7", "memory");
	_exit(r12 == 0x2121 && r15 == 0x5151 && result == 2.0 ? 0 : 1);
}

static void general_registers_are_exact(void)
{
	pid_t pid = call_tracee(loads_registers);
	struct user_fpregs_struct fp;
	struct user_regs_struct regs, part;
	struct iovec iov = { &part, sizeof(part) };
	unsigned long word;
	double two = 2.0, half;

	trace_to_call(pid, SYS_getpid);
	regs = trace_regs(pid);
	CHECK_EQ(regs.r12, 0x1212);
	CHECK_EQ(regs.r15, 0x1515);
	CHECK_EQ(regs.cs, 0x33);
	CHECK_EQ(regs.ss, 0x2b);
	CHECK(regs.fs_base != 0);
	CHECK_EQ(trace(PTRACE_PEEKUSER, pid, 8 * R12, (unsigned long)&word), 0);
	CHECK_EQ(word, 0x1212);
	CHECK_EQ(trace(PTRACE_PEEKUSER, pid, 8 * ORIG_RAX, (unsigned long)&word), 0);
	CHECK_EQ(word, SYS_getpid);
	CHECK_EQ(trace(PTRACE_POKEUSER, pid, 8 * R12, 0x2121), 0);
	CHECK_EQ(trace(PTRACE_GETREGSET, pid, 1, (unsigned long)&iov), 0);
	CHECK_EQ(iov.iov_len, sizeof(regs));
	CHECK_EQ(part.r12, 0x2121);
	part.r15 = 0x5151;
	iov.iov_len = 8;			/* sets only r15 */
	part.r12 = 9;
	CHECK_EQ(trace(PTRACE_SETREGSET, pid, 1, (unsigned long)&iov), 0);

	CHECK_EQ(trace(PTRACE_GETFPREGS, pid, 0, (unsigned long)&fp), 0);
	memcpy(&half, (char *)fp.xmm_space + 7 * 16, sizeof(half));
	CHECK(half == 0.5);
	memcpy((char *)fp.xmm_space + 7 * 16, &two, sizeof(two));
	fp.mxcsr |= 0xffff0000;			/* reserved bits would fault in the kernel */
	CHECK_EQ(trace(PTRACE_SETFPREGS, pid, 0, (unsigned long)&fp), 0);
	CHECK_EQ(trace_end(pid), 0);
}

static void harmful_values_of_registers_are_refused(void)
{
	pid_t pid = tracee(makes_calls);
	struct user_regs_struct regs = trace_regs(pid), bad;
	unsigned long word;

	bad = regs, bad.cs = 0x10;
	CHECK_ERR(trace(PTRACE_SETREGS, pid, 0, (unsigned long)&bad), EIO);
	bad = regs, bad.ss = 0;
	CHECK_ERR(trace(PTRACE_SETREGS, pid, 0, (unsigned long)&bad), EIO);
	bad = regs, bad.fs_base = 1UL << 63;
	CHECK_ERR(trace(PTRACE_SETREGS, pid, 0, (unsigned long)&bad), EIO);
	bad = regs, bad.eflags = ~0UL & ~0x100UL;	/* bits such as IF and IOPL keep their values */
	trace_set_regs(pid, &bad);
	CHECK_EQ(trace_regs(pid).eflags & 0x23200, 0x200);
	trace_set_regs(pid, &regs);
	CHECK_ERR(trace(PTRACE_PEEKUSER, pid, 4, (unsigned long)&word), EIO);
	CHECK_ERR(trace(PTRACE_PEEKUSER, pid, 928, (unsigned long)&word), EIO);
	CHECK_ERR(trace(PTRACE_POKEUSER, pid, 8 * CS, 0x10), EIO);
	CHECK_ERR(trace(0x7777, pid, 0, 0), EIO);
	CHECK_ERR(trace(PTRACE_SETOPTIONS, pid, 0, 0x40000000), EINVAL);
	/* A jump to an unmapped address kills the tracee with a fault in user mode. */
	regs.rip = 0x8000000000000000;
	trace_set_regs(pid, &regs);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGSEGV));
	CHECK_EQ(trace_go(PTRACE_CONT, pid, SIGSEGV) & 0x7f, SIGSEGV);
}

/* ---- single steps ------------------------------------------------------------------- */

extern const char step_begin[], step_call[], step_after[], step_end[];

static __attribute__((noipa)) void steps(void)
{
	asm volatile("int3\n"
		     ".globl step_begin, step_call, step_after, step_end\n"
		     "step_begin: nop\n"
		     "mov $39, %%eax\n"
		     "step_call: syscall\n"
		     "step_after: nop\n"
		     "nop\n"
		     "step_end: nop\n" ::: "rax", "rcx", "r11", "memory");
}

static void step_to(pid_t pid, const char *where)
{
	CHECK_EQ(trace_go(PTRACE_SINGLESTEP, pid, 0), TRACE_STOPPED(SIGTRAP));
	CHECK_EQ(trace_regs(pid).rip, (unsigned long)where);
}

static void each_instruction_is_one_step(void)
{
	pid_t pid = tracee(steps);

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGTRAP));
	CHECK_EQ(trace_regs(pid).rip, (unsigned long)step_begin);
	step_to(pid, step_begin + 1);
	step_to(pid, step_call);
	CHECK_EQ(trace_regs(pid).eflags & 0x100, 0);	/* the trap flag of a step is not shown */
	step_to(pid, step_after);			/* a step over the call, and not one further */
	CHECK_EQ(trace_regs(pid).rax, pid);
	step_to(pid, step_after + 1);
	step_to(pid, step_end);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);	/* no step is pending */
}

static void step_from_an_entry_ends_at_the_exit(void)
{
	pid_t pid = call_tracee(steps);

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGTRAP));
	trace_to_call(pid, SYS_getpid);
	step_to(pid, step_after);
	step_to(pid, step_after + 1);
	/* A step from an exit stop executes one instruction. */
	CHECK_EQ(trace_end(pid), 0);
	pid = call_tracee(steps);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGTRAP));
	trace_to_call(pid, SYS_getpid);
	CHECK_EQ(trace_go(PTRACE_SYSCALL, pid, 0), TRACE_CALL);
	step_to(pid, step_after + 1);
	CHECK_EQ(trace_end(pid), 0);
}

static void steps_with_handler(void)
{
	signal(SIGUSR1, on_signal);
	steps();
	_exit(caught == SIGUSR1 ? 0 : 1);
}

static void step_into_a_handler_and_back(void)
{
	pid_t pid = tracee(steps_with_handler);
	bool returned = false;

	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), TRACE_STOPPED(SIGTRAP));
	CHECK_EQ(trace_go(PTRACE_SINGLESTEP, pid, SIGUSR1), TRACE_STOPPED(SIGTRAP));
	CHECK_EQ(trace_regs(pid).rip, (unsigned long)on_signal);
	/* Single steps lead out of the handler, over sigreturn, to the interrupted instruction. */
	for (int i = 0; i < 1000 && !returned; i++) {
		CHECK_EQ(trace_go(PTRACE_SINGLESTEP, pid, 0), TRACE_STOPPED(SIGTRAP));
		returned = trace_regs(pid).rip == (unsigned long)step_begin;
	}
	CHECK(returned);
	step_to(pid, step_begin + 1);
	CHECK_EQ(trace_go(PTRACE_CONT, pid, 0), 0);
}

static void forks_in_steps(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(5);
	_exit(waitpid(child, &status, 0) == child && status == 5 << 8 ? 0 : 1);
}

/* The child of a stepped task is not stepped, because no tracer would wait for the traps of the child. */
static void steps_are_not_inherited(void)
{
	pid_t pid = tracee(forks_in_steps);
	int status;

	do
		status = trace_go(PTRACE_SINGLESTEP, pid, 0);
	while (status == TRACE_STOPPED(SIGTRAP));
	while (WIFSTOPPED(status))		/* SIGCHLD */
		status = trace_go(PTRACE_CONT, pid, WSTOPSIG(status));
	CHECK_EQ(status, 0);
}

int main(void)
{
	TAP_TEST(exec_of_a_tracee_stops_it);
	TAP_TEST(tracer_decides_about_a_signal);
	TAP_TEST(ignored_and_deadly_signals_are_shown);
	TAP_TEST(siginfo_is_read_and_written);
	TAP_TEST(group_stop_is_shown_and_left);
	TAP_TEST(waitid_reports_a_trapped_child);
	TAP_TEST(calls_stop_at_both_ends);
	TAP_TEST(number_of_a_call_can_be_changed);
	TAP_TEST(without_the_option_call_stops_are_plain_traps);
	TAP_TEST(signal_given_at_a_call_stop_is_sent);
	TAP_TEST(memory_is_read_and_written);
	TAP_TEST(breakpoint_in_text_of_one_process);
	TAP_TEST(read_only_shared_memory_is_not_written);
	TAP_TEST(general_registers_are_exact);
	TAP_TEST(harmful_values_of_registers_are_refused);
	TAP_TEST(each_instruction_is_one_step);
	TAP_TEST(step_from_an_entry_ends_at_the_exit);
	TAP_TEST(step_into_a_handler_and_back);
	TAP_TEST(steps_are_not_inherited);
	return tap_done();
}
