/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end: panic(), failed assertions, and warnings, which are not the end.
 *
 * panic() may be called in any context, NMI and a held lock included.  The first
 * CPU that comes stops all others by NMI, prints the reason, its registers and
 * stack, then those of every other CPU, then every task that is off a CPU.
 * A second panic on the way (a damaged stack, say) skips what was being
 * printed.  Under a test runner the emulator then exits with failure, elsewhere
 * the machine stands still.
 */
#include <neurath/arch.h>
#include <neurath/atomic.h>
#include <neurath/bug.h>
#include <neurath/export.h>
#include <neurath/ksyms.h>
#include <neurath/module.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/task.h>
#include <neurath/unwind.h>

#define PANIC_EXIT_CODE		0x3f
#define PANIC_STACK_ENTRIES	32
#define PANIC_TASKS_MAX		64

static int panic_cpu_plus_1;
static unsigned int panic_depth;
static bool panic_others_stopped;

notrace bool panic_in_progress(void)
{
	return unlikely(READ_ONCE(panic_others_stopped));
}

static void panic_print_stack(struct task *task, const struct pt_regs *regs)
{
	unsigned long entries[PANIC_STACK_ENTRIES];
	unsigned int n = unwind_guess(task, regs, entries, PANIC_STACK_ENTRIES);

	for (unsigned int i = 0; i < n; i++)
		pr_emerg("  %pB\n", (void *)entries[i]);
}

/* After a jump into nowhere only the return address on the stack tells who jumped. */
static void panic_print_caller(const struct task *task, const struct pt_regs *regs)
{
	unsigned long base = task ? (unsigned long)task->stack : 0;

	if (!base || user_mode(regs) || kernel_text_address(regs->rip) || (regs->rsp & 7) ||
	    regs->rsp < base || regs->rsp >= base + KSTACK_SIZE)
		return;
	pr_emerg("  called from %pB\n", *(void **)regs->rsp);
}

static void panic_print_regs(const struct pt_regs *regs)
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

static void panic_print_where(const struct pt_regs *regs)
{
	struct task *task = current;

	pr_emerg("CPU: %u  task: %s pid %d  %s\n", cpu_id(), task ? task->comm : "(none)",
		 task ? task->pid : 0, print_tainted());
	if (regs)
		panic_print_regs(regs);
	pr_emerg("Call trace:\n");
	if (regs)
		panic_print_caller(task, regs);
	panic_print_stack(task, regs);
}

static void panic_print_other_cpus(void)
{
	for (unsigned int id = 0; id < nr_cpus; id++) {
		const struct pt_regs *regs = arch_stopped_regs(id);
		struct task *task = cpus[id].task;

		if (id == cpu_id() || !cpus[id].online)
			continue;
		pr_emerg("CPU %u: %s pid %d%s\n", id, task ? task->comm : "(none)",
			 task ? task->pid : 0, regs ? "" : ", did not stop");
		if (!regs)
			continue;
		pr_emerg("  at %pS\n", (void *)regs->rip);
		if (!user_mode(regs))
			panic_print_stack(task, regs);
	}
}

static void panic_print_tasks(void)
{
	struct task_walk walk;
	unsigned int printed = 0;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		if (t->on_cpu || t->state == TASK_DEAD)
			continue;
		if (++printed > PANIC_TASKS_MAX) {
			pr_emerg("(more tasks not shown)\n");
			return;
		}
		pr_emerg("task %s pid %d state %#x%s%s\n", t->comm, t->pid, t->state,
			 t->wait_channel ? " on " : "", t->wait_channel ? t->wait_channel : "");
		panic_print_stack(t, NULL);
	}
}

static void __noreturn panic_end(void)
{
	arch_exit_test(PANIC_EXIT_CODE);
	arch_halt();
}

/* Each step at most once: a fault in one of them comes back here for the next. */
static void __noreturn panic_report(const struct pt_regs *regs, const char *fmt, va_list args)
{
	char reason[256];

	irq_disable();
	if (cmpxchg(&panic_cpu_plus_1, 0, (int)cpu_id() + 1) != 0 &&
	    READ_ONCE(panic_cpu_plus_1) != (int)cpu_id() + 1)
		arch_halt();		/* another CPU was first and will stop us */
	console_loglevel = 10;
	vscnprintf(reason, sizeof(reason), fmt, args);
	switch (panic_depth++) {
	case 0:
		arch_stop_others();
		WRITE_ONCE(panic_others_stopped, true);
		pr_emerg("Kernel panic - not syncing: %s\n", reason);
		panic_print_where(regs);
		panic_print_other_cpus();
		panic_depth = 2;
		break;
	case 1:
		pr_emerg("Kernel panic while reporting: %s\n", reason);
		break;
	case 2:
		break;
	default:
		panic_end();
	}
	if (panic_depth == 2) {
		panic_depth = 3;
		panic_print_tasks();
	}
	pr_emerg("---[ end Kernel panic - not syncing: %s ]---\n", reason);
	panic_end();
}

void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_report(NULL, fmt, args);
}

void panic_regs(const struct pt_regs *regs, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	panic_report(regs, fmt, args);
}

void assert_failed(const char *expr, const char *file, int line)
{
	panic("assertion failed: %s at %s:%d", expr, file, line);
}

void dump_stack_regs(const struct pt_regs *regs)
{
	unsigned long entries[PANIC_STACK_ENTRIES];
	unsigned int n = unwind_guess(current, regs, entries, PANIC_STACK_ENTRIES);

	pr_warn("CPU: %u PID: %d Comm: %s %s\n", cpu_id(), current ? current->pid : 0,
		current ? current->comm : "(none)", print_tainted());
	pr_warn("Call Trace:\n");
	for (unsigned int i = 0; i < n; i++)
		pr_warn(" %pB\n", (void *)entries[i]);
}

void dump_stack(void)
{
	dump_stack_regs(NULL);
}

void warn_report(const char *file, int line, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	add_taint(TAINT_WARN);
	pr_warn("------------[ cut here ]------------\n");
	pr_warn("WARNING: CPU: %u at %s:%d %pS\n", cpu_id(), file, line,
		__builtin_return_address(0));
	pr_warn("%s", text);
	dump_stack();
}

EXPORT_SYMBOL(panic);
EXPORT_SYMBOL(assert_failed);
EXPORT_SYMBOL(warn_report);
EXPORT_SYMBOL(dump_stack);
