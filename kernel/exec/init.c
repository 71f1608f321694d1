/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first process.  Its task starts like a kernel thread, loads the boot module "init" and
 * enters user mode with it.  If it dies the kernel panics (exit.c).
 */
#include <neurath/bug.h>
#include <neurath/file.h>
#include <neurath/init.h>
#include <neurath/klp_sched.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/random.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/user.h>
#include "../process/internal.h"

#define INIT_PATH	"/boot/init"

static int init_run(void *unused)
{
	static const char *const argv[] = { "init", NULL };
	static const char *const envp[] = { "HOME=/", "TERM=linux", "PATH=/bin", NULL };
	long error = process_exec_kernel(INIT_PATH, argv, envp);

	if (error)
		panic("cannot start %s: error %ld; is the boot module \"init\" a static program?",
		      INIT_PATH, -error);
	arch_enter_user();
}

static struct process *init_create_process(struct task *leader)
{
	struct process *p = process_alloc();

	if (!p)
		return NULL;
	p->pid = leader->pid;
	p->leader = leader;
	p->user = user_get(&root_user);
	p->nr_threads = p->nr_live = 1;
	list_add(&leader->thread_node, &p->threads);
	/* Signals without a handler have no effect on it, not even SIGKILL. */
	p->sig_flags = SIGNAL_UNKILLABLE;
	process_default_rlimits(p);
	p->cwd = kstrdup("/", GFP_KERNEL);
	p->root = kstrdup("", GFP_KERNEL);
	process_get(p);
	leader->process = p;
	return p->cwd && p->root ? p : NULL;
}

static void init_publish(struct task *t, struct process *p)
{
	unsigned long flags;
	int error;

	spin_lock_irqsave(&tasklist_lock, flags);
	init_process = p;
	list_add_tail(&p->process_node, &all_processes);
	nr_processes++;
	error = session_join_new(p);
	klp_copy_process(t);
	task_publish(t);
	spin_unlock_irqrestore(&tasklist_lock, flags);
	if (error)
		panic("no memory for the session of init: the machine needs more (MEM=)");
}

void start_init(void)
{
	struct task *t;
	struct process *p;

	random_init();
	t = task_alloc_init("init");
	p = t ? init_create_process(t) : NULL;
	if (!p || arch_fpu_alloc(t))
		panic("no memory for init: the machine needs more (MEM=)");
	t->files = files_create();
	if (!t->files)
		panic("no memory for init: the machine needs more (MEM=)");
	t->altstack.ss_flags = SS_DISABLE;
	arch_setup_kthread(t, init_run, NULL);
	init_publish(t, p);
	wake_up_new_task(t);
}
