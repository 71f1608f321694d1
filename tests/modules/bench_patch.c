/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch that measures the cost of enabling. It replaces the first @kernel of the system calls below,
 * which no measurement makes, and the first @target of the functions of bench_target.
 */
#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/livepatch.h>
#include "klp_many.h"

struct pt_regs;

static unsigned int kernel, target;
module_param(kernel, uint, 0444);
module_param(target, uint, 0444);

#define SYSTEM_CALLS(X) \
	X(access) X(alarm) X(chmod) X(chown) X(chroot) X(creat) X(dup2) X(dup3) X(faccessat) \
	X(fchmod) X(fchmodat) X(fchown) X(fchownat) X(fdatasync) X(flock) X(fstatfs) X(fsync) \
	X(ftruncate) X(getgroups) X(getitimer) X(getpgid) X(getpriority) X(getrandom) \
	X(getresgid) X(getresuid) X(getrlimit) X(getrusage) X(getsid) X(lchown) X(link) \
	X(linkat) X(mkdir) X(mkdirat) X(mknod) X(mknodat) X(mount) X(mremap) X(msync) X(pause) \
	X(personality) X(pipe2) X(pread64) X(preadv) X(prlimit64) X(ptrace) X(pwrite64) \
	X(pwritev) X(readlink) X(readlinkat) X(reboot) X(rename) X(renameat) X(rmdir) \
	X(sched_getaffinity) X(sched_getparam) X(sched_getscheduler) X(sched_setaffinity) \
	X(sendfile) X(setdomainname) X(setfsgid) X(setfsuid) X(setgid) X(setgroups) \
	X(sethostname) X(setitimer)

static noinline long bench_refused(const struct pt_regs *regs)
{
	return -ENOSYS;
}

static noinline int bench_one(void)
{
	return 1;
}

#define KERNEL_ENTRY(name)	{ .old_name = "__x64_sys_" #name, .new_func = bench_refused },
static struct klp_func kernel_funcs[] = {
	SYSTEM_CALLS(KERNEL_ENTRY)
	{ }
};

#define TARGET_ENTRY(n)		{ .old_name = "target_" #n, .new_func = bench_one },
static struct klp_func target_funcs[] = {
	MANY_500(TARGET_ENTRY)
	{ }
};

static struct klp_object bench_objs[] = {
	{ .funcs = kernel_funcs },
	{ .name = "bench_target", .funcs = target_funcs },
	{ }
};

static struct klp_patch bench_patch = {
	.mod = THIS_MODULE,
	.objs = bench_objs,
};

static int __init bench_init(void)
{
	if (kernel >= ARRAY_SIZE(kernel_funcs) || target >= ARRAY_SIZE(target_funcs))
		return -EINVAL;
	kernel_funcs[kernel] = (struct klp_func){ };
	target_funcs[target] = (struct klp_func){ };
	return klp_enable_patch(&bench_patch);
}

static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
