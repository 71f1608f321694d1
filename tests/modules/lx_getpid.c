/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_getpid - replaces a system call that many processes make all the time, and counts the processes
 * down. Each process of the parameter pids that has called the new function is removed from the list.
 * /sys/kernel/lx_getpid/npids is the number of remaining processes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/livepatch.h>

#if defined(__x86_64__)
#define FN_PREFIX __x64_
#else
#define FN_PREFIX
#endif

/* protects the array */
static DEFINE_MUTEX(kpids_mutex);

static unsigned int npids, npids_pending;
static int pids[NR_CPUS];
module_param_array(pids, int, &npids_pending, 0);
MODULE_PARM_DESC(pids, "processes that are expected in the new function");

static ssize_t npids_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	return sprintf(buf, "%u\n", npids_pending);
}

static struct kobj_attribute npids_attr = __ATTR_RO(npids);

static asmlinkage long new_sys_getpid(void)
{
	int i;

	mutex_lock(&kpids_mutex);
	if (npids_pending > 0) {
		for (i = 0; i < npids; i++) {
			if (current->pid == pids[i]) {
				pids[i] = 0;
				npids_pending--;
				break;
			}
		}
	}
	mutex_unlock(&kpids_mutex);

	return task_tgid_vnr(current);
}

static struct klp_func vmlinux_funcs[] = {
	{
		.old_name = __stringify(FN_PREFIX) "sys_getpid",
		.new_func = new_sys_getpid,
	}, {}
};

static struct klp_object objs[] = {
	{
		.funcs = vmlinux_funcs,
	}, {}
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static struct kobject *lx_kobj;

static int lx_getpid_init(void)
{
	int ret;

	lx_kobj = kobject_create_and_add("lx_getpid", kernel_kobj);
	if (!lx_kobj)
		return -ENOMEM;

	ret = sysfs_create_file(lx_kobj, &npids_attr.attr);
	if (ret) {
		kobject_put(lx_kobj);
		return ret;
	}

	/* the number of processes in the parameter */
	npids = npids_pending;

	ret = klp_enable_patch(&patch);
	if (ret)
		kobject_put(lx_kobj);
	return ret;
}

static void lx_getpid_exit(void)
{
	kobject_put(lx_kobj);
}

module_init(lx_getpid_init);
module_exit(lx_getpid_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
MODULE_DESCRIPTION("Compatibility test: a system call under load");
