/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/stat and status, in the formats that ps and top read.  Values are first collected
 * under their locks, and printed afterwards.
 */
#include <neurath/mm.h>
#include <neurath/ptrace.h>
#include <neurath/signal.h>
#include <neurath/user.h>
#include "internal.h"

struct proc_facts {
	char state;
	pid_t pid, tgid, ppid, pgid, sid, tpgid, tracer;
	unsigned int tty, threads;
	u64 utime, stime, cutime, cstime;
	struct credentials cred;
	umode_t umask;
	sigset_t pending, shared, blocked, ignored, caught;
	unsigned int queued;
	u64 sigpending_limit;
	int exit_signal, exit_code;
	unsigned long min_flt;
	size_t vm_pages, rss;
	bool permitted;			/* the reader may trace the task: it sees addresses */
	unsigned long stack_start, arg_start, arg_end, env_start, env_end, brk_start;
};

/* The number of the controlling terminal in the encoding of stat(2); 0 = none. */
static unsigned int proc_tty_number(struct process *p)
{
	unsigned long flags;
	struct file *f = NULL;
	struct stat st = { 0 };

	spin_lock_irqsave(&tasklist_lock, flags);
	if (p->session)
		f = p->session->ctty;
	if (f)
		file_get(f);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (!f)
		return 0;
	if (file_stat(f, &st))
		st.st_rdev = 0;
	file_put(f);
	return st.st_rdev;
}

/* Family and job control.  Under tasklist_lock. */
static void proc_collect_family(struct task *t, struct proc_facts *f)
{
	struct process *p = t->process;
	unsigned long flags;

	spin_lock_irqsave(&tasklist_lock, flags);
	f->pid = t->pid;
	f->tgid = t->tgid;
	f->tpgid = -1;
	f->exit_signal = p->exit_signal;
	f->exit_code = t->exit_code;
	f->threads = t->pflags & PF_KTHREAD ? 1 : p->nr_threads;
	if (!(t->pflags & PF_KTHREAD)) {
		f->ppid = p->parent ? p->parent->pid : 0;
		f->pgid = p->pgrp ? p->pgrp->pgid : 0;
		f->sid = p->session ? p->session->sid : 0;
		if (p->session && p->session->ctty)
			f->tpgid = p->session->foreground ? p->session->foreground->pgid : -1;
		f->cutime = p->cutime;
		f->cstime = p->cstime;
	}
	spin_unlock_irqrestore(&tasklist_lock, flags);
}

static void proc_collect_signals(struct task *t, struct proc_facts *f)
{
	struct process *p = t->process;
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	f->tracer = t->trace.tracer ? t->trace.tracer->pid : 0;
	f->cred = p->cred;
	f->umask = p->umask;
	f->pending = t->pending.set;
	f->shared = p->shared_pending.set;
	f->blocked = t->blocked;
	for (int sig = 1; sig <= _NSIG; sig++) {
		if (p->action[sig - 1].sa.handler == SIG_IGN)
			f->ignored |= 1UL << (sig - 1);
		else if (p->action[sig - 1].sa.handler != SIG_DFL)
			f->caught |= 1UL << (sig - 1);
	}
	f->queued = atomic_read(&p->user->nr_signals);
	f->sigpending_limit = p->rlim[RLIMIT_SIGPENDING].cur;
	f->min_flt = p->min_flt;
	spin_unlock_irqrestore(&p->lock, flags);
}

static void proc_collect_memory(struct task *t, struct proc_facts *f)
{
	struct mm *mm = task_get_mm(t);

	/* Checked for the address space that is shown; the task may have another one by now. */
	f->permitted = ptrace_may_read(t->process, mm);
	if (!mm)
		return;
	f->vm_pages = READ_ONCE(mm->total_vm);
	f->rss = READ_ONCE(mm->rss);
	if (f->permitted) {
		f->stack_start = mm->stack_start;
		f->arg_start = mm->arg_start;
		f->arg_end = mm->arg_end;
		f->env_start = mm->env_start;
		f->env_end = mm->env_end;
		f->brk_start = mm->brk_start;
	}
	mm_put(mm);
}

static int proc_collect(struct task *t, struct proc_facts *f, bool whole_process)
{
	memset(f, 0, sizeof(*f));
	if (!proc_task_exists(t))
		return -ESRCH;
	f->state = task_state_letter(t);
	proc_collect_family(t, f);
	proc_collect_signals(t, f);
	proc_collect_memory(t, f);
	if (whole_process && !(t->pflags & PF_KTHREAD))
		process_times(t->process, &f->utime, &f->stime);
	else
		task_cputime(t, &f->utime, &f->stime);
	if (!(t->pflags & PF_KTHREAD))
		f->tty = proc_tty_number(t->process);
	return 0;
}

