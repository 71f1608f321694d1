// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * signals.c - sending, waiting for, handling and returning from signals; stopping and continuing.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <sched.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

static volatile sig_atomic_t hits, last_signal, depth, max_depth;
/*
 * volatile: glibc calls kill() and raise() leaf functions, after which a static cannot have
 * changed
 */
static volatile siginfo_t last_info;

static void count_handler(int sig)
{
	hits++;
	last_signal = sig;
}

static void info_handler(int sig, siginfo_t *info, void *context)
{
	hits++;
	last_signal = sig;
	last_info = *info;
}

static void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static void handle_info(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = flags | SA_SIGINFO };

	CHECK_EQ(sigaction(sig, &sa, NULL), 0);
}

static sigset_t set_of(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static void block(int sig)
{
	sigset_t set = set_of(sig);

	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
}

static void unblock(int sig)
{
	sigset_t set = set_of(sig);

	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
}

static bool pending(int sig)
{
	sigset_t set;

	CHECK_EQ(sigpending(&set), 0);
	return sigismember(&set, sig);
}

static void *shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void nap_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- sending and taking ------------------------------------------------------- */

static void signal_to_self_is_delivered_before_kill_returns(void)
{
	handle(SIGUSR1, count_handler, 0);
	for (int i = 1; i <= 100; i++) {
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		CHECK_EQ(hits, i);
	}
}

static void siginfo_names_sender_and_kind(void)
{
	union sigval value = { .sival_ptr = (void *)0x1234567890 };

	handle_info(SIGUSR1, info_handler, 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(last_info.si_code, SI_USER);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(last_info.si_uid, getuid());
	CHECK_EQ(sigqueue(getpid(), SIGUSR1, value), 0);
	CHECK_EQ(last_info.si_code, SI_QUEUE);
	CHECK_EQ(last_info.si_value.sival_ptr, value.sival_ptr);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(last_info.si_code, SI_TKILL);
}

static void blocked_signal_stays_pending_until_unblocked(void)
{
	handle(SIGUSR1, count_handler, 0);
	block(SIGUSR1);
	raise(SIGUSR1);
	CHECK_EQ(hits, 0);
	CHECK(pending(SIGUSR1));
	unblock(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK(!pending(SIGUSR1));
}

static void standard_signals_are_pending_once(void)
{
	handle(SIGUSR1, count_handler, 0);
	block(SIGUSR1);
	for (int i = 0; i < 5; i++)
		raise(SIGUSR1);
	unblock(SIGUSR1);
	CHECK_EQ(hits, 1);
}

static int order[8], order_count;

static void order_handler(int sig, siginfo_t *info, void *context)
{
	if (order_count < 8)
		order[order_count++] = sig * 100 + info->si_value.sival_int;
}

static void realtime_signals_queue_in_order(void)
{
	union sigval value;
	int low = SIGRTMIN + 1, high = SIGRTMIN + 2;
	sigset_t both = set_of(low), old;
	struct sigaction sa = { .sa_sigaction = order_handler, .sa_flags = SA_SIGINFO };

	/* One handler at a time, so that the order of delivery is that of the calls. */
	sigaddset(&both, high);
	sa.sa_mask = both;
	CHECK_EQ(sigaction(low, &sa, NULL), 0);
	CHECK_EQ(sigaction(high, &sa, NULL), 0);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &both, &old), 0);
	for (value.sival_int = 1; value.sival_int <= 3; value.sival_int++) {
		CHECK_EQ(sigqueue(getpid(), high, value), 0);
		CHECK_EQ(sigqueue(getpid(), low, value), 0);
	}
	/* sigtimedwait takes the lowest number first, and each number in order. */
	for (int i = 0; i < 6; i++) {
		siginfo_t info;
		int sig = sigwaitinfo(&both, &info);

		CHECK_EQ(sig, i < 3 ? low : high);
		CHECK_EQ(info.si_value.sival_int, i % 3 + 1);
	}
	CHECK(!pending(low) && !pending(high));
}

static void queue_of_realtime_signals_is_limited(void)
{
	struct rlimit limit = { 10, 10 };
	union sigval value = { 0 };

	CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
	block(SIGRTMIN + 3);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN + 3, value), 0);
	CHECK_ERR(sigqueue(getpid(), SIGRTMIN + 3, value), EAGAIN);
}

