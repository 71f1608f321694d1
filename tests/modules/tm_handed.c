/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tm_handed - passes a wrong object to the kernel. The parameter names the flaw; flaws[] below lists all
 * flaws. The module logs the result of the call, and its init always fails.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

static char *flaw = "";
module_param(flaw, charp, 0444);

#define WILD(type)	((type)0x6b6b6b6b6b6b6b6bUL)	/* what freed memory may hold */

static unsigned char bytes[64] __used = { 0xc3 };
#define DATA		((void *)bytes)

static noinline int good_show(struct seq_file *m, void *v) { return 0; }
static noinline int __init init_show(struct seq_file *m, void *v) { return 0; }
static noinline int good_hit(struct kprobe *p, struct pt_regs *regs) { return 0; }
static noinline int __init init_hit(struct kprobe *p, struct pt_regs *regs) { return 0; }
static noinline void good_work(struct work_struct *work) { }
static noinline void __init init_work(struct work_struct *work) { }
static noinline void good_timer(struct timer_list *timer) { }
static noinline void __init init_timer(struct timer_list *timer) { }
static noinline int __init init_thread(void *arg) { return 0; }
static noinline int __init init_ctor(void *obj, void *shadow, void *data) { return 0; }
static noinline void good_release(struct kobject *kobj) { }
static noinline ssize_t good_attr(struct kobject *k, struct kobj_attribute *a, char *buf) { return 0; }
static noinline ssize_t __init init_attr(struct kobject *k, struct kobj_attribute *a, char *buf) { return 0; }

/* ---- probes ------------------------------------------------------------------------ */

#define PROBE	{ .symbol_name = "version_proc_show", .pre_handler = good_hit }
static struct kprobe probe = PROBE;
static struct kprobe probe_init __initdata = PROBE;
static const struct kprobe probe_const = PROBE;

static int probe_try(struct kprobe *p)
{
	int error = register_kprobe(p);

	if (!error)
		unregister_kprobe(p);
	return error;
}

/* Registers the probe, and then a second time. The garbage in the private fields must have no effect. */
static int probe_dirty(void)
{
	int error, twice;

	memset(&probe.nmissed, 0x5a, sizeof(probe) - offsetof(struct kprobe, nmissed));
	unregister_kprobe(&probe);
	error = register_kprobe(&probe);
	twice = error ? 0 : register_kprobe(&probe);
	unregister_kprobe(&probe);
	return error ? error : twice;
}

/* ---- files and objects --------------------------------------------------------------- */

static int proc_try(const char *name, int (*show)(struct seq_file *, void *))
{
	struct proc_dir_entry *entry = proc_create_single(name, 0444, NULL, show);

	proc_remove(entry);
	return entry ? 0 : -ENOENT;
}

static struct kobj_type good_type = { .release = good_release, .sysfs_ops = &kobj_sysfs_ops };
static struct kobj_type other_type = { .release = good_release, .sysfs_ops = &kobj_sysfs_ops };
static struct sysfs_ops other_ops;
static struct kobj_type init_type __initdata = { .release = good_release };
static struct kobject object;
static struct kobj_attribute file = __ATTR(file, 0444, good_attr, NULL);
static struct kobj_attribute file_init __initdata = __ATTR(file, 0444, good_attr, NULL);

static int object_try(const struct kobj_type *type, const char *name)
{
	int error;

	kobject_init(&object, type);
	error = kobject_add(&object, NULL, "%s", name);
	kobject_del(&object);
	return error;
}

static int attr_try(struct kobj_attribute *attr)
{
	struct kobject *kobj = kobject_create_and_add("tm_handed", NULL);
	int error = kobj ? sysfs_create_file(kobj, &attr->attr) : -ENOMEM;

	kobject_put(kobj);
	return error;
}

/* ---- works, timers, threads ----------------------------------------------------------- */

static struct delayed_work work;
static struct work_struct work_initdata __initdata = WORK_INIT(work_initdata, good_work);
static struct timer_list timer;
static struct timer_list timer_initdata __initdata = {
	.timer = { .fn = timer_list_expired }, .function = good_timer,
};

static int work_try(void *fn)
{
	bool taken;

	INIT_DELAYED_WORK(&work, fn);
	taken = schedule_work(&work.work);
	taken |= schedule_delayed_work(&work, 1);
	mod_delayed_work(&work, 1);
	taken |= delayed_work_pending(&work);
	cancel_delayed_work_sync(&work);
	return taken ? 0 : -EINVAL;
}

static int timer_try(struct timer_list *t)
{
	int armed;

	mod_timer(t, jiffies + 1000);
	armed = timer_pending(t);
	del_timer_sync(t);
	return armed ? 0 : -EINVAL;
}

