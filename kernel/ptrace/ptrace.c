/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relation between tracer and tracee: its beginning, inheritance and end, and the permission.
 *
 * Every change is made under tasklist_lock, with the tracee's process->lock inside.  Tracer and
 * tracee hold no references on each other: a tracer releases its tracees before its last switch,
 * and a tracee that dies is unlinked before it leaves the pid table.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/vm.h>
#include "../process/internal.h"

/* ---- permission ------------------------------------------------------------------ */

/*
 * True if all three ids of @target equal the real id of @mine, and @target is not a program with
 * more rights.  Caller holds target->lock.
 */
static bool ptrace_may_access(const struct credentials *mine, struct process *target, bool dumpable)
{
	assert_spin_held(&target->lock);
	return mine->euid == 0 || (dumpable && cred_same_ids(mine, &target->cred));
}

bool ptrace_may_read(struct process *target, const struct mm *mm)
{
	unsigned long flags;
	bool allowed;

	if (target == current->process)
		return true;
	spin_lock_irqsave(&target->lock, flags);
	allowed = ptrace_may_access(&current->process->cred, target,
				    mm && READ_ONCE(mm->dumpable));
	spin_unlock_irqrestore(&target->lock, flags);
	return allowed;
}

bool ptrace_allows_setuid(void)
{
	struct process *p = current->process;
	unsigned long flags;
	bool allowed;

	spin_lock_irqsave(&p->lock, flags);
	allowed = !current->trace.tracer || current->trace.privileged;
	spin_unlock_irqrestore(&p->lock, flags);
	return allowed;
}

/* ---- beginning ------------------------------------------------------------------- */

/* Caller holds tasklist_lock, and process->lock unless @t is not published yet. */
static void ptrace_link(struct task *t, struct process *tracer)
{
	struct task_trace *tr = &t->trace;

	assert_spin_held(&tasklist_lock);
	assert(!tr->tracer && tr->stop == TRACE_RUNNING);
	*tr = (struct task_trace){
		.tracer = tracer,
		.privileged = tracer->cred.euid == 0,
	};
	list_add_tail(&tr->node, &tracer->tracees);
}

