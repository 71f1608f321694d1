/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small system calls about the process and the machine: sysinfo, prctl, reboot, getrandom ... */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/process.h>
#include <neurath/random.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/transfer.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>

SYSCALL_DEFINE1(umask, int, mask)
{
	return xchg(&current->process->umask, mask & 0777);
}

#define PERSONALITY_ASK		0xffffffff
#define ADDR_NO_RANDOMIZE	0x0040000

/*
 * The execution domain of the ABI: only PER_LINUX exists.  Addresses are not randomised;
 * debuggers request that, and check the result.
 */
SYSCALL_DEFINE1(personality, unsigned, persona)
{
	if (persona == PERSONALITY_ASK)
		return READ_ONCE(current->process->personality);
	if (persona & ~ADDR_NO_RANDOMIZE)
		return -EINVAL;
	return xchg(&current->process->personality, persona);
}

/* ---- sysinfo -------------------------------------------------------------- */

struct sysinfo {
	long uptime;
	unsigned long loads[3];
	unsigned long totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	u32 pad2;
	unsigned long totalhigh, freehigh;
	u32 mem_unit;
	u32 pad3;
};

static unsigned sysinfo_count_tasks(void)
{
	struct process *p;
	unsigned long flags;
	unsigned n = 0;

	spin_lock_irqsave(&tasklist_lock, flags);
	list_for_each_entry(p, &all_processes, process_node)
		n += p->nr_threads;
	spin_unlock_irqrestore(&tasklist_lock, flags);
	return n;
}

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, uinfo)
{
	struct sysinfo info = { .uptime = clock_ns() / NSEC_PER_SEC, .mem_unit = PAGE_SIZE };

	_Static_assert(sizeof(info) == 112, "sysinfo of the ABI");
	sched_loadavg(info.loads);
	for (unsigned i = 0; i < 3; i++)
		info.loads[i] <<= 16 - 11;	/* the ABI's fixed point has 16 bits */
	info.totalram = pages_total();
	info.freeram = pages_free();
	info.bufferram = 0;		/* file pages are "Cached" in /proc/meminfo */
	info.procs = sysinfo_count_tasks();
	return copy_to_user(uinfo, &info, sizeof(info));
}

/* ---- getrandom -------------------------------------------------------------- */

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4
#define GETRANDOM_CHUNK	256

static ssize_t getrandom_step(struct transfer *t)
{
	u8 buf[GETRANDOM_CHUNK];
	ssize_t n = 0;

	while (t->io.len) {
		size_t want = min(t->io.len, sizeof(buf));

		random_bytes(buf, want);
		n = iobuf_put(&t->io, buf, want);
		if (n <= 0)
			break;
		transfer_count(t, n);
		if (t->io.len && transfer_interrupted(t))
			n = -ERESTARTSYS;
		if (n < 0)
			break;
		cond_resched();
	}
	memset(buf, 0, sizeof(buf));
	return n;
}

static ssize_t getrandom_end(struct transfer *t, ssize_t ret)
{
	return ret;
}

SYSCALL_DEFINE3(getrandom, u8 __user *, ubuf, size_t, len, unsigned, flags)
{
	struct transfer t = { .go_on = getrandom_step, .end = getrandom_end,
			      .io = iobuf_user(ubuf, min_t(size_t, len, 0x7ffff000)) };

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	return transfer_run(&t);
}

/* ---- prctl ------------------------------------------------------------------ */

#define PR_SET_PDEATHSIG	1
#define PR_GET_PDEATHSIG	2
#define PR_GET_DUMPABLE		3
#define PR_SET_DUMPABLE		4
#define PR_SET_NAME		15
#define PR_GET_NAME		16
#define PR_SET_CHILD_SUBREAPER	36
#define PR_GET_CHILD_SUBREAPER	37
#define PR_SET_NO_NEW_PRIVS	38
#define PR_GET_NO_NEW_PRIVS	39

static int prctl_set_name(const char __user *uname)
{
	char name[TASK_COMM_LEN];
	ssize_t len = strncpy_from_user(name, uname, sizeof(name));

	if (len == -ENAMETOOLONG) {
		if (copy_from_user(name, uname, sizeof(name) - 1))
			return -EFAULT;
		name[sizeof(name) - 1] = 0;
	} else if (len < 0) {
		return len;
	}
	strscpy(current->comm, name, sizeof(current->comm));
	return 0;
}

static int prctl_get_name(char __user *uname)
{
	char name[TASK_COMM_LEN] = { 0 };

	strscpy(name, current->comm, sizeof(name));
	return copy_to_user(uname, name, sizeof(name));
}

SYSCALL_DEFINE5(prctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4,
		unsigned long, arg5)
{
	struct process *p = current->process;

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (arg2 > _NSIG)
			return -EINVAL;
		WRITE_ONCE(p->pdeath_signal, arg2);
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(p->pdeath_signal, (int __user *)arg2);
	case PR_SET_DUMPABLE:
		if (arg2 > 1)
			return -EINVAL;
		WRITE_ONCE(current->mm->dumpable, arg2);
		return 0;
	case PR_GET_DUMPABLE:
		return current->mm->dumpable;
	case PR_SET_NAME:
		return prctl_set_name((const char __user *)arg2);
	case PR_GET_NAME:
		return prctl_get_name((char __user *)arg2);
	case PR_SET_CHILD_SUBREAPER:
		WRITE_ONCE(p->is_subreaper, !!arg2);
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user((int)p->is_subreaper, (int __user *)arg2);
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || arg3 || arg4 || arg5)
			return -EINVAL;
		WRITE_ONCE(p->no_new_privs, true);
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return p->no_new_privs;
	default:
		return -EINVAL;
	}
}

/* ---- reboot ----------------------------------------------------------------- */

#define REBOOT_MAGIC1		0xfee1deadu
#define REBOOT_RESTART		0x01234567u
#define REBOOT_HALT		0xcdef0123u
#define REBOOT_POWER_OFF	0x4321fedcu
#define REBOOT_CAD_ON		0x89abcdefu
#define REBOOT_CAD_OFF		0u

static bool reboot_magic2_valid(unsigned magic)
{
	return magic == 672274793 || magic == 85072278 || magic == 369367448 || magic == 537993216;
}

static void __noreturn reboot_halt(void)
{
	pr_emerg("reboot: System halted\n");
	arch_stop_others();
	for (;;)
		cpu_wait_for_interrupt();
}

SYSCALL_DEFINE4(reboot, unsigned, magic1, unsigned, magic2, unsigned, cmd, void __user *, arg)
{
	if (!is_superuser())
		return -EPERM;
	if (magic1 != REBOOT_MAGIC1 || !reboot_magic2_valid(magic2))
		return -EINVAL;
	switch (cmd) {
	case REBOOT_RESTART:
		pr_emerg("reboot: Restarting system\n");
		arch_reboot();
	case REBOOT_POWER_OFF:
		pr_emerg("reboot: Power down\n");
		arch_poweroff();
	case REBOOT_HALT:
		reboot_halt();
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;		/* there is no Ctrl-Alt-Del to configure */
	default:
		return -EINVAL;
	}
}
