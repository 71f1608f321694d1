/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu.c - the processor as a program sees it: registers, extended state, address translation, time.
 * Exceptions: exceptions.c.
 *
 * timeout: 120
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "tap.h"

#define FLAG_CARRY	0x1UL
#define FLAG_DIRECTION	0x400UL
#define FLAG_ALIGN	0x40000UL

static long cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static void bind_to(long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	CHECK_EQ(sched_setaffinity(0, sizeof(set), &set), 0);
}

/* ---- registers ------------------------------------------------------------ */

static void system_calls_keep_all_registers_but_three(void)
{
	uint64_t in[11], out[11], *rax = in;

	for (int i = 0; i < 11; i++)
		in[i] = 0x1111111111111111UL * (i + 1);
	/* Compares rbx rdx rsi rdi r8 r9 r10 r12 r13 r14 r15 before and after getppid(). */
	__asm__ volatile(
		"lea -128(%%rsp), %%rsp\n"	/* spares the red zone */
		"push %%rbp\n"
		"push %%rcx\n"
		"mov 0(%%rax), %%rbx; mov 8(%%rax), %%rdx; mov 16(%%rax), %%rsi; mov 24(%%rax), %%rdi\n"
		"mov 32(%%rax), %%r8; mov 40(%%rax), %%r9; mov 48(%%rax), %%r10; mov 56(%%rax), %%r12\n"
		"mov 64(%%rax), %%r13; mov 72(%%rax), %%r14; mov 80(%%rax), %%r15\n"
		"mov $0x123456789, %%rbp\n"
		"mov $110, %%eax\n"
		"syscall\n"
		"mov $0x123456789, %%rcx\n"
		"cmp %%rcx, %%rbp\n"
		"pop %%rcx\n"
		"je 1f\n"
		"ud2\n"
		"1: mov %%rbx, 0(%%rcx); mov %%rdx, 8(%%rcx); mov %%rsi, 16(%%rcx); mov %%rdi, 24(%%rcx)\n"
		"mov %%r8, 32(%%rcx); mov %%r9, 40(%%rcx); mov %%r10, 48(%%rcx); mov %%r12, 56(%%rcx)\n"
		"mov %%r13, 64(%%rcx); mov %%r14, 72(%%rcx); mov %%r15, 80(%%rcx)\n"
		"pop %%rbp\n"
		"lea 128(%%rsp), %%rsp\n"
		: "+a"(rax) : "c"(out)
		: "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory");
	for (int i = 0; i < 11; i++)
		CHECK_EQ(in[i], out[i]);
}

static void flags_of_the_program_do_not_reach_the_kernel(void)
{
	struct timespec t;
	char buf[64];

	/* The alignment check flag would open user memory to the kernel; the direction flag would reverse copies. */
	for (int i = 0; i < 1000; i++) {
		long result;

		__asm__ volatile("pushfq; orq %1, (%%rsp); popfq; syscall; cld; pushfq; andq %2, (%%rsp); popfq"
				 : "=a"(result)
				 : "i"(FLAG_ALIGN | FLAG_DIRECTION | FLAG_CARRY), "i"((int)~FLAG_ALIGN),
				   "a"(SYS_clock_gettime), "D"(CLOCK_MONOTONIC), "S"(&t)
				 : "rcx", "r11", "memory", "cc");
		CHECK_EQ(result, 0);
	}
	CHECK_EQ(gethostname(buf, sizeof(buf)), 0);
}

static void flags_survive_a_system_call(void)
{
	unsigned long flags;

	__asm__ volatile("stc; syscall; pushfq; pop %0" : "=r"(flags) : "a"(SYS_getpid)
			 : "rcx", "r11", "memory", "cc");
	CHECK(flags & FLAG_CARRY);
}

/* ---- extended state --------------------------------------------------------- */

static bool has_avx(void)
{
	unsigned a, b, c, d;

	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
	return (c >> 27 & 1) && (c >> 28 & 1);
}

