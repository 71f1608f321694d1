/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace(2): the requests of a tracer to a tracee that is stopped.
 *
 * A request accesses the tracee under its process->lock, so that the tracee cannot leave its stop
 * meanwhile, not even by dying.  Data is copied from and to the tracer's memory before and after,
 * through kernel memory.
 */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/process.h>
#include <neurath/ptrace.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>
#include <uapi/stat.h>

static bool ptrace_holds(const struct task *t)
{
	const struct task_trace *tr = &t->trace;

	assert_spin_held(&t->process->lock);
	return tr->tracer == current->process && tr->stop != TRACE_RUNNING && !tr->listening &&
	       !fatal_signal_pending(t);
}

/*
 * The tracee with a reference: stopped, off its CPU, and with its process->lock held.  NULL = no
 * such tracee: -ESRCH.
 */
static struct task *ptrace_lock_stopped(pid_t pid, unsigned long *flags)
{
	struct task *t = task_find_get(pid);

	if (!t)
		return NULL;
	for (;;) {
		spin_lock_irqsave(&t->process->lock, *flags);
		if (!ptrace_holds(t))
			break;
		/* Pairs with the release in sched_finish_switch(): the registers are saved. */
		if (!smp_load_acquire(&t->on_cpu))
			return t;
		/* The tracee has announced its stop and is about to switch away. */
		spin_unlock_irqrestore(&t->process->lock, *flags);
		cpu_relax();
	}
	spin_unlock_irqrestore(&t->process->lock, *flags);
	task_put(t);
	return NULL;
}

static void ptrace_unlock(struct task *t, unsigned long flags)
{
	spin_unlock_irqrestore(&t->process->lock, flags);
	task_put(t);
}

/* ---- continuing ------------------------------------------------------------------------ */

/* True if the tracee is inside of a system call whose end is still to come. */
static bool ptrace_in_call(const struct task *t)
{
	return t->trace.stop == TRACE_ENTRY || t->trace.stop == TRACE_EVENT;
}

static void ptrace_set_mode(struct task *t, enum trace_mode mode)
{
	bool calls = mode != TRACE_CONT;

	t->trace.mode = mode;
	arch_ptrace_set_step(kstack_user_regs(t->stack), mode == TRACE_SINGLESTEP);
	if (calls)
		set_task_flag(t, TIF_SYSCALL_TRACE);
	else
		clear_task_flag(t, TIF_SYSCALL_TRACE);
	if (calls && ptrace_in_call(t))
		set_task_flag(t, TIF_SYSCALL_EXIT);
	else
		clear_task_flag(t, TIF_SYSCALL_EXIT);
}

static int ptrace_resume(pid_t pid, enum trace_mode mode, unsigned long sig)
{
	unsigned long flags;
	struct task *t = ptrace_lock_stopped(pid, &flags);

	if (!t)
		return -ESRCH;
	if (sig <= _NSIG) {
		ptrace_set_mode(t, mode);
		ptrace_wake(t, (int)sig);
	}
	ptrace_unlock(t, flags);
	return sig <= _NSIG ? 0 : -EIO;
}

static int ptrace_interrupt(pid_t pid, bool listen)
{
	struct task *t = task_find_get(pid);
	struct process *p;
	unsigned long flags;
	int error = -ESRCH;

	if (!t)
		return -ESRCH;
	p = t->process;
	spin_lock_irqsave(&p->lock, flags);
	if (t->trace.tracer != current->process) {
		error = -ESRCH;
	} else if (!t->trace.seized) {
		error = -EIO;
	} else if (!listen) {
		ptrace_process_news(t);
		error = 0;
	} else if (ptrace_holds(t)) {
		/* Only in a stop of its process: the tracer waits for the end of that stop. */
		error = t->trace.code >> 8 == PTRACE_EVENT_STOP ? 0 : -EIO;
		t->trace.listening = !error;
		/* The stop ended before the request. */
		if (!error && (t->jobctl & JOBCTL_TRAP_STOP))
			ptrace_wake(t, 0);
	}
	spin_unlock_irqrestore(&p->lock, flags);
	task_put(t);
	return error;
}