int ptrace_traceme(void)
{
	struct process *p = current->process;
	unsigned long flags;
	int error = -EPERM;

	spin_lock_irqsave(&tasklist_lock, flags);
	spin_lock(&p->lock);
	if (!current->trace.tracer && p->parent && p->parent->nr_live &&
	    (p->cred.euid != 0 || p->parent->cred.euid == 0)) {
		ptrace_link(current, p->parent);
		error = 0;
	}
	spin_unlock(&p->lock);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

/* Caller holds both locks. */
static int ptrace_attach_locked(struct task *t, bool seize, unsigned options)
{
	struct process *p = t->process;

	assert_spin_held(&p->lock);
	/* Under the lock: execve() changes ids and checks for a tracer in one step. */
	if (!ptrace_may_access(&current->process->cred, p, task_dumpable(t)))
		return -EPERM;
	if (t->trace.tracer || (t->pflags & PF_EXITING) || t->state == TASK_DEAD)
		return -EPERM;
	ptrace_link(t, current->process);
	t->trace.seized = seize;
	t->trace.options = options;
	/* Stopped already: it becomes a stop that the tracer sees, without a run between. */
	if (READ_ONCE(t->state) & TASK_STOPPED_BIT) {
		t->jobctl |= JOBCTL_TRAP_STOP;
		set_task_flag(t, TIF_SIGPENDING);
		wake_up_state(t, TASK_STOPPED_BIT);
	}
	return 0;
}

int ptrace_attach(pid_t pid, bool seize, unsigned options)
{
	struct process *p;
	unsigned long flags;
	struct task *t;
	int error = -EPERM;

	spin_lock_irqsave(&tasklist_lock, flags);
	t = task_find(pid);
	if (!t) {
		error = -ESRCH;
	} else if (!(t->pflags & PF_KTHREAD) && t->process != current->process) {
		p = t->process;
		spin_lock(&p->lock);
		error = ptrace_attach_locked(t, seize, options);
		spin_unlock(&p->lock);
		if (!error && !seize)
			send_signal_task(SIGSTOP, NULL, t);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

void ptrace_inherit(struct task *child, unsigned long clone_flags, int exit_signal)
{
	const struct task_trace *tr = &current->trace;
	int event = ptrace_clone_event(clone_flags, exit_signal);

	assert_spin_held(&tasklist_lock);
	if (!tr->tracer || (clone_flags & CLONE_UNTRACED))
		return;
	if (!(tr->options & BIT(event)) && !(clone_flags & CLONE_PTRACE))
		return;
	ptrace_link(child, tr->tracer);
	child->trace.seized = tr->seized;
	child->trace.options = tr->options;
	child->trace.privileged = tr->privileged;
	/* The child's first stop, before it runs in user mode. */
	if (tr->seized)
		child->jobctl |= JOBCTL_TRAP_STOP;
	else
		child->pending.set |= sigmask(SIGSTOP);
	set_task_flag(child, TIF_SIGPENDING);
}

/* ---- end --------------------------------------------------------------------------- */

/* Caller holds both locks. */
static void ptrace_release(struct task *t, int sig)
{
	struct process *p = t->process;
	struct task_trace *tr = &t->trace;

	assert_spin_held(&tasklist_lock);
	assert_spin_held(&p->lock);
	list_del(&tr->node);
	tr->tracer = NULL;
	tr->options = 0;
	tr->seized = false;
	clear_task_flag(t, TIF_SYSCALL_TRACE);
	clear_task_flag(t, TIF_SYSCALL_EXIT);
	t->jobctl &= ~JOBCTL_TRAP_STOP;
	/* Its process is stopped: the thread stops, too, as if it had not been traced. */
	if (((p->sig_flags & SIGNAL_STOPPED) || p->stop_count) && !(t->pflags & PF_EXITING)) {
		t->jobctl |= JOBCTL_STOP_PENDING;
		set_task_flag(t, TIF_SIGPENDING);
	}
	if (tr->stop == TRACE_RUNNING)
		return;		/* if it is being stepped: ptrace_step_is_stale() */
	arch_ptrace_set_step(kstack_user_regs(t->stack), false);
	tr->mode = TRACE_CONT;
	ptrace_wake(t, sig);
}

int ptrace_detach(pid_t pid, int sig)
{
	unsigned long flags;
	struct task *t;
	int error = -ESRCH;

	if (sig < 0 || sig > _NSIG)
		return -EIO;
	spin_lock_irqsave(&tasklist_lock, flags);
	t = task_find(pid);
	if (t && t->trace.tracer == current->process) {
		spin_lock(&t->process->lock);
		if (t->trace.stop != TRACE_RUNNING && !t->trace.listening) {
			ptrace_release(t, sig);
			error = 0;
		}
		spin_unlock(&t->process->lock);
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

void ptrace_unlink(struct task *t)
{
	assert_spin_held(&tasklist_lock);
	if (!t->trace.tracer)
		return;
	spin_lock(&t->process->lock);
	list_del(&t->trace.node);
	t->trace.tracer = NULL;
	spin_unlock(&t->process->lock);
}

bool ptrace_hides_zombie(const struct process *p)
{
	const struct process *tracer = p->leader->trace.tracer;

	assert_spin_held(&tasklist_lock);
	return p->state == PROCESS_ZOMBIE && tracer && tracer != p->parent;
}

/* The signal that a tracee without a tracer takes from its stop: not the trap of a step. */
static int ptrace_left_signal(const struct task_trace *tr)
{
	if (tr->stop != TRACE_SIGNAL || (tr->code == SIGTRAP && tr->step_trap))
		return 0;
	return tr->code;
}

/* The tracee loses its tracer: it is killed, reaped, shown to its parent, or continues. */
static void ptrace_let_go(struct task *t, void (*parent_news)(struct process *zombie))
{
	struct process *p = t->process;
	bool hidden = t == p->leader && ptrace_hides_zombie(p);

	/* Before it can continue. */
	if (t->trace.options & PTRACE_O_EXITKILL)
		send_signal_task(SIGKILL, NULL, t);
	spin_lock(&p->lock);
	ptrace_release(t, ptrace_left_signal(&t->trace));
	spin_unlock(&p->lock);
	if (t->trace.zombie)
		task_unpublish(t);
	else if (hidden)
		parent_news(p);
}

void ptrace_tracer_exits(struct process *p, void (*parent_news)(struct process *zombie))
{
	assert_spin_held(&tasklist_lock);
	while (!list_empty(&p->tracees))
		ptrace_let_go(list_first_entry(&p->tracees, struct task, trace.node), parent_news);
}

/* ---- notification ---------------------------------------------------------------------- */

void ptrace_notify_tracer(struct task *t, const siginfo_t *info)
{
	struct process *tracer = t->trace.tracer;
	const struct kernel_sigaction *sa;
	bool wanted;

	assert_spin_held(&tasklist_lock);
	if (!tracer)
		return;
	sa = &tracer->action[SIGCHLD - 1].sa;
	wanted = info->si_code != CLD_TRAPPED && info->si_code != CLD_STOPPED;
	if (READ_ONCE(sa->handler) != SIG_IGN &&
	    (wanted || !(READ_ONCE(sa->flags) & SA_NOCLDSTOP)))
		send_signal_process(SIGCHLD, info, tracer);
	wake_up_all(&tracer->wait_child);
}
