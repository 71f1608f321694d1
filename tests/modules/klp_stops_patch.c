/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch of one of the functions in which stopped tasks sleep; the parameter "target" chooses it.
 * The new versions do not stop, so that a test sees which version a task uses.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/string.h>
#include <neurath/signal.h>

static char *target = "";
module_param(target, charp, 0444);

static noinline void no_event(int event, unsigned long message)
{
}

static noinline int no_signal_stop(int sig, siginfo_t *info)
{
	return sig;
}

static noinline bool no_entry_stop(struct pt_regs *regs)
{
	return true;
}

/* Releases the lock, which its caller holds. SIGSTOP then has no effect. */
static noinline void no_job_stop(struct process *p, unsigned long flags)
{
	current->jobctl &= ~(JOBCTL_STOP_PENDING | JOBCTL_STOP_COUNTED);
	p->stop_count = 0;
	spin_unlock_irqrestore(&p->lock, flags);
}

static const struct {
	const char *name;
	void *fn;
} stops_choices[] = {
	{ "ptrace_event", no_event },
	{ "ptrace_signal", no_signal_stop },
	{ "ptrace_syscall_entry", no_entry_stop },
	{ "signal_stop_self", no_job_stop },
};

static struct klp_func stops_funcs[] = {
	{ },		/* filled in */
	{ }
};

static struct klp_object stops_objs[] = {
	{ .funcs = stops_funcs },
	{ }
};

static struct klp_patch stops_patch = {
	.mod = THIS_MODULE,
	.objs = stops_objs,
};

static int __init stops_init(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(stops_choices); i++) {
		if (strcmp(stops_choices[i].name, target))
			continue;
		stops_funcs[0].old_name = stops_choices[i].name;
		stops_funcs[0].new_func = stops_choices[i].fn;
		return klp_enable_patch(&stops_patch);
	}
	return -EINVAL;
}

static void __exit stops_exit(void)
{
}

module_init(stops_init);
module_exit(stops_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