static int ptrace_kill(pid_t pid)
{
	unsigned long flags;
	struct task *t;
	int error = -ESRCH;

	spin_lock_irqsave(&tasklist_lock, flags);
	t = task_find(pid);
	if (t && t->trace.tracer == current->process)
		error = send_signal_task(SIGKILL, NULL, t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return error;
}

/* ---- memory -------------------------------------------------------------------------- */

/*
 * The address space of a stopped tracee, with a reference. -EIO: the tracee has executed a
 * program that its tracer may not read.
 */
static struct mm *ptrace_get_mm(pid_t pid)
{
	unsigned long flags;
	struct task *t = ptrace_lock_stopped(pid, &flags);
	struct mm *mm = ERR_PTR(-EIO);

	if (!t)
		return ERR_PTR(-ESRCH);
	/* While it is held: after a release by another thread it could get another one, of root. */
	if (task_dumpable(t) || t->trace.privileged)
		mm = task_get_mm(t);
	ptrace_unlock(t, flags);
	return mm ? mm : ERR_PTR(-ESRCH);
}

static int ptrace_peek(pid_t pid, unsigned long addr, unsigned long __user *to)
{
	struct mm *mm = ptrace_get_mm(pid);
	unsigned long word;
	ssize_t n;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	n = vm_copy_from(mm, &word, addr, sizeof(word));
	mm_put(mm);
	return n != sizeof(word) ? -EIO : put_user(word, to);
}

static int ptrace_poke(pid_t pid, unsigned long addr, unsigned long word)
{
	struct mm *mm = ptrace_get_mm(pid);
	ssize_t n;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	n = vm_copy_to_forced(mm, addr, &word, sizeof(word));
	mm_put(mm);
	return n != sizeof(word) ? -EIO : 0;
}

/* ---- registers -------------------------------------------------------------------------- */

/* The registers that a tracer may read and write, by NT_ number. */
union ptrace_regset {
	struct user_regs_struct regs;	/* NT_PRSTATUS */
	struct user_fpregs_struct fp;	/* NT_PRFPREG */
};

/* 0: no such register set. */
static size_t ptrace_regset_size(unsigned long kind)
{
	return kind == NT_PRSTATUS ? sizeof(struct user_regs_struct) :
	       kind == NT_PRFPREG ? sizeof(struct user_fpregs_struct) : 0;
}

static int ptrace_move_regset(pid_t pid, bool set, unsigned long kind, union ptrace_regset *data)
{
	unsigned long flags;
	struct task *t = ptrace_lock_stopped(pid, &flags);
	int error = 0;

	if (!t)
		return -ESRCH;
	if (kind == NT_PRFPREG && set)
		arch_ptrace_set_fpregs(t, &data->fp);
	else if (kind == NT_PRFPREG)
		arch_ptrace_get_fpregs(t, &data->fp);
	else if (set)
		error = arch_ptrace_set_regs(t, &data->regs);
	else
		arch_ptrace_get_regs(t, &data->regs);
	ptrace_unlock(t, flags);
	return error;
}

static bool ptrace_user_offset_ok(unsigned long offset)
{
	return offset % sizeof(unsigned long) == 0 && offset < USER_AREA_SIZE;
}

/* The number of the debug register at @offset of the user area; -1: none. */
static int ptrace_debugreg_at(unsigned long offset)
{
	unsigned long n = (offset - USER_AREA_DEBUGREG) / sizeof(long);

	return offset >= USER_AREA_DEBUGREG && n < USER_AREA_NR_DEBUGREG ? (int)n : -1;
}

static int ptrace_get_debugreg(pid_t pid, unsigned int n, unsigned long *word)
{
	unsigned long flags;
	struct task *t = ptrace_lock_stopped(pid, &flags);

	if (!t)
		return -ESRCH;
	*word = arch_ptrace_get_debugreg(t, n);
	ptrace_unlock(t, flags);
	return 0;
}

static int ptrace_set_debugreg(pid_t pid, unsigned int n, unsigned long word)
{
	void *spare = arch_ptrace_alloc_debugregs();
	unsigned long flags;
	struct task *t;
	int error;

	if (!spare)
		return -ENOMEM;
	t = ptrace_lock_stopped(pid, &flags);
	error = t ? arch_ptrace_set_debugreg(t, n, word, &spare) : -ESRCH;
	if (t)
		ptrace_unlock(t, flags);
	kfree(spare);
	return error;
}

/* Of the old user area only the registers have contents; the rest reads as 0. */
static int ptrace_peek_user(pid_t pid, unsigned long offset, unsigned long __user *to)
{
	union ptrace_regset data;
	unsigned long word = 0;
	int error;

	if (!ptrace_user_offset_ok(offset))
		return -EIO;
	if (ptrace_debugreg_at(offset) >= 0)
		error = ptrace_get_debugreg(pid, ptrace_debugreg_at(offset), &word);
	else
		error = ptrace_move_regset(pid, false, NT_PRSTATUS, &data);
	if (error)
		return error;
	if (offset < sizeof(data.regs))
		word = ((unsigned long *)&data.regs)[offset / sizeof(word)];
	return put_user(word, to);
}

static int ptrace_poke_user(pid_t pid, unsigned long offset, unsigned long word)
{
	union ptrace_regset data;
	int error;

	if (ptrace_user_offset_ok(offset) && ptrace_debugreg_at(offset) >= 0)
		return ptrace_set_debugreg(pid, ptrace_debugreg_at(offset), word);
	if (!ptrace_user_offset_ok(offset) || offset >= sizeof(data.regs))
		return -EIO;
	error = ptrace_move_regset(pid, false, NT_PRSTATUS, &data);
	if (error)
		return error;
	((unsigned long *)&data.regs)[offset / sizeof(word)] = word;
	return ptrace_move_regset(pid, true, NT_PRSTATUS, &data);
}

/* ---- data with a structure ------------------------------------------------------------- */

static int ptrace_regs_request(pid_t pid, bool set, unsigned long kind, void __user *user)
{
	size_t size = ptrace_regset_size(kind);
	union ptrace_regset data;
	int error;

	if (set && copy_from_user(&data, user, size))
		return -EFAULT;
	error = ptrace_move_regset(pid, set, kind, &data);
	return error || set ? error : copy_to_user(user, &data, size);
}

static int ptrace_siginfo_request(pid_t pid, bool set, siginfo_t __user *user)
{
	unsigned long flags;
	siginfo_t info;
	struct task *t;
	bool has;

	if (set && copy_from_user(&info, user, sizeof(info)))
		return -EFAULT;
	t = ptrace_lock_stopped(pid, &flags);
	if (!t)
		return -ESRCH;
	has = t->trace.info;
	if (has && set)
		*t->trace.info = info;
	else if (has)
		info = *t->trace.info;
	ptrace_unlock(t, flags);
	if (!has)
		return -EINVAL;
	return set ? 0 : copy_to_user(user, &info, sizeof(info));
}

static int ptrace_set_options(pid_t pid, unsigned long options)
{
	unsigned long flags;
	struct task *t;

	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	t = ptrace_lock_stopped(pid, &flags);
	if (!t)
		return -ESRCH;
	t->trace.options = options;
	ptrace_unlock(t, flags);
	return 0;
}

static int ptrace_get_message(pid_t pid, unsigned long __user *to)
{
	unsigned long flags, message;
	struct task *t = ptrace_lock_stopped(pid, &flags);

	if (!t)
		return -ESRCH;
	message = t->trace.message;
	ptrace_unlock(t, flags);
	return put_user(message, to);
}

/* The request with a structure; the caller's size limits the part that is copied. */
static int ptrace_regset_request(pid_t pid, bool set, unsigned long kind, struct iovec __user *uiov)
{
	size_t size = ptrace_regset_size(kind);
	union ptrace_regset data;
	struct iovec iov;
	int error;

	if (copy_from_user(&iov, uiov, sizeof(iov)))
		return -EFAULT;
	if (!size || iov.iov_len % sizeof(long))
		return -EINVAL;
	iov.iov_len = min(iov.iov_len, size);
	/* If only a part is set, the rest keeps its value. */
	error = ptrace_move_regset(pid, false, kind, &data);
	if (error)
		return error;
	if (!set)
		error = copy_to_user(iov.iov_base, &data, iov.iov_len);
	else if (copy_from_user(&data, iov.iov_base, iov.iov_len))
		error = -EFAULT;
	else
		error = ptrace_move_regset(pid, true, kind, &data);
	return error ? error : copy_to_user(&uiov->iov_len, &iov.iov_len, sizeof(iov.iov_len));
}

/* ---- the call ------------------------------------------------------------------------------ */

static int ptrace_seize(pid_t pid, unsigned long addr, unsigned long options)
{
	if (addr || (options & ~(unsigned long)PTRACE_O_MASK))
		return -EIO;
	return ptrace_attach(pid, true, options);
}

SYSCALL_DEFINE4(ptrace, long, request, pid_t, pid, unsigned long, addr, unsigned long, data)
{
	void __user *user = (void __user *)data;

	switch (request) {
	case PTRACE_TRACEME:
		return ptrace_traceme();
	case PTRACE_ATTACH:
		return ptrace_attach(pid, false, 0);
	case PTRACE_SEIZE:
		return ptrace_seize(pid, addr, data);
	case PTRACE_DETACH:
		return ptrace_detach(pid, (int)min(data, (unsigned long)INT_MAX));
	case PTRACE_CONT:
		return ptrace_resume(pid, TRACE_CONT, data);
	case PTRACE_SYSCALL:
		return ptrace_resume(pid, TRACE_SYSCALL, data);
	case PTRACE_SINGLESTEP:
		return ptrace_resume(pid, TRACE_SINGLESTEP, data);
	case PTRACE_KILL:
		return ptrace_kill(pid);
	case PTRACE_INTERRUPT:
	case PTRACE_LISTEN:
		return ptrace_interrupt(pid, request == PTRACE_LISTEN);
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return ptrace_peek(pid, addr, user);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return ptrace_poke(pid, addr, data);
	case PTRACE_PEEKUSER:
		return ptrace_peek_user(pid, addr, user);
	case PTRACE_POKEUSER:
		return ptrace_poke_user(pid, addr, data);
	case PTRACE_GETREGS:
	case PTRACE_SETREGS:
		return ptrace_regs_request(pid, request == PTRACE_SETREGS, NT_PRSTATUS, user);
	case PTRACE_GETFPREGS:
	case PTRACE_SETFPREGS:
		return ptrace_regs_request(pid, request == PTRACE_SETFPREGS, NT_PRFPREG, user);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return ptrace_regset_request(pid, request == PTRACE_SETREGSET, addr, user);
	case PTRACE_GETSIGINFO:
	case PTRACE_SETSIGINFO:
		return ptrace_siginfo_request(pid, request == PTRACE_SETSIGINFO, user);
	case PTRACE_SETOPTIONS:
		return ptrace_set_options(pid, data);
	case PTRACE_GETEVENTMSG:
		return ptrace_get_message(pid, user);
	default:
		return -EIO;
	}
}
