/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a report.  Contract: <neurath/report.h>.
 *
 * A stack is printed even if it is not reliable: the task may have damaged it.  Each address is a
 * return address, and its call is the instruction before it; only the innermost address is the
 * interrupted instruction itself. tools/decode, which reads these lines on the host, relies on
 * this.
 */
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/console.h>
#include <neurath/ksyms.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/report.h>
#include <neurath/unwind.h>

/* Longer than any report takes on a serial line of 115200 baud. */
#define REPORT_WAIT_NS		(10 * NSEC_PER_SEC)
#define REPORT_TASKS_MAX	64
#define REPORT_CODE_BEFORE	24
#define REPORT_CODE_BYTES	48

static u32 report_owner;		/* CPU + 1, 0 = free */

void report_begin(struct report_hold *hold)
{
	u64 until = clock_ns() + REPORT_WAIT_NS;
	u32 me = cpu_id() + 1;

	hold->flags = irq_save();
	hold->locked = false;
	/* A report inside a report of the same CPU is a part of it. */
	while (READ_ONCE(report_owner) != me && !hold->locked && clock_ns() < until) {
		hold->locked = cmpxchg(&report_owner, 0, me) == 0;
		cpu_relax();
	}
	if (hold->locked)
		console_show_on_screen(true);
}

void report_end(const struct report_hold *hold)
{
	if (hold->locked) {
		console_show_on_screen(false);
		/* Pairs with the exchange in report_begin(). */
		smp_store_release(&report_owner, 0);
	}
	irq_restore(hold->flags);
}

void report_regs(const struct pt_regs *regs)
{
	pr_emerg("RIP: %04lx:%pS  EFLAGS: %08lx  error/syscall: %ld\n", regs->cs,
		 (void *)regs->rip, regs->eflags, (long)regs->orig_rax);
	pr_emerg("RSP: %04lx:%016lx  RBP: %016lx\n", regs->ss, regs->rsp, regs->rbp);
	pr_emerg("RAX: %016lx RBX: %016lx RCX: %016lx RDX: %016lx\n", regs->rax, regs->rbx,
		 regs->rcx, regs->rdx);
	pr_emerg("RSI: %016lx RDI: %016lx R08: %016lx R09: %016lx\n", regs->rsi, regs->rdi,
		 regs->r8, regs->r9);
	pr_emerg("R10: %016lx R11: %016lx R12: %016lx R13: %016lx\n", regs->r10, regs->r11,
		 regs->r12, regs->r13);
	pr_emerg("R14: %016lx R15: %016lx\n", regs->r14, regs->r15);
}

void report_code(const struct pt_regs *regs)
{
	char line[REPORT_CODE_BYTES * 3 + 8];
	unsigned long at = regs->rip - REPORT_CODE_BEFORE;
	int n = 0;

	if (user_mode(regs) || !kernel_text_address(regs->rip))
		return;
	for (unsigned i = 0; i < REPORT_CODE_BYTES; i++, at++) {
		const char *form = at == regs->rip ? " <%02x>" : " %02x";

		if (kernel_text_address(at))
			n += scnprintf(line + n, sizeof(line) - (size_t)n, form, *(u8 *)at);
	}
	pr_emerg("Code:%s\n", line);
}

/* Runaway recursion fills the array with one function. */
void report_print_stack(const struct report *r)
{
	for (unsigned i = 0; i < r->n;) {
		unsigned same = 1;

		while (i + same < r->n && r->entries[i + same] == r->entries[i])
			same++;
		pr_emerg("  %pB\n", (void *)r->entries[i]);
		if (same > 1)
			pr_emerg("  ... %u times\n", same);
		i += same;
	}
	if (r->n == REPORT_STACK_ENTRIES)
		pr_emerg("  ... and what lies above\n");
}

void report_stack(struct report *r, struct task *task, const struct pt_regs *regs)
{
	r->task = task;
	r->n = task && task->stack ? unwind_guess(task, regs, r->entries, REPORT_STACK_ENTRIES) : 0;
	report_print_stack(r);
}

void report_current(const struct pt_regs *regs)
{
	struct task *task = current;
	struct report r;

	pr_emerg("CPU: %u  task: %s pid %d  %s\n", cpu_id(), task ? task->comm : "(none)",
		 task ? task->pid : 0, print_tainted());
	if (regs) {
		report_regs(regs);
		report_code(regs);
	}
	pr_emerg("Call trace:\n");
	report_stack(&r, task, regs);
	SET_FOREACH(struct reporter, reporter, reporter)
		reporter->print(&r);
}

void report_interrupted(const struct pt_regs *regs)
{
	struct report r;

	report_regs(regs);
	report_code(regs);
	pr_emerg("Call trace:\n");
	report_stack(&r, current, regs);
}

void report_task(struct task *task)
{
	struct report r;

	pr_emerg("task %s pid %d state %#x%s%s\n", task->comm, task->pid, task->state,
		 task->wait_channel ? " on " : "", task->wait_channel ? task->wait_channel : "");
	report_stack(&r, task, NULL);
}

/* ---- a panic: the panicking CPU, the other CPUs, and every task that is off a CPU ---------- */

PANIC_PART(1, report_panicking, report_current);

static void panic_print_other_cpus(const struct pt_regs *own)
{
	for (unsigned int id = 0; id < nr_cpus; id++) {
		const struct pt_regs *regs = arch_stopped_regs(id);
		struct task *task = cpus[id].task;
		struct report r;

		if (id == cpu_id() || !cpus[id].online)
			continue;
		pr_emerg("CPU %u: %s pid %d%s\n", id, task ? task->comm : "(none)",
			 task ? task->pid : 0, regs ? "" : ", did not stop");
		if (!regs)
			continue;
		pr_emerg("  at %pS\n", (void *)regs->rip);
		if (!user_mode(regs))
			report_stack(&r, task, regs);
	}
}

PANIC_PART(2, report_others, panic_print_other_cpus);

static void panic_print_tasks(const struct pt_regs *regs)
{
	struct task_walk walk;
	unsigned int printed = 0;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		if (t->on_cpu || t->state == TASK_DEAD)
			continue;
		if (++printed > REPORT_TASKS_MAX) {
			pr_emerg("(more tasks not shown)\n");
			return;
		}
		report_task(t);
	}
}
PANIC_PART(3, report_tasks, panic_print_tasks);