static int timer_try_fn(void *fn)
{
	timer_setup(&timer, fn, 0);
	return timer_try(&timer);
}

static int thread_try(void *fn)
{
	struct task_struct *task = kthread_run(fn, NULL, "tm_handed");

	return PTR_ERR_OR_ZERO(task);
}

static int shadow_try(void *ctor, void *dtor)
{
	void *shadow = klp_shadow_alloc(bytes, 7, 8, GFP_KERNEL, ctor, NULL);

	klp_shadow_free(bytes, 7, dtor);
	if (!shadow || !klp_shadow_get(bytes, 7))
		return shadow ? 0 : -ENOMEM;
	klp_shadow_free_all(7, dtor);
	if (!klp_shadow_get(bytes, 7))
		return 0;
	klp_shadow_free(bytes, 7, NULL);
	return -EINVAL;
}

#define FLAWS(F) \
	F(none, probe_try(&probe) ? : proc_try("tm_handed", good_show) ? : object_try(&good_type, "tm_handed") ? : \
	  attr_try(&file) ? : work_try(good_work) ? : timer_try_fn(good_timer) ? : shadow_try(NULL, NULL)) \
	F(probe_dirty, probe_dirty()) \
	F(probe_init, probe_try(&probe_init)) \
	F(probe_const, probe_try((void *)&probe_const)) \
	F(probe_wild, probe_try(WILD(void *))) \
	F(probe_name, (probe.symbol_name = WILD(void *), probe_try(&probe))) \
	F(probe_init_handler, (probe.pre_handler = init_hit, probe_try(&probe))) \
	F(probe_data_handler, (probe.post_handler = DATA, probe_try(&probe))) \
	F(proc_no_show, proc_try("tm_handed", NULL)) \
	F(proc_init_show, proc_try("tm_handed", init_show)) \
	F(proc_data_show, proc_try("tm_handed", DATA)) \
	F(proc_wild_name, proc_try(WILD(void *), good_show)) \
	F(proc_empty, proc_try("", good_show)) \
	F(proc_dots, proc_try("..", good_show)) \
	F(proc_slash, proc_try("a/b", good_show)) \
	F(object_raw, kobject_add(&object, NULL, "tm_handed")) \
	F(object_no_type, object_try(NULL, "tm_handed")) \
	F(object_init_type, object_try(&init_type, "tm_handed")) \
	F(object_release, (other_type.release = DATA, object_try(&other_type, "tm_handed"))) \
	F(object_ops, (other_type.sysfs_ops = WILD(void *), object_try(&other_type, "tm_handed"))) \
	F(object_show, (other_ops.show = DATA, other_type.sysfs_ops = &other_ops, object_try(&other_type, "tm_handed"))) \
	F(object_slash, object_try(&good_type, "a/b")) \
	F(object_empty, object_try(&good_type, "")) \
	F(attr_initdata, attr_try(&file_init)) \
	F(attr_wild, attr_try(WILD(void *))) \
	F(attr_init_show, (file.show = init_attr, attr_try(&file))) \
	F(attr_data_store, (file.store = DATA, attr_try(&file))) \
	F(attr_name, (file.attr.name = WILD(void *), attr_try(&file))) \
	F(attr_slash, (file.attr.name = "a/b", attr_try(&file))) \
	F(work_none, work_try(NULL)) \
	F(work_init, work_try(init_work)) \
	F(work_data, work_try(DATA)) \
	F(work_initdata, schedule_work(&work_initdata) ? 0 : -EINVAL) \
	F(timer_none, timer_try_fn(NULL)) \
	F(timer_init, timer_try_fn(init_timer)) \
	F(timer_data, timer_try_fn(DATA)) \
	F(timer_initdata, timer_try(&timer_initdata)) \
	F(thread_none, thread_try(NULL)) \
	F(thread_init, thread_try(init_thread)) \
	F(thread_data, thread_try(DATA)) \
	F(shadow_ctor, shadow_try(init_ctor, NULL)) \
	F(shadow_dtor, shadow_try(NULL, DATA))

#define TRY(word, call)		static int __init try_##word(void) { return call; }
FLAWS(TRY)

#define NAMED(word, call)	{ #word, try_##word },
static const struct {
	const char *word;
	int (*try)(void);
} flaws[] = { FLAWS(NAMED) };

static int __init tm_handed_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(flaws); i++) {
		if (strcmp(flaws[i].word, flaw) == 0) {
			int result = flaws[i].try();

			return result ? result : -ECANCELED;
		}
	}
	return -ESRCH;
}

static void __exit tm_handed_exit(void)
{
}

module_init(tm_handed_init);
module_exit(tm_handed_exit);
MODULE_LICENSE("GPL");
