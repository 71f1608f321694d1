/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_steps - interrupts a task after each instruction of its system calls, and compares the kernel's unwinder with a shadow stack.
 *
 *	on=1	(writing) from now on the calls of the writing task are stepped; the task stays on its CPU
 *	on=0	(writing, by the same task) the end
 *
 * The processor's single step (EFLAGS.TF) causes a #DB after each instruction. The CPU of the task gets a copy of the interrupt
 * table, in which the #DB leads to the entry of a device's interrupt. So each trap takes the path of a real interrupt: same entry,
 * same stack, same dispatcher. A live patch of irq_line_interrupt() receives it. A probe at syscall_dispatch() sets TF.
 *
 * The shadow stack knows nothing of frames: only the executed instructions call and ret change it. After each instruction the
 * unwinder must return exactly the shadow stack, or report that it cannot. Counts:
 *
 *	calls		system calls that were stepped
 *	steps		executed instructions
 *	functions	different functions among them
 *	places		different instructions among them
 *	equal		the unwinder has found the shadow stack
 *	unknown		it has reported that it cannot
 *	wrong		it has returned something else; the first ones are in the log
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <neurath/ksyms.h>
#include <neurath/unwind.h>
#include <uapi/syscall_nr.h>

#define LINE		23		/* the last one; the vectors of devices' messages start at the other end */
#define VECTOR_LINE	(0x30 + LINE)	/* its vector: arch/x86_64/traps.h */
#define VECTOR_DB	1
#define FLAG_TF		0x100UL
#define DEPTH		48
#define STEPS_MAX	30000		/* of one system call: the rest of a longer one is not stepped */
#define REPORTS		10
#define PLACES		(4UL << 20)	/* the kernel's text is in one aligned area of this size */

static unsigned long calls, steps, functions, places, equal, unknown, wrong, reasons[UNWIND_TOO_DEEP + 1];
module_param(calls, ulong, 0444);
module_param(steps, ulong, 0444);
module_param(functions, ulong, 0444);
module_param(places, ulong, 0444);
module_param(equal, ulong, 0444);
module_param(unknown, ulong, 0444);
module_param(wrong, ulong, 0444);

static enum unwind_reason (*unwind)(struct task_struct *task, unsigned long *entries, unsigned int *n);
static struct ksym switching;		/* where another task takes the CPU */
static struct ksym return_stub;		/* to which functions return under the graph tracer */
static u8 seen[PLACES / 8];

/* The task that is stepped, and its present call.  Only the task itself writes these, or its interrupts. */
static struct task_struct *stepped;
static bool stepping;
static unsigned long shadow[DEPTH], last_rip, last_rsp, steps_of_call;
static unsigned int depth;

/* ---- the interrupt table ------------------------------------------------------------------ */

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_middle;
	u32 offset_high, unused;
};

struct table_register {
	u16 limit;
	u64 base;
} __packed;

static struct gate gates[256] __aligned(16);
static struct table_register kernel_table;

static void table_use_copy(void)
{
	struct table_register copy = { sizeof(gates) - 1, (u64)gates };

	asm volatile("sidt %0" : "=m"(kernel_table));
	memcpy(gates, (void *)kernel_table.base, sizeof(gates));
	gates[VECTOR_DB] = gates[VECTOR_LINE];
	asm volatile("lidt %0" : : "m"(copy));
}

static void table_use_kernels(void)
{
	asm volatile("lidt %0" : : "m"(kernel_table));
}

/* ---- what was executed -------------------------------------------------------------------- */

static bool see(unsigned long address)
{
	unsigned long bit = address % PLACES;
	bool first = !(seen[bit / 8] & 1 << bit % 8);

	seen[bit / 8] |= 1 << bit % 8;
	return first;
}

static void count_place(unsigned long rip)
{
	struct ksym sym;

	/* Modules are elsewhere. */
	if ((rip ^ switching.start) >= PLACES || !see(rip))
		return;
	places++;
	if (ksym_lookup(rip, &sym) && (rip == sym.start || see(sym.start)))
		functions++;
}

static bool is_call(const u8 *insn)
{
	insn += (*insn & 0xf0) == 0x40;		/* REX: registers from r8 on */
	return *insn == 0xe8 || (*insn == 0xff && (insn[1] & 0x38) == 0x10);
}

static bool is_return(const u8 *insn)
{
	return insn[*insn == 0xf3] == 0xc3;
}

/* Follows the instruction at last_rip, which has just been executed; the stack pointer tells whether it was. */
static void follow(const struct pt_regs *regs)
{
	const u8 *insn = (const u8 *)last_rip;

	if (insn && is_call(insn) && regs->rsp == last_rsp - 8 && depth < DEPTH)
		shadow[depth++] = *(unsigned long *)regs->rsp;
	else if (insn && is_return(insn) && regs->rsp == last_rsp + 8 && regs->rip != return_stub.start)
		depth--;		/* the graph tracer's stub itself returns to the caller, later */
	last_rip = regs->rip;
	last_rsp = regs->rsp;
}

/* ---- the comparison ----------------------------------------------------------------------- */

static void report(const unsigned long *entries, unsigned int n)
{
	if (wrong > REPORTS)
		return;
	pr_err("at %pS:\n", (void *)last_rip);
	for (unsigned int i = 0; i < n; i++)
		pr_err("  unwinder %pS\n", (void *)entries[i]);
	for (unsigned int i = depth; i-- > 0; )
		pr_err("  shadow   %pS\n", (void *)shadow[i]);
}