static void ignored_signal_is_dropped(void)
{
	handle(SIGUSR1, SIG_IGN, 0);
	raise(SIGUSR1);
	block(SIGUSR1);
	raise(SIGUSR1);
	CHECK(pending(SIGUSR1));
	/* A new "ignore" throws away what is pending. */
	handle(SIGUSR1, SIG_IGN, 0);
	CHECK(!pending(SIGUSR1));
}

static void bad_arguments_are_refused(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };

	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_ERR(kill(30000, 0), ESRCH);
	CHECK_ERR(kill(-30000, 0), ESRCH);
	CHECK_EQ(kill(getpid(), 0), 0);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGKILL, &sa, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR1, &sa, NULL, 16), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigprocmask, 7, &sa.sa_mask, NULL, 8), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8), -1);
	CHECK_EQ(errno, EFAULT);
}

static void other_users_may_not_be_signalled(void)
{
	pid_t parent = getpid(), child = fork();
	int status;

	if (child == 0) {
		if (setuid(1000))
			_exit(1);
		if (kill(parent, SIGUSR1) != -1 || errno != EPERM)
			_exit(2);
		if (kill(getpid(), 0))
			_exit(3);
		/* Within the session SIGCONT is allowed. */
		if (kill(parent, SIGCONT))
			_exit(4);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* ---- flags of actions --------------------------------------------------------- */

static void nest_handler(int sig)
{
	if (++depth > max_depth)
		max_depth = depth;
	if (++hits < 3)
		raise(sig);
	depth--;
}

static void handler_is_not_entered_twice_unless_nodefer(void)
{
	handle(SIGUSR1, nest_handler, 0);
	raise(SIGUSR1);
	CHECK_EQ(hits, 3);
	CHECK_EQ(max_depth, 1);
	hits = max_depth = 0;
	handle(SIGUSR1, nest_handler, SA_NODEFER);
	raise(SIGUSR1);
	CHECK_EQ(hits, 3);
	CHECK_EQ(max_depth, 3);
}

static void resethand_is_for_one_signal(void)
{
	struct sigaction sa;

	handle(SIGUSR1, count_handler, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(hits, 1);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &sa), 0);
	CHECK(sa.sa_handler == SIG_DFL);
}

static char altstack[32768];
static volatile bool on_altstack, altstack_in_use, change_refused;

static void altstack_handler(int sig)
{
	char here;
	stack_t ss;

	on_altstack = &here >= altstack && &here < altstack + sizeof(altstack);
	sigaltstack(NULL, &ss);
	altstack_in_use = ss.ss_flags & SS_ONSTACK;
	ss.ss_flags = 0;
	change_refused = sigaltstack(&ss, NULL) < 0 && errno == EPERM;
}

static void onstack_handler_runs_on_the_alternate_stack(void)
{
	stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) }, old;

	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	handle(SIGUSR1, altstack_handler, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(on_altstack);
	CHECK(altstack_in_use);
	CHECK(change_refused);
	CHECK_EQ(sigaltstack(NULL, &old), 0);
	CHECK_EQ(old.ss_flags, 0);
	ss.ss_size = 100;
	CHECK_ERR(sigaltstack(&ss, NULL), ENOMEM);
}

/* Without room on its own stack a program can still handle SIGSEGV on the other one. */
static sigjmp_buf jump;

static void jump_handler(int sig, siginfo_t *info, void *context)
{
	last_info = *info;
	siglongjmp(jump, 1);
}

