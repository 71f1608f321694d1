/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * selector.c - the selector's generated code, run on the host: which version it chooses in each state of a
 * transition, and that it keeps every register that carries an argument.
 */
#define _GNU_SOURCE
#include "tap.h"
#undef __always_inline
#include <asm/prctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Definitions in place of these kernel headers. */
#define NEURATH_HOOK_H
#define NEURATH_ARCH_H
#define NEURATH_BUG_H
#define NEURATH_ERRNO_H
#define NEURATH_MM_H
#define NEURATH_MUTEX_H
#define NEURATH_PRINTK_H
#define NEURATH_RACE_H
#define NEURATH_STRING_H
#define NEURATH_TASK_H
#include <neurath/types.h>
#include <neurath/ptregs.h>

#define PAGE_SIZE		4096UL
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define GFP_KERNEL		0
#define PROT_KERNEL_RX		0
#define RANK_HOOK		0
#define DEFINE_MUTEX_RANK(name, rank)	int name
#define assert(condition)	CHECK(condition)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

struct hook_version {
	char pad[24];			/* so that the next member has an unusual offset */
	struct hook_version *below;
	void *ip;
	bool transition;
};
struct task {
	char pad[200];
	int patch_state;
};
struct cpu {
	void *self;
	struct task *task;
};

static unsigned race_one_in;
static unsigned log_lines;
#define pr_err(...)		(log_lines++)

static void mutex_lock(int *m) { (void)m; }
static void mutex_unlock(int *m) { (void)m; }
static void *vzalloc(size_t n) { return calloc(1, n); }
static void vfree(void *p) { free(p); }
static void *module_alloc(size_t n)
{
	return mmap(NULL, n, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
static void module_free(void *p) { munmap(p, PAGE_SIZE); }
static int kprotect_range(unsigned long at, size_t n, int prot) { (void)at; (void)n; (void)prot; return 0; }
static int text_poke_copy(unsigned long at, const void *bytes, size_t n)
{
	memcpy((void *)at, bytes, n);
	return 0;
}
struct selector *selector_create(unsigned long func, struct hook_version **top);
void selector_free(struct selector *s);
unsigned long selector_entry(const struct selector *s);
void selector_rewind(struct pt_regs *regs);

#include "../../arch/x86_64/hook_selector.c"

/* The code that a selector jumps to: records which version it is, and its registers at entry. */
extern unsigned long landed[9];
extern char land_new[], land_old[];
unsigned long landed[9];
__asm__(".text\n"
	"land_new: movq $1, landed+64(%rip)\n"
	"	jmp 1f\n"
	"land_old: movq $2, landed+64(%rip)\n"
	"1:	movq %rdi, landed(%rip)\n"
	"	movq %rsi, landed+8(%rip)\n"
	"	movq %rdx, landed+16(%rip)\n"
	"	movq %rcx, landed+24(%rip)\n"
	"	movq %r8, landed+32(%rip)\n"
	"	movq %r9, landed+40(%rip)\n"
	"	movq %rax, landed+48(%rip)\n"
	"	movq %rbx, landed+56(%rip)\n"
	"	ret\n");

static struct task task;
static struct cpu cpu = { .task = &task };
static struct hook_version original = { .ip = land_old }, newest = { .below = &original, .ip = land_new };
static struct hook_version *top = &newest;

static void enter(unsigned long entry)
{
	memset(landed, 0, sizeof(landed));
	__asm__ volatile("mov $7, %%rax; mov $8, %%rbx; mov $1, %%rdi; mov $2, %%rsi; mov $3, %%rdx; mov $4, %%rcx;"
			 "mov $5, %%r8; mov $6, %%r9; sub $128, %%rsp; call *%0; add $128, %%rsp"
			 : : "r"(entry) : "rax", "rbx", "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
}

/* 1 = the selector chose the newest version, 2 = the version below. */
static unsigned long chosen(bool transition, int state)
{
	struct selector *s = selector_create(0x1000, &top);

	CHECK(s != NULL);
	newest.transition = transition;
	task.patch_state = state;
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu), 0);
	enter(selector_entry(s));
	return landed[8];
}

static void outside_of_a_transition_the_selector_chooses_the_newest(void)
{
	for (int state = -1; state <= 1; state++)
		CHECK_EQ(chosen(false, state), 1);
}

static void in_a_transition_the_selector_chooses_by_the_state_of_current(void)
{
	CHECK_EQ(chosen(true, 0), 2);
	CHECK_EQ(chosen(true, 1), 1);
}

static void registers_with_arguments_are_kept(void)
{
	for (int state = 0; state <= 1; state++) {
		chosen(true, state);
		for (int i = 0; i < 8; i++)
			CHECK_EQ(landed[i], i + 1);
	}
}

static void the_selector_reads_the_newest_version_each_time(void)
{
	static struct hook_version third = { .below = &newest, .ip = land_old };
	struct selector *s = selector_create(0x1000, &top);

	newest.transition = third.transition = false;
	CHECK_EQ(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu), 0);
	enter(selector_entry(s));
	CHECK_EQ(landed[8], 1);
	top = &third;
	enter(selector_entry(s));
	CHECK_EQ(landed[8], 2);
}

static void only_a_cpu_inside_a_selector_is_sent_back_to_the_function(void)
{
	struct selector *first = selector_create(0x1000, &top), *second = selector_create(0x2000, &top);
	struct pt_regs regs = { .cs = 0x10, .rip = selector_entry(second) + 17 };

	selector_rewind(&regs);
	CHECK_EQ(regs.rip, 0x2000);
	regs.rip = selector_entry(first);
	selector_rewind(&regs);
	CHECK_EQ(regs.rip, 0x1000);
	regs.rip = (selector_entry(first) & PAGE_MASK) - 1;
	selector_rewind(&regs);
	CHECK_EQ(regs.rip, (selector_entry(first) & PAGE_MASK) - 1);
	regs = (struct pt_regs){ .cs = 0x33, .rip = selector_entry(second) };
	selector_rewind(&regs);
	CHECK_EQ(regs.rip, selector_entry(second));	/* unchanged in user mode */
}

/*
 * Each of thousands of selectors belongs to its function, and is found. The kernel logs when the limit is
 * reached. A selector that is given back is used again.
 */
static void there_may_be_65536_selectors_and_the_limit_is_logged(void)
{
	unsigned n = 0;
	struct selector *s, *last = NULL, *some = NULL;

	for (; (s = selector_create(0x10000 + n * 16, &top)); n++, last = s) {
		struct pt_regs regs = { .cs = 0x10, .rip = selector_entry(s) + 1 };

		selector_rewind(&regs);
		CHECK_EQ(regs.rip, 0x10000 + n * 16);
		some = n == 1000 ? s : some;
	}
	CHECK_EQ(n, 65536);
	CHECK_EQ(log_lines, 1);
	enter(selector_entry(last));
	CHECK_EQ(landed[8], 1);
	selector_free(some);
	CHECK(selector_create(0x5000, &top) == some);
	CHECK(!selector_create(0x6000, &top));
}

int main(void)
{
	TAP_TEST(outside_of_a_transition_the_selector_chooses_the_newest);
	TAP_TEST(in_a_transition_the_selector_chooses_by_the_state_of_current);
	TAP_TEST(registers_with_arguments_are_kept);
	TAP_TEST(the_selector_reads_the_newest_version_each_time);
	TAP_TEST(only_a_cpu_inside_a_selector_is_sent_back_to_the_function);
	TAP_TEST(there_may_be_65536_selectors_and_the_limit_is_logged);
	return tap_done();
}
