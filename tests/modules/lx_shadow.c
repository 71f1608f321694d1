/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lx_shadow - makes each call for shadow variables, in all cases, and logs the results. Then several
 * threads ask for the same variables at the same time. Init fails if an allocation fails. The kernel
 * warns once, because one case allocates an existing variable again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/livepatch.h>
#include <linux/slab.h>
#include <linux/kthread.h>
#include <linux/completion.h>
#include <linux/atomic.h>

#define ID_ONE	0x1234
#define ID_TWO	0x1235

/* Addresses differ from run to run, so the log shows numbers in place of addresses. */
struct ptr_id {
	void *ptr;
	int id;
	struct list_head list;
};

static LIST_HEAD(ptr_ids);

static int number_of(void *ptr)
{
	struct ptr_id *p;
	static int count;

	if (!ptr)
		return 0;
	list_for_each_entry(p, &ptr_ids, list) {
		if (p->ptr == ptr)
			return p->id;
	}

	/* may be called by a constructor, under a spinlock */
	p = kmalloc(sizeof(*p), GFP_ATOMIC);
	if (!p)
		return -ENOMEM;
	p->ptr = ptr;
	p->id = ++count;
	list_add(&p->list, &ptr_ids);
	return p->id;
}

static void forget_numbers(void)
{
	struct ptr_id *p, *next;

	list_for_each_entry_safe(p, next, &ptr_ids, list) {
		list_del(&p->list);
		kfree(p);
	}
}

/* The variable stores a pointer. The log shows this pointer and not the address of the variable. */
static int shadow_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	int **slot = shadow_data, **value = ctor_data;

	if (!value)
		return -EINVAL;
	*slot = *value;
	pr_info("ctor: obj %d gets %d\n", number_of(obj), number_of(*value));
	return 0;
}

static void shadow_dtor(void *obj, void *shadow_data)
{
	int **slot = shadow_data;

	pr_info("dtor: obj %d had %d\n", number_of(obj), number_of(*slot));
}

static int **alloc(void *obj, unsigned long id, gfp_t gfp, int **value)
{
	int **slot = klp_shadow_alloc(obj, id, sizeof(*slot), gfp, shadow_ctor, value);

	pr_info("alloc(obj %d, 0x%lx, %zu, %pGg) = %d\n", number_of(obj), id, sizeof(*slot),
		&gfp, slot ? number_of(*slot) : 0);
	return slot;
}

static int **get_or_alloc(void *obj, unsigned long id, gfp_t gfp, int **value)
{
	int **slot = klp_shadow_get_or_alloc(obj, id, sizeof(*slot), gfp, shadow_ctor, value);

	pr_info("get_or_alloc(obj %d, 0x%lx, %zu, %pGg) = %d\n", number_of(obj), id,
		sizeof(*slot), &gfp, slot ? number_of(*slot) : 0);
	return slot;
}

static void get(void *obj, unsigned long id)
{
	int **slot = klp_shadow_get(obj, id);

	pr_info("get(obj %d, 0x%lx) = %d\n", number_of(obj), id, slot ? number_of(*slot) : 0);
}

static int exercise(void)
{
	int objs[3], values[4], *value[4], i;

	for (i = 0; i < 3; i++)
		number_of(&objs[i]);			/* 1..3 */
	for (i = 0; i < 4; i++) {
		value[i] = &values[i];
		number_of(value[i]);			/* 4..7 */
	}

	get(&objs[0], ID_ONE);
	if (!alloc(&objs[0], ID_ONE, GFP_KERNEL, &value[0]) ||
	    !alloc(&objs[1], ID_ONE, GFP_ATOMIC, &value[1]) ||
	    !alloc(&objs[0], ID_TWO, GFP_KERNEL, &value[2]))
		return -ENOMEM;
	get(&objs[0], ID_ONE);
	get(&objs[1], ID_ONE);
	get(&objs[0], ID_TWO);
	get(&objs[1], ID_TWO);

	alloc(&objs[0], ID_ONE, GFP_KERNEL, &value[3]);		/* returns NULL: the variable exists */
	get_or_alloc(&objs[0], ID_ONE, GFP_KERNEL, &value[3]);	/* returns the existing variable */
	get_or_alloc(&objs[2], ID_ONE, GFP_KERNEL, NULL);	/* the constructor fails */
	get(&objs[2], ID_ONE);
	get_or_alloc(&objs[2], ID_ONE, GFP_KERNEL, &value[3]);
	get(&objs[2], ID_ONE);

	klp_shadow_free(&objs[0], ID_ONE, shadow_dtor);
	klp_shadow_free(&objs[0], ID_ONE, shadow_dtor);		/* no variable is left: no call of the dtor */
	klp_shadow_free(&objs[0], ID_TWO, NULL);
	get(&objs[0], ID_ONE);
	get(&objs[0], ID_TWO);
	get(&objs[1], ID_ONE);

	klp_shadow_free_all(ID_ONE, NULL);
	get(&objs[1], ID_ONE);
	get(&objs[2], ID_ONE);
	alloc(&objs[1], ID_TWO, GFP_KERNEL, &value[1]);
	klp_shadow_free_all(ID_TWO, shadow_dtor);
	klp_shadow_free_all(ID_TWO, shadow_dtor);
	return 0;
}

/* ---- several threads, the same variables ---- */

#define THREADS		4
#define VARIABLES	500

static int parents[VARIABLES];
static atomic_t constructed = ATOMIC_INIT(0), destructed = ATOMIC_INIT(0), wrong = ATOMIC_INIT(0);
static void *seen[THREADS][VARIABLES];
static DECLARE_COMPLETION(thread_done);

static int counting_ctor(void *obj, void *shadow_data, void *ctor_data)
{
	atomic_inc(&constructed);
	*(void **)shadow_data = obj;
	return 0;
}

static void counting_dtor(void *obj, void *shadow_data)
{
	if (*(void **)shadow_data != obj)
		atomic_inc(&wrong);
	atomic_inc(&destructed);
}

static int racer(void *data)
{
	void **mine = data, **slot;
	int i;

	for (i = 0; i < VARIABLES; i++) {
		slot = klp_shadow_get_or_alloc(&parents[i], ID_ONE, sizeof(*slot), GFP_KERNEL,
					       counting_ctor, NULL);
		if (!slot || *slot != &parents[i])
			atomic_inc(&wrong);
		mine[i] = slot;
		cond_resched();
	}
	complete(&thread_done);
	return 0;
}

static int race(void)
{
	int started, i;

	for (started = 0; started < THREADS; started++)
		if (IS_ERR(kthread_run(racer, seen[started], "lx_shadow/%d", started)))
			break;
	for (i = 0; i < started; i++)
		wait_for_completion(&thread_done);
	for (i = 0; i < VARIABLES; i++)
		if (seen[0][i] != seen[started - 1][i])
			atomic_inc(&wrong);
	klp_shadow_free_all(ID_ONE, counting_dtor);
	pr_info("%d threads: %d of %d constructed, %d destructed, %d wrong\n", started,
		atomic_read(&constructed), VARIABLES, atomic_read(&destructed),
		atomic_read(&wrong));
	return started == THREADS ? 0 : -ENOMEM;
}

static int lx_shadow_init(void)
{
	int ret = exercise();

	if (!ret)
		ret = race();
	forget_numbers();
	return ret;
}

static void lx_shadow_exit(void)
{
}

module_init(lx_shadow_init);
module_exit(lx_shadow_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Compatibility test: shadow variables");
