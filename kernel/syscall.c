/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System call dispatch.  The table is filled once at boot from the linker set
 * that SYSCALL_DEFINEn() adds to; afterwards it is only read.
 */
#include <neurath/syscall.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/ptrace.h>
#include <neurath/task.h>
#include <neurath/trace.h>

static syscall_fn_t syscall_table[SYSCALL_MAX];

static long syscall_not_implemented(const struct pt_regs *regs)
{
	return -ENOSYS;
}

void __init syscall_init(void)
{
	for (unsigned nr = 0; nr < SYSCALL_MAX; nr++)
		syscall_table[nr] = syscall_not_implemented;
	SET_FOREACH(struct syscall_def, def, syscall) {
		if (def->nr >= SYSCALL_MAX || syscall_table[def->nr] != syscall_not_implemented)
			panic("system call %s: number %u is taken", def->name, def->nr);
		syscall_table[def->nr] = def->fn;
	}
}

/*
 * Called by the entry code, which goes on to exit_to_user_mode_loop().  The
 * number is a 32-bit one, as on Linux; rax was preset to -ENOSYS.
 */
void syscall_dispatch(struct pt_regs *regs)
{
	unsigned nr = regs->orig_rax;
	long ret;

	irq_enable();
	if (unlikely(test_task_flag(current, TIF_SYSCALL_TRACE))) {
		if (!ptrace_syscall_entry(regs))
			return;
		nr = regs->orig_rax;		/* the tracer may have changed it */
	}
	if (unlikely(nr >= SYSCALL_MAX)) {
		regs->rax = -ENOSYS;
		return;
	}
	if (trace_is_on(sys_enter))
		trace_sys_enter(regs);
	ret = syscall_table[nr](regs);
	regs->rax = ret;
	if (trace_is_on(sys_exit))
		trace_sys_exit(regs);
	/* The signal may be another thread's by now: have the code decided all the same. */
	if (unlikely(is_restart_code(ret)))
		set_task_flag(current, TIF_NOTIFY_SIGNAL);
}
