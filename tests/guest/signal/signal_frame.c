/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signal_frame.c - faults as signals, the frame on which a handler runs and through which it returns, and
 * a stack without room for the frame.
 *
 * timeout: 180
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include "handlers.h"
#include "tap.h"

/* ---- the alternate stack ----------------------------------------------------------------- */

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

/* A program without room on its own stack can still handle SIGSEGV on the alternate stack. */
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

/* ---- faults ------------------------------------------------------------------------------ */

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

/* A system call that fails with EFAULT sends no signal. */
static void bad_pointer_in_a_call_is_an_error(void)
{
	CHECK_ERR(syscall(SYS_uname, (void *)16), EFAULT);
	CHECK_ERR(syscall(SYS_uname, (void *)0xffff888000000000), EFAULT);
}

/* ---- the frame --------------------------------------------------------------------------- */

static void clobber_handler(int sig)
{
	double x = 1.5;

	hits++;
	/* Changes every register that a handler may change. */
	__asm__ volatile("movq %0, %%xmm0; movq %0, %%xmm7; movq %0, %%xmm15; std; cld;"
			 "movq $-1, %%rax; movq $-1, %%rcx; movq $-1, %%rdx; movq $-1, %%r8; movq $-1, %%r11"
			 : : "r"(x) : "rax", "rcx", "rdx", "r8", "r11", "xmm0", "xmm7", "xmm15");
}

/*
 * A loop with known values in registers, flags and the red zone, which a timer interrupts. The loop compares
 * the values in every round.
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
	/* The kernel must not take over these changes: interrupt flag and I/O privilege level. */
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

	/* Overwrites all of it, also the reserved bits and the xsave header. */
	memset(uc->uc_mcontext.fpregs, 0xff, 512 + 64);
}

static void sigreturn_refuses_dangerous_values(void)
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
		/* The stack pointer leads to no frame. */
		__asm__ volatile("movq $16, %%rsp; movl $15, %%eax; syscall" : : : "rax", "memory");
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

int main(void)
{
	TAP_TEST(onstack_handler_runs_on_the_alternate_stack);
	TAP_TEST(stack_overflow_can_be_handled);
	TAP_TEST(stack_overflow_without_room_kills);
	TAP_TEST(segv_tells_address_and_kind);
	TAP_TEST(division_and_illegal_instruction_are_signals);
	TAP_TEST(blocked_or_ignored_fault_kills);
	TAP_TEST(bad_pointer_in_a_call_is_an_error);
	TAP_TEST(registers_and_red_zone_survive_a_handler);
	TAP_TEST(handler_may_change_registers_and_mask_but_not_privilege);
	TAP_TEST(sigreturn_refuses_dangerous_values);
	return tap_done();
}