/* Loads vector registers with a pattern, makes a system call, and compares the registers with the pattern. */
static bool vectors_survive(uint64_t pattern, long nr)
{
	uint64_t got[4 * 2] = { 0 };
	long rax = nr;

	if (has_avx()) {
		__asm__ volatile("vmovq %[p], %%xmm0; vpunpcklqdq %%xmm0, %%xmm0, %%xmm0\n"
				 "vinsertf128 $1, %%xmm0, %%ymm0, %%ymm0; vmovaps %%ymm0, %%ymm15\n"
				 "syscall\n"
				 "vmovups %%ymm0, (%[g]); vmovups %%ymm15, 32(%[g]); vzeroupper"
				 : "+a"(rax) : [p] "r"(pattern), [g] "r"(got), "D"(0L), "S"(0L)
				 : "rcx", "r11", "xmm0", "xmm15", "memory");
	} else {
		__asm__ volatile("movq %[p], %%xmm0; punpcklqdq %%xmm0, %%xmm0; movaps %%xmm0, %%xmm15\n"
				 "syscall\n"
				 "movups %%xmm0, (%[g]); movups %%xmm0, 16(%[g])\n"
				 "movups %%xmm15, 32(%[g]); movups %%xmm15, 48(%[g])"
				 : "+a"(rax) : [p] "r"(pattern), [g] "r"(got), "D"(0L), "S"(0L)
				 : "rcx", "r11", "xmm0", "xmm15", "memory");
	}
	for (int i = 0; i < 8; i++)
		if (got[i] != pattern)
			return false;
	return true;
}

static void vector_registers_belong_to_their_task(void)
{
	pid_t children[8];
	int status;

	for (int i = 0; i < 8; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			for (uint64_t n = 0; n < 2000; n++)
				if (!vectors_survive((uint64_t)i << 56 | n, SYS_sched_yield))
					_exit(1);
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++) {
		CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
		CHECK_EQ(status, 0);
	}
}