static int overflow(volatile char *previous)
{
	volatile char frame[4096];

	frame[0] = previous ? previous[0] : 0;
	return hits < 0 ? 0 : overflow(frame) + frame[0];
}

static void stack_overflow_can_be_handled(void)
{
	stack_t ss = { .ss_sp = altstack, .ss_size = sizeof(altstack) };

	CHECK_EQ(sigaltstack(&ss, NULL), 0);
	handle_info(SIGSEGV, jump_handler, SA_ONSTACK);
	if (!sigsetjmp(jump, 1))
		overflow(NULL);
	CHECK_EQ(last_info.si_signo, SIGSEGV);
}

static void stack_overflow_without_room_kills(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		handle_info(SIGSEGV, jump_handler, 0);
		overflow(NULL);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- interrupted calls -------------------------------------------------------- */

/* A child that signals us after a while, and lives some time longer. */
static pid_t poker(int sig)
{
	pid_t parent = getpid(), child = fork();

	CHECK(child >= 0);
	if (child == 0) {
		nap_ms(50);
		kill(parent, sig);
		nap_ms(100);
		_exit(7);
	}
	return child;
}

static void wait_is_restarted_with_sa_restart(void)
{
	pid_t child;
	int status;

	handle(SIGUSR1, count_handler, SA_RESTART);
	child = poker(SIGUSR1);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(hits, 1);
	CHECK_EQ(WEXITSTATUS(status), 7);
}

static void wait_fails_with_eintr_without_sa_restart(void)
{
	pid_t child;

	handle(SIGUSR1, count_handler, 0);
	child = poker(SIGUSR1);
	CHECK_ERR(waitpid(child, NULL, 0), EINTR);
	CHECK_EQ(hits, 1);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

static void nanosleep_tells_what_is_left(void)
{
	struct timespec ask = { 5, 0 }, left = { 0 };

	handle(SIGUSR1, count_handler, SA_RESTART);
	poker(SIGUSR1);
	CHECK_ERR(nanosleep(&ask, &left), EINTR);
	CHECK(left.tv_sec >= 3 && left.tv_sec < 5);
}

static void pause_returns_after_a_handler_only(void)
{
	handle(SIGUSR1, count_handler, SA_RESTART);
	poker(SIGUSR1);
	CHECK_ERR(pause(), EINTR);
	CHECK_EQ(hits, 1);
}

static void sigsuspend_swaps_the_mask_for_one_signal(void)
{
	sigset_t none, now;

	sigemptyset(&none);
	handle(SIGUSR1, count_handler, 0);
	block(SIGUSR1);
	block(SIGUSR2);
	raise(SIGUSR1);
	sigaddset(&none, SIGUSR2);
	CHECK_ERR(sigsuspend(&none), EINTR);
	CHECK_EQ(hits, 1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
}

static void sigtimedwait_takes_times_out_and_is_interrupted(void)
{
	sigset_t set = set_of(SIGUSR1);
	struct timespec zero = { 0 }, brief = { 0, 30000000 }, longer = { 10, 0 };
	long long before = now_ns();
	siginfo_t info;

	block(SIGUSR1);
	CHECK_ERR(sigtimedwait(&set, &info, &zero), EAGAIN);
	CHECK_ERR(sigtimedwait(&set, &info, &brief), EAGAIN);
	CHECK(now_ns() - before >= 30000000);
	poker(SIGUSR1);
	CHECK_EQ(sigtimedwait(&set, &info, &longer), SIGUSR1);
	CHECK_EQ(info.si_code, SI_USER);
	handle(SIGUSR2, count_handler, 0);
	poker(SIGUSR2);
	/* The library's function hides the interruption. */
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, &info, &longer, 8), EINTR);
	CHECK_EQ(hits, 1);
}

/* The default action would be death: waiting must protect from it as the blocked mask does. */
static void sigwait_takes_a_deadly_signal(void)
{
	sigset_t set = set_of(SIGTERM);
	int sig = 0;

	block(SIGTERM);
	poker(SIGTERM);
	CHECK_EQ(sigwait(&set, &sig), 0);
	CHECK_EQ(sig, SIGTERM);
}

/* ---- faults ------------------------------------------------------------------- */

static void segv_tells_address_and_kind(void)
{
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	handle_info(SIGSEGV, jump_handler, 0);
	if (!sigsetjmp(jump, 1))
		page[5] = 1;
	CHECK_EQ((uintptr_t)last_info.si_addr, (uintptr_t)page + 5);
	CHECK_EQ(last_info.si_code, SEGV_ACCERR);
	munmap(page, 4096);
	if (!sigsetjmp(jump, 1))
		page[7] = 1;
	CHECK_EQ((uintptr_t)last_info.si_addr, (uintptr_t)page + 7);
	CHECK_EQ(last_info.si_code, SEGV_MAPERR);
}

static void division_and_illegal_instruction_are_signals(void)
{
	volatile int zero = 0;

	handle_info(SIGFPE, jump_handler, 0);
	handle_info(SIGILL, jump_handler, 0);
	handle_info(SIGTRAP, jump_handler, 0);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("movl $1, %%eax; cltd; idivl %0" : : "r"(zero) : "rax", "rdx", "cc");
	CHECK_EQ(last_info.si_signo, SIGFPE);
	CHECK_EQ(last_info.si_code, FPE_INTDIV);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("ud2");
	CHECK_EQ(last_info.si_signo, SIGILL);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("int3");
	CHECK_EQ(last_info.si_signo, SIGTRAP);
}

static void blocked_or_ignored_fault_kills(void)
{
	volatile int *volatile nowhere = (int *)8;
	int status;

	for (int i = 0; i < 2; i++) {
		pid_t child = fork();

		if (child == 0) {
			if (i)
				block(SIGSEGV);
			else
				handle(SIGSEGV, SIG_IGN, 0);
			*nowhere = 1;
			_exit(0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

/* A system call that fails with EFAULT is no signal. */
static void bad_pointer_in_a_call_is_an_error(void)
{
	CHECK_ERR(syscall(SYS_uname, (void *)16), EFAULT);
	CHECK_ERR(syscall(SYS_uname, (void *)0xffff888000000000), EFAULT);
}

/* ---- the frame ---------------------------------------------------------------- */

static void clobber_handler(int sig)
{
	double x = 1.5;

	hits++;
	/* Everything that a handler may change. */
	__asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15; std; cld;"
			 "movq $-1, %%rax; movq $-1, %%rcx; movq $-1, %%rdx; movq $-1, %%r8; movq $-1, %%r11"
			 : : "r"(x) : "rax", "rcx", "rdx", "r8", "r11", "xmm0", "xmm7", "xmm15");
}

/*
 * Loops with known values in registers, flags and the red zone while a timer interrupts it, and
 * looks whether they are still there.
 */
static long interrupted_loop(long rounds)
{
	long bad = 0;

	__asm__ volatile(
		"movq $0x1111, %%rax; movq %%rax, %%xmm0; movq $0x7777, %%rax; movq %%rax, %%xmm7\n"
		"movq $0x1515, %%rax; movq %%rax, %%xmm15; movq $0x5a5a, %%r8; movq $0x3c3c, %%r11\n"
		"movq $0x4242, %%rcx; movq $0x2424, -8(%%rsp); movq $0x9999, -120(%%rsp)\n"
		"1: stc\n"
		"pause\n"
		"jnc 2f\n"
		"movq %%xmm0, %%rax; cmpq $0x1111, %%rax; jne 2f\n"
		"movq %%xmm7, %%rax; cmpq $0x7777, %%rax; jne 2f\n"
		"movq %%xmm15, %%rax; cmpq $0x1515, %%rax; jne 2f\n"
		"cmpq $0x5a5a, %%r8; jne 2f\n"
		"cmpq $0x3c3c, %%r11; jne 2f\n"
		"cmpq $0x4242, %%rcx; jne 2f\n"
		"cmpq $0x2424, -8(%%rsp); jne 2f\n"
		"cmpq $0x9999, -120(%%rsp); jne 2f\n"
		"decq %1; jnz 1b\n"
		"jmp 3f\n"
		"2: movq $1, %0\n"
		"3:\n"
		: "+&r"(bad), "+&r"(rounds)
		: : "rax", "rcx", "r8", "r11", "xmm0", "xmm7", "xmm15", "cc", "memory");
	return bad;
}

static void registers_and_red_zone_survive_a_handler(void)
{
	struct itimerval timer = { { 0, 5000 }, { 0, 5000 } };

	handle(SIGALRM, clobber_handler, SA_RESTART);
	CHECK_EQ(setitimer(ITIMER_REAL, &timer, NULL), 0);
	while (hits < 20)
		CHECK_EQ(interrupted_loop(200000), 0);
}

static void change_handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	uc->uc_mcontext.gregs[REG_RAX] = 4711;
	/* What must not be taken over: interrupt flag, I/O level. */
	uc->uc_mcontext.gregs[REG_EFL] |= 0x3000;
	uc->uc_mcontext.gregs[REG_EFL] &= ~0x200;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void handler_may_change_registers_and_mask_but_not_privilege(void)
{
	long rax = SYS_tkill, flags;
	sigset_t now;

	handle_info(SIGUSR1, change_handler, 0);
	__asm__ volatile("syscall; pushfq; popq %1"
			 : "+a"(rax), "=r"(flags) : "D"(getpid()), "S"((long)SIGUSR1)
			 : "rcx", "r11", "memory");
	CHECK_EQ(rax, 4711);
	CHECK_EQ(flags & 0x3000, 0);
	CHECK_EQ(flags & 0x200, 0x200);
	CHECK_EQ(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	CHECK(sigismember(&now, SIGUSR2));
}

static void wild_handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	uc->uc_mcontext.gregs[REG_RIP] = 0x8000000000000000;
}

static void mad_fp_handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	/* All of it, reserved bits and xsave header too. */
	memset(uc->uc_mcontext.fpregs, 0xff, 512 + 64);
}

static void sigreturn_believes_nothing_dangerous(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		handle_info(SIGUSR1, wild_handler, 0);
		raise(SIGUSR1);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	child = fork();
	if (child == 0) {
		handle_info(SIGUSR1, mad_fp_handler, 0);
		raise(SIGUSR1);
		_exit(42);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFEXITED(status) || WIFSIGNALED(status));
	child = fork();
	if (child == 0) {
		/* No frame at all. */
		__asm__ volatile("movq $16, %%rsp; movl $15, %%eax; syscall" : : : "rax", "memory");
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- stopping ------------------------------------------------------------------- */

static void stop_and_continue_are_reported(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		for (;;)
			pause();
	CHECK_EQ(kill(child, SIGSTOP), 0);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
	CHECK_EQ(kill(child, SIGCONT), 0);
	CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
	CHECK(WIFCONTINUED(status));
	CHECK_EQ(waitpid(child, &status, WCONTINUED | WNOHANG), 0);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void sigchld_says_what_happened(void)
{
	sigset_t set = set_of(SIGCHLD);
	siginfo_t info;
	pid_t child;

	handle(SIGCHLD, count_handler, 0);
	block(SIGCHLD);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	kill(child, SIGSTOP);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_status, SIGSTOP);
	kill(child, SIGCONT);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	kill(child, SIGTERM);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGCHLD);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGTERM);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

static void nocldstop_keeps_stops_quiet(void)
{
	int status;
	pid_t child;

	handle(SIGCHLD, count_handler, SA_NOCLDSTOP);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	kill(child, SIGCONT);
	while (waitpid(child, &status, WCONTINUED) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(hits, 0);
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		CHECK_EQ(errno, EINTR);
	CHECK_EQ(hits, 1);
}

static void stopped_process_runs_nothing_and_dies_of_sigkill(void)
{
	volatile long *counter = shared_page();
	long seen;
	int status;
	pid_t child = fork();

	if (child == 0)
		for (;;)
			++*counter;
	while (*counter < 1000)
		sched_yield();
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	seen = *counter;
	nap_ms(50);
	CHECK_EQ(*counter, seen);
	/* Other signals wait, SIGKILL does not. */
	kill(child, SIGTERM);
	CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void sigcont_cancels_a_pending_stop_and_the_other_way_round(void)
{
	handle(SIGCONT, count_handler, 0);
	block(SIGTSTP);
	block(SIGCONT);
	raise(SIGTSTP);
	CHECK(pending(SIGTSTP));
	raise(SIGCONT);
	CHECK(!pending(SIGTSTP));
	CHECK(pending(SIGCONT));
	raise(SIGTSTP);
	CHECK(!pending(SIGCONT));
	CHECK(pending(SIGTSTP));
	raise(SIGCONT);
}

static void sleep_goes_on_after_stop_and_continue(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct timespec t = { 0, 300000000 };
		long long before = now_ns();

		if (nanosleep(&t, NULL))
			_exit(1);
		/* Not started anew: the time it stood still counts. */
		_exit(now_ns() - before < 300000000 ? 2 : 0);
	}
	nap_ms(50);
	kill(child, SIGSTOP);
	CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
	kill(child, SIGCONT);
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

/* A member that stopped is not left alone when the last one dies who could continue it. */
static void orphaned_stopped_group_gets_hangup_and_continue(void)
{
	volatile int *seen = shared_page();
	pid_t middle = fork();
	int status;

	if (middle == 0) {
		pid_t leaf;

		setsid();
		leaf = fork();
		if (leaf == 0) {
			setpgid(0, 0);
			handle(SIGHUP, count_handler, 0);
			seen[0] = 1;
			raise(SIGSTOP);
			seen[1] = hits ? last_signal : -1;
			_exit(0);
		}
		waitpid(leaf, &status, WUNTRACED);
		_exit(WIFSTOPPED(status) ? 0 : 1);
	}
	CHECK_EQ(waitpid(middle, &status, 0), middle);
	CHECK_EQ(status, 0);
	for (int i = 0; i < 500 && !seen[1]; i++)
		nap_ms(10);
	CHECK_EQ(seen[0], 1);
	CHECK_EQ(seen[1], SIGHUP);
}

/* ---- groups ------------------------------------------------------------------- */

static void kill_reaches_every_member_of_a_group(void)
{
	pid_t first = 0, child[4];
	int status;

	for (int i = 0; i < 4; i++) {
		child[i] = fork();
		if (child[i] == 0)
			for (;;)
				pause();
		CHECK_EQ(setpgid(child[i], first), 0);
		if (!first)
			first = child[0];
		CHECK_EQ(getpgid(child[i]), first);
	}
	CHECK_EQ(kill(-first, SIGTERM), 0);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(waitpid(-first, &status, 0) > 0, 1);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	}
	CHECK_ERR(kill(-first, 0), ESRCH);
}

static void death_by_default_action_is_told(void)
{
	static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
				      SIGVTALRM, SIGPROF, SIGIO, SIGSYS };
	int status;

	for (unsigned i = 0; i < sizeof(deadly) / sizeof(*deadly); i++) {
		pid_t child = fork();

		if (child == 0) {
			signal(deadly[i], SIG_DFL);
			kill(getpid(), deadly[i]);
			_exit(0);
		}
		CHECK_EQ(waitpid(child, &status, 0), child);
		CHECK(WIFSIGNALED(status));
		CHECK_EQ(WTERMSIG(status), deadly[i]);
	}
}

/* Many signals from many senders: none of the queued ones is lost, and nothing breaks. */
static void queued_signals_from_many_senders_all_arrive(void)
{
	sigset_t set = set_of(SIGRTMIN + 4);
	pid_t parent = getpid();
	int senders = 4, each = 200, got = 0;

	block(SIGRTMIN + 4);
	for (int i = 0; i < senders; i++) {
		if (fork() == 0) {
			union sigval value = { .sival_int = i };

			for (int n = 0; n < each; n++)
				while (sigqueue(parent, SIGRTMIN + 4, value) && errno == EAGAIN)
					sched_yield();
			_exit(0);
		}
	}
	while (got < senders * each) {
		struct timespec limit = { 20, 0 };
		int sig = sigtimedwait(&set, NULL, &limit);

		if (sig < 0 && errno == EINTR)
			continue;
		CHECK_EQ(sig, SIGRTMIN + 4);
		got++;
	}
	CHECK(!pending(SIGRTMIN + 4));
	while (wait(NULL) > 0)
		;
}

int main(void)
{
	TAP_TEST(signal_to_self_is_delivered_before_kill_returns);
	TAP_TEST(siginfo_names_sender_and_kind);
	TAP_TEST(blocked_signal_stays_pending_until_unblocked);
	TAP_TEST(standard_signals_are_pending_once);
	TAP_TEST(realtime_signals_queue_in_order);
	TAP_TEST(queue_of_realtime_signals_is_limited);
	TAP_TEST(ignored_signal_is_dropped);
	TAP_TEST(bad_arguments_are_refused);
	TAP_TEST(other_users_may_not_be_signalled);
	TAP_TEST(handler_is_not_entered_twice_unless_nodefer);
	TAP_TEST(resethand_is_for_one_signal);
	TAP_TEST(onstack_handler_runs_on_the_alternate_stack);
	TAP_TEST(stack_overflow_can_be_handled);
	TAP_TEST(stack_overflow_without_room_kills);
	TAP_TEST(wait_is_restarted_with_sa_restart);
	TAP_TEST(wait_fails_with_eintr_without_sa_restart);
	TAP_TEST(nanosleep_tells_what_is_left);
	TAP_TEST(pause_returns_after_a_handler_only);
	TAP_TEST(sigsuspend_swaps_the_mask_for_one_signal);
	TAP_TEST(sigtimedwait_takes_times_out_and_is_interrupted);
	TAP_TEST(sigwait_takes_a_deadly_signal);
	TAP_TEST(segv_tells_address_and_kind);
	TAP_TEST(division_and_illegal_instruction_are_signals);
	TAP_TEST(blocked_or_ignored_fault_kills);
	TAP_TEST(bad_pointer_in_a_call_is_an_error);
	TAP_TEST(registers_and_red_zone_survive_a_handler);
	TAP_TEST(handler_may_change_registers_and_mask_but_not_privilege);
	TAP_TEST(sigreturn_believes_nothing_dangerous);
	TAP_TEST(stop_and_continue_are_reported);
	TAP_TEST(sigchld_says_what_happened);
	TAP_TEST(nocldstop_keeps_stops_quiet);
	TAP_TEST(stopped_process_runs_nothing_and_dies_of_sigkill);
	TAP_TEST(sigcont_cancels_a_pending_stop_and_the_other_way_round);
	TAP_TEST(sleep_goes_on_after_stop_and_continue);
	TAP_TEST(orphaned_stopped_group_gets_hangup_and_continue);
	TAP_TEST(kill_reaches_every_member_of_a_group);
	TAP_TEST(death_by_default_action_is_told);
	TAP_TEST(queued_signals_from_many_senders_all_arrive);
	return tap_done();
}
