/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracee's side of ptrace: a task stops for its tracer, and continues with what the tracer
 * set. ptrace_stop() is the only place where a task sleeps in TASK_TRACED.
 *
 * A stop begins and ends under process->lock.  So there are four cases:
 *
 *	the tracer ended before the stop	there is no stop
 *	the tracer ends after it		the tracer finds the stop and ends it
 *	SIGKILL came before the stop		there is no stop
 *	SIGKILL comes after it			SIGKILL finds TASK_TRACED and wakes the task
 */
#include <neurath/bug.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "../signal/internal.h"

/* The contents of PTRACE_GETSIGINFO for a stop without a signal. */
static void ptrace_fill_info(siginfo_t *info, int sig, int code)
{
	memset(info, 0, sizeof(*info));
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = current->pid;
	info->si_uid = current->process->cred.uid;
}

static void ptrace_report_stop(int code, int why)
{
	siginfo_t info = { .si_signo = SIGCHLD, .si_code = why };
	unsigned long flags;

	info.si_chld_pid = current->pid;
	info.si_chld_uid = current->process->cred.uid;
	info.si_status = code & 0x7f;
	spin_lock_irqsave(&tasklist_lock, flags);
	ptrace_notify_tracer(current, &info);
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

/* Sleeps until the stop is ended, or SIGKILL comes. */
static void ptrace_sleep(struct process *p, int code, int why)
{
	bool reported = false;

	while (current->trace.stop != TRACE_RUNNING && !fatal_signal_pending(current)) {
		/* Under the lock: the end of the stop comes before this, or finds a sleeper. */
		set_current_state(TASK_TRACED);
		spin_unlock(&p->lock);
		irq_enable();
		if (!reported)
			ptrace_report_stop(code, why);
		reported = true;
		schedule();
		irq_disable();
		spin_lock(&p->lock);
	}
}

/*
 * Stops if there is a tracer and current is not dying.  Returns the signal to continue with or 0.
 */
static int ptrace_stop(enum trace_stop kind, int code, siginfo_t *info, int why)
{
	struct process *p = current->process;
	struct task_trace *tr = &current->trace;
	int sig;

	assert_spin_held(&p->lock);
	if (!tr->tracer)
		return kind == TRACE_SIGNAL ? code : 0;
	if (fatal_signal_pending(current))
		return 0;
	current->jobctl &= ~JOBCTL_TRAP_STOP;
	tr->stop = kind;
	tr->code = code;
	tr->info = info;
	tr->unreported = true;
	ptrace_sleep(p, code, why);
	sig = tr->stop == TRACE_RUNNING ? tr->code : 0;
	tr->stop = TRACE_RUNNING;
	tr->info = NULL;
	tr->unreported = tr->listening = false;
	recalc_sigpending(current);
	return sig;
}

void ptrace_wake(struct task *t, int sig)
{
	assert_spin_held(&t->process->lock);
	t->trace.code = sig;
	t->trace.stop = TRACE_RUNNING;
	wake_up_state(t, TASK_TRACED_BIT);
}

/* ---- signals ------------------------------------------------------------------------ */

int ptrace_signal(int sig, siginfo_t *info)
{
	struct process *tracer;
	int next;

	next = ptrace_stop(TRACE_SIGNAL, sig, info, CLD_TRAPPED);
	if (sig == SIGTRAP)
		current->trace.step_trap = false;
	if (next && next != sig) {
		tracer = current->trace.tracer;
		memset(info, 0, sizeof(*info));
		info->si_signo = next;
		info->si_code = SI_USER;
		info->si_pid = tracer ? tracer->pid : 0;
		info->si_uid = tracer ? tracer->cred.uid : 0;
	}
	if (next && sigismember(&current->blocked, next)) {
		sigqueue_add(&current->pending, next, info, current->process);
		return 0;
	}
	return next;
}

void ptrace_trap(void)
{
	struct process *p = current->process;
	bool stopped = (p->sig_flags & SIGNAL_STOPPED) || p->stop_count;
	int code;
	siginfo_t info;

	current->jobctl &= ~JOBCTL_TRAP_STOP;
	if (!current->trace.seized) {
		ptrace_stop(TRACE_GROUP, p->stop_code, NULL, CLD_STOPPED);
		return;
	}
	code = (stopped ? p->stop_code : SIGTRAP) | PTRACE_EVENT_STOP << 8;
	ptrace_fill_info(&info, code & 0x7f, code);
	ptrace_stop(TRACE_GROUP, code, &info, CLD_STOPPED);
}

void ptrace_process_news(struct task *t)
{
	assert_spin_held(&t->process->lock);
	if (!t->trace.seized || (t->pflags & PF_EXITING))
		return;
	t->jobctl |= JOBCTL_TRAP_STOP;
	signal_wake_thread(t, false);
	if (t->trace.listening)
		ptrace_wake(t, 0);
}

void ptrace_handler_entered(void)
{
	struct process *p = current->process;
	siginfo_t info;

	ptrace_fill_info(&info, SIGTRAP, SIGTRAP);
	irq_disable();
	spin_lock(&p->lock);
	ptrace_stop(TRACE_STEP, SIGTRAP, &info, CLD_TRAPPED);
	spin_unlock(&p->lock);
	irq_enable();
}

bool ptrace_step_is_stale(void)
{
	struct task_trace *tr = &current->trace;
	/* If another stop came before the trap's, its resume has changed the mode. */
	bool step = tr->mode == TRACE_SINGLESTEP || tr->step_trap;

	tr->step_trap = step && READ_ONCE(tr->tracer);
	if (!step || tr->step_trap)
		return false;
	tr->mode = TRACE_CONT;
	/*
	 * The end of the system call has reported this step.  Without this the processor would
	 * report it a second time, by a trap.
	 */
	arch_ptrace_set_step(kstack_user_regs(current->stack), false);
	return true;
}

/* ---- events --------------------------------------------------------------------------- */

int ptrace_clone_event(unsigned long clone_flags, int exit_signal)
{
	if (clone_flags & CLONE_VFORK)
		return PTRACE_EVENT_VFORK;
	return exit_signal == SIGCHLD ? PTRACE_EVENT_FORK : PTRACE_EVENT_CLONE;
}

void ptrace_event(int event, unsigned long message)
{
	struct process *p = current->process;
	int code = SIGTRAP | event << 8;
	siginfo_t info;

	if (likely(!READ_ONCE(current->trace.tracer)))
		return;
	ptrace_fill_info(&info, SIGTRAP, code);
	irq_disable();
	spin_lock(&p->lock);
	if (current->trace.options & BIT(event)) {
		current->trace.message = message;
		ptrace_stop(TRACE_EVENT, code, &info, CLD_TRAPPED);
	}
	spin_unlock(&p->lock);
	irq_enable();
}

void ptrace_exec_done(pid_t old_pid)
{
	struct process *p = current->process;
	unsigned long flags;
	siginfo_t info;
	bool old_way;

	if (likely(!READ_ONCE(current->trace.tracer)))
		return;
	ptrace_event(PTRACE_EVENT_EXEC, old_pid);
	spin_lock_irqsave(&p->lock, flags);
	old_way = current->trace.tracer && !current->trace.seized &&
		  !(current->trace.options & PTRACE_O_TRACEEXEC);
	spin_unlock_irqrestore(&p->lock, flags);
	if (!old_way)
		return;
	ptrace_fill_info(&info, SIGTRAP, SI_USER);
	send_signal_task(SIGTRAP, &info, current);
}

/* ---- system calls ----------------------------------------------------------------------- */

/* Stops if the tracer waits for system calls; the signal that it injects is sent as usual. */
static void ptrace_syscall_stop(enum trace_stop kind)
{
	struct process *p = current->process;
	struct task_trace *tr = &current->trace;
	int sig = 0, code = SIGTRAP;
	siginfo_t info;

	irq_disable();
	spin_lock(&p->lock);
	if (tr->tracer && tr->mode == TRACE_SYSCALL) {
		if (tr->options & PTRACE_O_TRACESYSGOOD)
			code |= 0x80;
		ptrace_fill_info(&info, SIGTRAP, code);
		sig = ptrace_stop(kind, code, &info, CLD_TRAPPED);
	}
	spin_unlock(&p->lock);
	irq_enable();
	if (sig)
		send_signal_task(sig, NULL, current);
}

bool ptrace_syscall_entry(struct pt_regs *regs)
{
	/* Before the stop: the tracer's next request decides whether the flag stays. */
	set_task_flag(current, TIF_SYSCALL_EXIT);
	ptrace_syscall_stop(TRACE_ENTRY);
	return !fatal_signal_pending(current) && (u32)regs->orig_rax != (u32)-1;
}

void ptrace_syscall_exit(struct pt_regs *regs)
{
	/* Only the tracer writes it, during stops. */
	bool stepped = current->trace.mode == TRACE_SINGLESTEP;

	clear_task_flag(current, TIF_SYSCALL_EXIT);
	ptrace_syscall_stop(TRACE_EXIT);
	/* The step was the syscall instruction: the processor does not trap after it. */
	if (stepped && READ_ONCE(current->trace.tracer)) {
		current->trace.step_trap = true;
		force_sig_fault(SIGTRAP, TRAP_BRKPT, regs->rip);
	}
	race_point();
}
