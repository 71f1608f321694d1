/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SysRq: the letters of no particular subsystem, and the source of the letters. */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/sysctl.h>
#include <neurath/sysrq.h>
#include "debug_internal.h"

static int sysrq_allowed = 1;
SYSCTL(sysrq_switch, "sysrq", &sysrq_allowed, 0, 1, NULL);

static void sysrq_help(void)
{
	pr_emerg("sysrq: HELP:\n");
	SET_FOREACH(struct sysrq_key, k, sysrq)
		pr_emerg("  %c  %s\n", k->key, k->does);
}

void sysrq_press(char key)
{
	struct report_hold hold;

	report_begin(&hold);
	SET_FOREACH(struct sysrq_key, k, sysrq) {
		if (k->key == key) {
			pr_emerg("sysrq: %s\n", k->does);
			k->act();
			report_end(&hold);
			return;
		}
	}
	sysrq_help();
	report_end(&hold);
}

void sysrq_typed(char key)
{
	if (READ_ONCE(sysrq_allowed))
		sysrq_press(key);
	else
		pr_emerg("sysrq: this is disabled: kernel.sysrq is 0\n");
}

/*
 * console_receive(), for the terminal driver: the next byte that came on the serial line, 0 to
 * 255; -EAGAIN if there is none.  A BREAK and its letter are not input: SysRq acts here.  Root
 * only, -EPERM for others.
 */
SYSCALL_DEFINE0(console_receive)
{
	int byte;

	if (!is_superuser())
		return -EPERM;
	while ((byte = serial_receive(clock_ns())) >= 0 && byte & SERIAL_SYSRQ)
		sysrq_typed((char)byte);
	return byte < 0 ? -EAGAIN : byte;
}

static ssize_t sysrq_store(const char *buf, size_t n, void *private)
{
	if (buf[0] && buf[0] != '\n')
		sysrq_press(buf[0]);
	return (ssize_t)n;
}

static const struct kernfs_file_ops sysrq_ops = { .store = sysrq_store };
KERNFS_FILE(sysrq_trigger, "/proc/sysrq-trigger", S_IFREG | 0200, &sysrq_ops, NULL);

/* ---- tasks and CPUs ----------------------------------------------------------------- */

static void sysrq_print_task(struct task *t)
{
	if (t->state == TASK_DEAD)
		return;
	if (t->on_cpu) {
		pr_emerg("task %s pid %d runs on CPU %u\n", t->comm, t->pid, t->cpu);
		return;
	}
	report_task(t);
	report_wait(t);
}

static void sysrq_tasks(void)
{
	struct task_walk walk;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk))
		sysrq_print_task(t);
}
SYSRQ(tasks, 't', "all tasks, their stacks, and who waits for whom", sysrq_tasks);

static void sysrq_blocked(void)
{
	struct task_walk walk;

	for (struct task *t = task_walk_first(&walk); t; t = task_walk_next(&walk)) {
		if (READ_ONCE(t->state) & TASK_UNINTERRUPTIBLE)
			sysrq_print_task(t);
	}
}
SYSRQ(blocked, 'w', "tasks in state D", sysrq_blocked);

static void sysrq_here(void)
{
	struct report r;

	pr_emerg("CPU %u: %s pid %d\n", cpu_id(), current->comm, current->pid);
	report_stack(&r, current, NULL);
}

static void sysrq_cpus(void)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		if (cpu == cpu_id())
			sysrq_here();
		else if (READ_ONCE(cpus[cpu].online))
			report_cpu(cpu);
	}
}
SYSRQ(cpus, 'l', "what each CPU does", sysrq_cpus);

static void sysrq_crash(void)
{
	panic("sysrq triggered crash");
}
SYSRQ(crash, 'c', "panic", sysrq_crash);

static void sysrq_reboot(void)
{
	arch_reboot();
}
SYSRQ(reboot, 'b', "reboot at once", sysrq_reboot);

static void sysrq_poweroff(void)
{
	arch_poweroff();
}
SYSRQ(poweroff, 'o', "power off at once", sysrq_poweroff);
SYSRQ(help, 'h', "this help", sysrq_help);
