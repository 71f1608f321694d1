/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sample of another CPU: that CPU waits in an NMI while its stack is walked here.  In this way
 * a running task can be examined, and a CPU that takes no interrupts.
 */
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/report.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/unwind.h>

struct sample {
	struct report *r;
	struct pt_regs regs;
	struct task *wanted;		/* NULL: whichever task runs */
	unsigned cpu;
	bool other;			/* another task runs there now */
};

/* Interrupts are off, and the sampled CPU waits. */
static void sample_look(const struct pt_regs *regs, void *arg)
{
	struct sample *s = arg;
	struct task *task = cpus[s->cpu].task;

	s->regs = *regs;
	s->r->task = task;
	s->r->n = 0;
	s->other = s->wanted && s->wanted != task;
	if (!s->other && task && task->stack && !user_mode(regs))
		s->r->n = unwind_guess(task, regs, s->r->entries, REPORT_STACK_ENTRIES);
}

int report_sample(struct report *r, struct task *task)
{
	struct sample s = { .r = r, .wanted = task };
	int error;

	do {
		s.cpu = READ_ONCE(task->cpu);
		if (task == current || !task_running(task) || s.cpu == cpu_id())
			return -EAGAIN;
		error = arch_look_at_cpu(s.cpu, sample_look, &s);
	} while (error == -EBUSY || (!error && s.other));
	return error;
}

void report_cpu(unsigned cpu)
{
	struct report r;
	struct sample s = { .r = &r, .cpu = cpu };
	int error = arch_look_at_cpu(cpu, sample_look, &s);

	if (error) {
		pr_emerg("CPU %u: %s\n", cpu, error == -EBUSY ? "somebody else looks at a CPU" :
			 "does not even take an NMI");
		return;
	}
	pr_emerg("CPU %u: %s pid %d\n", cpu, r.task ? r.task->comm : "(none)",
		 r.task ? r.task->pid : 0);
	report_regs(&s.regs);
	report_code(&s.regs);
	if (user_mode(&s.regs))
		return;
	pr_emerg("Call trace:\n");
	report_print_stack(&r);
}