static void fork_copies_vector_registers(void)
{
	double value = 1.0;
	int status;
	pid_t pid;

	__asm__ volatile("movq %1, %%xmm9; mov %2, %%eax; syscall; movq %%xmm9, %%rdx"
			 : "=&a"(pid) : "r"(0x1234567890abcdefUL), "i"(SYS_fork)
			 : "rcx", "r11", "rdx", "xmm9", "memory");
	if (pid == 0) {
		uint64_t got;

		__asm__ volatile("movq %%xmm9, %0" : "=r"(got));
		_exit(got != 0x1234567890abcdefUL || value != 1.0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static volatile sig_atomic_t handled;

static void clobber_vectors(int signal)
{
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm15, %%xmm15" ::: "xmm0", "xmm15");
	handled++;
}

static void signal_handlers_do_not_disturb_vector_registers(void)
{
	uint64_t got, want = 0x0123456789abcdefUL;

	signal(SIGUSR1, clobber_vectors);
	for (int i = 0; i < 100; i++) {
		__asm__ volatile("movq %[w], %%xmm15; mov %[nr], %%eax; syscall; movq %%xmm15, %[g]"
				 : [g] "=r"(got)
				 : [w] "r"(want), [nr] "i"(SYS_kill), "D"(getpid()), "S"(SIGUSR1)
				 : "rax", "rcx", "r11", "xmm15", "memory");
		CHECK_EQ(got, want);
	}
	CHECK_EQ(handled, 100);
}

/* ---- several CPUs ------------------------------------------------------------- */

static atomic_int *word;
static atomic_bool stop_reading;
static atomic_long reads;

static void *read_always(void *arg)
{
	bind_to((long)arg);
	while (!stop_reading) {
		(void)atomic_load(word);
		reads++;
	}
	return NULL;
}

/* After mprotect() has returned, no thread may write through an old translation. */
static void *write_until_fault(void *arg)
{
	bind_to((long)arg);
	for (;;)
		atomic_fetch_add(word, 1);
	return NULL;
}

static atomic_bool faulted;

static void on_fault(int signal, siginfo_t *info, void *context)
{
	faulted = true;
	for (;;)
		pause();
}

static void protection_is_lost_on_all_cpus_at_once(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	pthread_t thread;
	int before;

	if (cpus() < 2)
		tap_skip("needs two CPUs");
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigaction(SIGSEGV, &action, NULL);
	bind_to(0);
	pthread_create(&thread, NULL, write_until_fault, (void *)1L);
	while (atomic_load(word) < 1000)
		sched_yield();
	CHECK_EQ(mprotect(word, 4096, PROT_READ), 0);
	before = atomic_load(word);
	for (int i = 0; i < 100000; i++)
		CHECK_EQ(atomic_load(word), before);
	while (!faulted)
		sched_yield();
}

/* When a page is replaced, the thread on the other CPU sees the new page, too. */
static void replaced_pages_are_seen_by_other_cpus(void)
{
	pthread_t thread;

	if (cpus() < 2)
		tap_skip("needs two CPUs");
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bind_to(0);
	pthread_create(&thread, NULL, read_always, (void *)1L);
	for (int i = 0; i < 300; i++) {
		long seen_before = reads;

		CHECK(mmap(word, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == word);
		atomic_store(word, i);
		while (reads < seen_before + 10)
			sched_yield();
	}
	stop_reading = true;
	pthread_join(thread, NULL);
}

static void time_never_runs_backwards_between_cpus(void)
{
	struct timespec last = { 0 }, now;

	for (int round = 0; round < 200; round++) {
		bind_to(round % cpus());
		CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
		CHECK(now.tv_sec > last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec >= last.tv_nsec));
		last = now;
	}
}

static void sleep_lasts_at_least_as_long_as_asked(void)
{
	for (long ns = 1000; ns <= 50000000; ns *= 7) {
		struct timespec before, after, wait = { 0, ns };

		clock_gettime(CLOCK_MONOTONIC, &before);
		CHECK_EQ(nanosleep(&wait, NULL), 0);
		clock_gettime(CLOCK_MONOTONIC, &after);
		CHECK((after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec - before.tv_nsec >= ns);
	}
}

static void wall_clock_is_of_this_century(void)
{
	CHECK(time(NULL) > 1700000000 && time(NULL) < 4102444800);
}

static _Thread_local uint64_t tls_word;

static void *check_tls(void *arg)
{
	tls_word = (uintptr_t)arg;
	for (int i = 0; i < 2000; i++) {
		sched_yield();
		if (tls_word != (uintptr_t)arg)
			return (void *)1;
	}
	return NULL;
}

static void thread_local_storage_survives_switches(void)
{
	pthread_t threads[8];
	void *result;

	for (long i = 0; i < 8; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, check_tls, (void *)(i + 100)), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &result);
		CHECK(result == NULL);
	}
}

int main(void)
{
	TAP_TEST(system_calls_keep_all_registers_but_three);
	TAP_TEST(flags_of_the_program_do_not_reach_the_kernel);
	TAP_TEST(flags_survive_a_system_call);
	TAP_TEST(vector_registers_belong_to_their_task);
	TAP_TEST(fork_copies_vector_registers);
	TAP_TEST(signal_handlers_do_not_disturb_vector_registers);
	TAP_TEST(protection_is_lost_on_all_cpus_at_once);
	TAP_TEST(replaced_pages_are_seen_by_other_cpus);
	TAP_TEST(time_never_runs_backwards_between_cpus);
	TAP_TEST(sleep_lasts_at_least_as_long_as_asked);
	TAP_TEST(wall_clock_is_of_this_century);
	TAP_TEST(thread_local_storage_survives_switches);
	return tap_done();
}
