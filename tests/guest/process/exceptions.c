/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exceptions.c - exceptions of the processor become signals that name the cause and the place; and no
 * value that a program loads into its registers harms another process.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "tap.h"

#define FLAG_TRAP	0x100UL

struct trap {
	int signal, code;
	void *address;
	uintptr_t rip;
};

/* The handler writes it, and then exits, so it need not jump out of the signal context. */
static struct trap *seen;

static void note(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	*seen = (struct trap){ signal, info->si_code, info->si_addr,
			       (uintptr_t)uc->uc_mcontext.gregs[REG_RIP] };
	_exit(0);
}

/* Runs @fn in a child and returns how the child trapped; signal 0 means that it did not trap. */
static struct trap trap_of(void (*fn)(void))
{
	static const int signals[] = { SIGFPE, SIGTRAP, SIGILL, SIGSEGV, SIGBUS };
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	struct trap result;
	int status;
	pid_t pid;

	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(seen != MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
			sigaction(signals[i], &action, NULL);
		fn();
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	result = *seen;
	munmap(seen, 4096);
	return result;
}

static void do_divide(void)
{
	__asm__ volatile("xor %%ecx, %%ecx; mov $1, %%eax; cltd; idiv %%ecx" ::: "rax", "rcx", "rdx");
}

static void do_int3(void)
{
	__asm__ volatile("int3");
}

static void do_undefined(void)
{
	__asm__ volatile("ud2");
}

static void do_halt(void)
{
	__asm__ volatile("hlt");
}

static void do_cli(void)
{
	__asm__ volatile("cli");
}

static void do_port(void)
{
	__asm__ volatile("inb $0x71, %%al" ::: "rax");
}

static void do_null(void)
{
	volatile int *volatile p = (int *)16;

	*p = 1;
}

static void do_kernel_read(void)
{
	(void)*(volatile int *)0xffffffff80200000UL;
}

static void do_noncanonical(void)
{
	(void)*(volatile int *)0x8000000000000000UL;
}

static void do_jump_noncanonical(void)
{
	__asm__ volatile("jmp *%0" : : "r"(0x800000000000UL));
}

static void do_jump_data(void)
{
	static char ret = (char)0xc3;

	((void (*)(void))(void *)&ret)();
}

static void do_single_step(void)
{
	__asm__ volatile("pushfq; orq %0, (%%rsp); popfq; nop; nop" : : "i"(FLAG_TRAP));
}

static void do_int_vector(void)
{
	__asm__ volatile("int $0xed");	/* a vector that only the kernel may use */
}

static unsigned selector;

/*
 * If there were a 32-bit segment, a system call from it would enter the kernel at an address without
 * code.  (The test uses a far jump, because one of the emulators reads the stack of a far return as if
 * the kernel read it.)
 */
static void do_far_jump(void)
{
	extern const char landing[];
	struct __attribute__((packed)) {
		uint32_t offset;
		uint16_t selector;
	} to = { (uint32_t)(uintptr_t)landing, (uint16_t)selector };

	__asm__ volatile("ljmpl *%0; landing: syscall; ud2" : : "m"(to) : "rax", "rcx", "r11");
}

static void exceptions_become_their_signals(void)
{
	struct trap t;

	t = trap_of(do_divide);
	CHECK(t.signal == SIGFPE && t.code == FPE_INTDIV && (uintptr_t)t.address == t.rip);
	t = trap_of(do_int3);
	CHECK_EQ(t.signal, SIGTRAP);
	t = trap_of(do_undefined);
	CHECK(t.signal == SIGILL && t.code == ILL_ILLOPN && (uintptr_t)t.address == t.rip);
	t = trap_of(do_single_step);
	CHECK(t.signal == SIGTRAP && t.code == TRAP_TRACE);
}

static void privileged_instructions_are_faults(void)
{
	CHECK_EQ(trap_of(do_halt).signal, SIGSEGV);
	CHECK_EQ(trap_of(do_cli).signal, SIGSEGV);
	CHECK_EQ(trap_of(do_port).signal, SIGSEGV);
	CHECK_EQ(trap_of(do_int_vector).signal, SIGSEGV);
}

static void a_program_can_enter_only_its_own_code_segment(void)
{
	unsigned own;

	__asm__("mov %%cs, %0" : "=r"(own));
	for (selector = 0; selector < 0x100; selector++)
		if ((selector | 3) != own)
			CHECK_EQ(trap_of(do_far_jump).signal, SIGSEGV);
	selector = own;
	CHECK_EQ(trap_of(do_far_jump).signal, SIGILL);
}

static void bad_addresses_are_faults_that_name_them(void)
{
	struct trap t;

	t = trap_of(do_null);
	CHECK(t.signal == SIGSEGV && t.code == SEGV_MAPERR && t.address == (void *)16);
	t = trap_of(do_kernel_read);
	CHECK(t.signal == SIGSEGV && t.address == (void *)0xffffffff80200000UL);
	CHECK_EQ(trap_of(do_noncanonical).signal, SIGSEGV);
	CHECK_EQ(trap_of(do_jump_noncanonical).signal, SIGSEGV);
	t = trap_of(do_jump_data);
	CHECK(t.signal == SIGSEGV && t.code == SEGV_ACCERR);
}

/*
 * A handler may put any values into the registers that sigreturn restores: the values harm the program,
 * but not the kernel.
 */
static uintptr_t evil_rip;
static unsigned long evil_flags;
static short evil_segment;

static void spoil(int signal, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	if (evil_rip)
		uc->uc_mcontext.gregs[REG_RIP] = (greg_t)evil_rip;
	uc->uc_mcontext.gregs[REG_EFL] |= (greg_t)evil_flags;
	if (evil_segment) {
		greg_t *segments = &uc->uc_mcontext.gregs[REG_CSGSFS];

		*segments = (*segments & ~0xffffL) | evil_segment;
	}
	if (evil_flags == 1) {	/* reserved bits of mxcsr, and an invalid xsave header */
		uc->uc_mcontext.fpregs->mxcsr = 0xffffffff;
		memset((char *)uc->uc_mcontext.fpregs + 512, 0xff, 64);
	}
}

static int status_after_spoiling(void)
{
	struct sigaction action = { .sa_sigaction = spoil, .sa_flags = SA_SIGINFO };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGFPE, SIG_DFL);
		sigaction(SIGUSR1, &action, NULL);
		raise(SIGUSR1);
		_exit(7);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void sigreturn_with_bad_registers_harms_only_the_program(void)
{
	int status;

	evil_rip = 0x8000000000000000UL;
	CHECK_EQ(status_after_spoiling(), SIGSEGV);
	evil_rip = 0x800000000000UL;
	CHECK_EQ(status_after_spoiling(), SIGSEGV);
	evil_rip = 0xffffffff80200000UL;
	CHECK_EQ(status_after_spoiling(), SIGSEGV);
	evil_rip = 0;

	evil_flags = 0x3000 | 0x200 | 0x4000;	/* I/O privilege, nested task */
	CHECK_EQ(status_after_spoiling(), 7 << 8);
	evil_flags = 0;
	evil_segment = 0x10;			/* the kernel's code segment */
	status = status_after_spoiling();
	CHECK(status == 7 << 8 || status == SIGSEGV);
	evil_segment = 0x2b;
	status = status_after_spoiling();
	CHECK(status == 7 << 8 || status == SIGSEGV);
	evil_segment = 0;
	evil_flags = 1;
	status = status_after_spoiling();
	CHECK(status == 7 << 8 || status == SIGSEGV);
}

static void io_ports_need_a_grant(void)
{
	CHECK_EQ(trap_of(do_port).signal, SIGSEGV);
	CHECK_EQ(syscall(1033, 0x70, 2), 0);
	do_port();
	CHECK_EQ(trap_of(do_port).signal, SIGSEGV);	/* a child does not inherit the grant */
	CHECK_ERR(syscall(1033, 0xffff, 2), EINVAL);
	CHECK_ERR(syscall(1033, 0, 0), EINVAL);
	CHECK_EQ(setuid(1000), 0);
	CHECK_ERR(syscall(1033, 0x70, 2), EPERM);
}

int main(void)
{
	TAP_TEST(exceptions_become_their_signals);
	TAP_TEST(privileged_instructions_are_faults);
	TAP_TEST(a_program_can_enter_only_its_own_code_segment);
	TAP_TEST(bad_addresses_are_faults_that_name_them);
	TAP_TEST(sigreturn_with_bad_registers_harms_only_the_program);
	TAP_TEST(io_ports_need_a_grant);
	return tap_done();
}