static int proc_show_stat(struct seq_file *m, struct task *t, bool whole_process)
{
	struct proc_facts *f = kmalloc(sizeof(*f), GFP_KERNEL);
	int error = f ? proc_collect(t, f, whole_process) : -ENOMEM;

	if (error) {
		kfree(f);
		return error;
	}
	/* 1-9: identity and job control */
	seq_printf(m, "%d (%s) %c %d %d %d %u %d %u", f->pid, t->comm, f->state, f->ppid, f->pgid,
		   f->sid, f->tty, f->tpgid,
		   t->pflags & PF_KTHREAD ? 0x00200000U : t->pflags & PF_FORKNOEXEC ? 0x40U : 0U);
	/* 10-22: faults, times, priority, threads, start */
	seq_printf(m, " %lu 0 0 0 %lu %lu %ld %ld %d %d %u 0 %lu", f->min_flt,
		   f->utime / NSEC_PER_TICK, f->stime / NSEC_PER_TICK,
		   (long)(f->cutime / NSEC_PER_TICK), (long)(f->cstime / NSEC_PER_TICK),
		   20 + t->se.nice, t->se.nice, f->threads, t->start_ns / NSEC_PER_TICK);
	/* 23-30: memory; code addresses and registers are not shown */
	seq_printf(m, " %lu %zu %lu %d %d %lu 0 0", f->vm_pages * PAGE_SIZE, f->rss, ULONG_MAX,
		   f->vm_pages ? 1 : 0, f->vm_pages ? 1 : 0, f->stack_start);
	/* 31-38: signals as low words, wchan as a truth value, exit signal */
	seq_printf(m, " %lu %lu %lu %lu %d 0 0 %d", (unsigned long)f->pending & 0x7fffffff,
		   (unsigned long)f->blocked & 0x7fffffff, (unsigned long)f->ignored & 0x7fffffff,
		   (unsigned long)f->caught & 0x7fffffff,
		   f->permitted && (f->state == 'S' || f->state == 'D'), f->exit_signal);
	/* 39-52: CPU, policies, addresses, exit code */
	seq_printf(m, " %u 0 0 0 0 0 0 0 %lu %lu %lu %lu %lu %d\n", t->cpu, f->brk_start,
		   f->arg_start, f->arg_end, f->env_start, f->env_end,
		   f->permitted ? f->exit_code : 0);
	kfree(f);
	return 0;
}

int proc_pid_stat_show(struct seq_file *m, void *v)
{
	return proc_show_stat(m, v, true);
}

int proc_tid_stat_show(struct seq_file *m, void *v)
{
	return proc_show_stat(m, v, false);
}

/* ---- status ------------------------------------------------------------------------------ */

static const char *proc_state_word(char letter)
{
	switch (letter) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'D': return "D (disk sleep)";
	case 'T': return "T (stopped)";
	case 't': return "t (tracing stop)";
	case 'Z': return "Z (zombie)";
	case 'I': return "I (idle)";
	default:  return "X (dead)";
	}
}

/* One line, whatever the name is: as on Linux, newline and backslash are escaped by \. */
static void proc_status_name(struct seq_file *m, const char *comm)
{
	seq_puts(m, "Name:\t");
	for (; *comm; comm++) {
		if (*comm == '\n')
			seq_puts(m, "\\n");
		else if (*comm == '\\')
			seq_puts(m, "\\\\");
		else
			seq_putc(m, *comm);
	}
	seq_putc(m, '\n');
}

static void proc_status_identity(struct seq_file *m, struct task *t, const struct proc_facts *f)
{
	const struct credentials *c = &f->cred;

	proc_status_name(m, t->comm);
	if (!(t->pflags & PF_KTHREAD))
		seq_printf(m, "Umask:\t%04o\n", f->umask);
	seq_printf(m, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   proc_state_word(f->state), f->tgid, f->pid, f->ppid, f->tracer);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid,
		   c->fsuid, c->gid, c->egid, c->sgid, c->fsgid);
	seq_puts(m, "FDSize:\t64\nGroups:\t");
	for (unsigned int i = 0; i < c->ngroups; i++)
		seq_printf(m, "%u ", c->groups[i]);
	seq_printf(m, "\nNStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", f->tgid, f->pid,
		   f->pgid, f->sid);
}

static void proc_status_memory(struct seq_file *m, const struct proc_facts *f)
{
	size_t vm = f->vm_pages * PAGE_SIZE / 1024, rss = f->rss * PAGE_SIZE / 1024;

	if (!f->vm_pages)
		return;
	seq_printf(m, "VmPeak:\t%8zu kB\nVmSize:\t%8zu kB\nVmLck:\t       0 kB\n", vm, vm);
	seq_printf(m, "VmHWM:\t%8zu kB\nVmRSS:\t%8zu kB\nRssAnon:\t%8zu kB\n", rss, rss, rss);
	seq_puts(m, "RssFile:\t       0 kB\nRssShmem:\t       0 kB\nVmSwap:\t       0 kB\n");
}

static void proc_status_signals(struct seq_file *m, const struct proc_facts *f)
{
	seq_printf(m, "Threads:\t%u\nSigQ:\t%u/%lu\n", f->threads, f->queued,
		   (unsigned long)f->sigpending_limit);
	seq_printf(m, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n",
		   (unsigned long)f->pending, (unsigned long)f->shared, (unsigned long)f->blocked);
	seq_printf(m, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", (unsigned long)f->ignored,
		   (unsigned long)f->caught);
}

static void proc_status_rest(struct seq_file *m, struct task *t, const struct proc_facts *f)
{
	unsigned long caps = f->cred.euid == 0 ? 0x1ffffffffffUL : 0;
	u64 cpus = t->se.cpus_allowed & (nr_cpus == 64 ? ~0UL : BIT(nr_cpus) - 1);

	seq_printf(m, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", 0UL, caps, caps);
	seq_printf(m, "CapBnd:\t%016lx\nCapAmb:\t%016lx\n", 0x1ffffffffffUL, 0UL);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t0\nCpus_allowed:\t%lx\n",
		   t->process->no_new_privs, (unsigned long)cpus);
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		   (unsigned long)t->se.nvcsw, (unsigned long)t->se.nivcsw);
}

int proc_status_show(struct seq_file *m, void *v)
{
	struct task *t = v;
	struct proc_facts *f = kmalloc(sizeof(*f), GFP_KERNEL);
	int error = f ? proc_collect(t, f, false) : -ENOMEM;

	if (!error) {
		proc_status_identity(m, t, f);
		proc_status_memory(m, f);
		proc_status_signals(m, f);
		proc_status_rest(m, t, f);
	}
	kfree(f);
	return error;
}