/* The entries above the interrupted one belong to this interrupt. */
static bool is_shadow(const unsigned long *entries, unsigned int n)
{
	if (n < depth + 2 || entries[n - depth - 1] != last_rip + 1)
		return false;
	for (unsigned int i = 0; i < depth; i++)
		if (entries[n - 1 - i] != shadow[i])
			return false;
	return true;
}

static void compare(void)
{
	unsigned long entries[DEPTH + 16];
	unsigned int n = ARRAY_SIZE(entries);
	enum unwind_reason reason = unwind(current, entries, &n);

	reasons[reason]++;
	if (reason != UNWIND_OK) {
		unknown++;
	} else if (is_shadow(entries, n)) {
		equal++;
	} else {
		wrong++;
		report(entries, n);
	}
}

/* ---- stepping ------------------------------------------------------------------------------ */

static void step(struct pt_regs *regs)
{
	asm volatile("mov %0, %%dr6" : : "r"(0xffff0ff0UL));
	if (!stepping || current != stepped) {
		regs->eflags &= ~FLAG_TF;
		return;
	}
	follow(regs);
	if (depth == 0 || depth == DEPTH || ++steps_of_call > STEPS_MAX ||
	    regs->rip - switching.start < switching.size) {
		stepping = false;
		regs->eflags &= ~FLAG_TF;
		return;
	}
	steps++;
	count_place(regs->rip);
	compare();
}

/* The registers of the interrupted code: their address, made odd, is the frame pointer of the entry. */
static struct pt_regs *interrupted(void)
{
	unsigned long frame = (unsigned long)__builtin_frame_address(0);

	while (!(frame & 1))
		frame = *(unsigned long *)frame;
	return (struct pt_regs *)(frame & ~1UL);
}

static struct klp_func funcs[];

static void steps_line_interrupt(unsigned int line)
{
	void (*body)(unsigned int) = (void *)(funcs[0].old_func + SLOT_SIZE);

	if (line == LINE)
		step(interrupted());
	else
		body(line);
}

static struct klp_func funcs[] = {
	{ .old_name = "irq_line_interrupt", .new_func = steps_line_interrupt },
	{ }
};
static struct klp_object objs[] = { { .funcs = funcs }, { } };
static struct klp_patch patch = { .mod = THIS_MODULE, .objs = objs };

/* These do not return to the place of their call. */
static bool leaves(unsigned long call)
{
	return call == __NR_exit || call == __NR_exit_group || call == __NR_execve || call == __NR_rt_sigreturn;
}

static int at_call(struct kprobe *p, struct pt_regs *regs)
{
	const struct pt_regs *call = (const struct pt_regs *)regs->rdi;

	if (current != READ_ONCE(stepped) || leaves(call->orig_rax))
		return 0;
	calls++;
	shadow[0] = *(unsigned long *)regs->rsp;
	depth = 1;
	last_rip = steps_of_call = 0;
	last_rsp = regs->rsp;
	stepping = true;
	regs->eflags |= FLAG_TF;
	return 0;
}

static struct kprobe probe = { .symbol_name = "syscall_dispatch", .pre_handler = at_call };

/* Ends the stepping of the call that executes this. */
static void stop(void)
{
	asm volatile("pushf; andq %0, (%%rsp); popf" : : "i"(~FLAG_TF) : "memory", "cc");
	stepping = false;
}

/* ---- parameters ----------------------------------------------------------------------------- */

static int on_set(const char *text, const struct kernel_param *kp)
{
	bool on = *text == '1';

	if (stepped && stepped != current)
		return -EBUSY;
	if (on == (stepped != NULL))
		return 0;
	if (on && !try_module_get(THIS_MODULE))
		return -ENODEV;
	if (on)
		table_use_copy();
	else
		stop();			/* before the kernel's table, which has no place for a step */
	WRITE_ONCE(stepped, on ? current : NULL);
	if (!on) {
		table_use_kernels();
		module_put(THIS_MODULE);
	}
	return 0;
}

static int on_get(char *text, const struct kernel_param *kp)
{
	return sprintf(text, "%d\n", stepped != NULL);
}

static const struct kernel_param_ops on_ops = { .set = on_set, .get = on_get };
module_param_cb(on, &on_ops, NULL, 0644);

static int reasons_get(char *text, const struct kernel_param *kp)
{
	int n = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++)
		n += sprintf(text + n, "%lu%c", reasons[i], i + 1 < ARRAY_SIZE(reasons) ? ' ' : '\n');
	return n;
}

static const struct kernel_param_ops reasons_ops = { .get = reasons_get };
module_param_cb(reasons, &reasons_ops, NULL, 0444);

static int __init steps_init(void)
{
	struct ksym sym;
	int error = ksym_find(NULL, "unwind_reliable", 0, &sym);

	if (!error)
		error = ksym_find(NULL, "arch_switch_to", 0, &switching);
	if (!error)
		error = ksym_find(NULL, "return_hook_stub", 0, &return_stub);
	if (error)
		return error;
	unwind = (void *)sym.start;
	error = register_kprobe(&probe);
	if (error)
		return error;
	error = klp_enable_patch(&patch);
	if (error)
		unregister_kprobe(&probe);
	return error;
}

static void __exit steps_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(steps_init);
module_exit(steps_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Test: the unwinder at each instruction of system calls");
