/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of shadow variables inside the kernel. A read of /proc/klp_shadow runs all tests
 * and shows one line for each, "ok NAME" or "FAILED NAME: what".
 * The guest suite klp_shadow reports these lines.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#define ID		0x51ad0UL
#define OBJECTS		64
#define THREADS		4
#define ROUNDS		200

static char objects[OBJECTS];		/* only their addresses matter */
static atomic_t ctors, dtors;
static const char *failed;		/* the first condition that failed in the running test */

#define EXPECT(condition)							\
	do {									\
		if (!(condition) && !failed)					\
			failed = #condition;					\
	} while (0)

static int count_ctor(void *obj, void *data, void *ctor_data)
{
	atomic_inc(&ctors);
	*(void **)data = ctor_data;
	return 0;
}

static void count_dtor(void *obj, void *data)
{
	atomic_inc(&dtors);
}

static int failing_ctor(void *obj, void *data, void *ctor_data)
{
	atomic_inc(&ctors);
	return -EINVAL;
}

static void *alloc(unsigned int n, unsigned long id, void *value)
{
	return klp_shadow_alloc(&objects[n], id, sizeof(void *), GFP_KERNEL, count_ctor, value);
}

/* ---- one thread -------------------------------------------------------------------- */

static void absent_variable_is_null(void)
{
	EXPECT(!klp_shadow_get(&objects[0], ID));
	klp_shadow_free(&objects[0], ID, count_dtor);
	klp_shadow_free_all(ID, count_dtor);
	EXPECT(atomic_read(&dtors) == 0);
}

static void variable_belongs_to_object_and_id(void)
{
	void **a = alloc(0, ID, "a"), **b = alloc(0, ID + 1, "b"), **c = alloc(1, ID, "c");

	EXPECT(a && b && c && a != b && b != c && a != c);
	EXPECT(klp_shadow_get(&objects[0], ID) == a);
	EXPECT(klp_shadow_get(&objects[0], ID + 1) == b);
	EXPECT(klp_shadow_get(&objects[1], ID) == c);
	EXPECT(!klp_shadow_get(&objects[1], ID + 1));
	EXPECT(a && b && c && **(char **)a == 'a' && **(char **)b == 'b' && **(char **)c == 'c');
	klp_shadow_free(&objects[0], ID, count_dtor);
	EXPECT(!klp_shadow_get(&objects[0], ID));
	EXPECT(klp_shadow_get(&objects[0], ID + 1) == b);
	EXPECT(klp_shadow_get(&objects[1], ID) == c);
	klp_shadow_free_all(ID, NULL);
	klp_shadow_free_all(ID + 1, count_dtor);
	EXPECT(atomic_read(&ctors) == 3 && atomic_read(&dtors) == 2);
}

static void memory_is_zeroed_and_aligned(void)
{
	const unsigned char *data;

	for (size_t size = 1; size < 5000; size = size * 3 + 1) {
		data = klp_shadow_alloc(&objects[0], ID, size, GFP_KERNEL, NULL, NULL);
		EXPECT(data && ((unsigned long)data & 7) == 0);
		for (size_t i = 0; data && i < size; i++)
			EXPECT(data[i] == 0);
		if (data)
			memset((void *)data, 0xff, size);
		klp_shadow_free(&objects[0], ID, NULL);
	}
	EXPECT(!klp_shadow_alloc(&objects[0], ID, SIZE_MAX, GFP_KERNEL, NULL, NULL));
	EXPECT(!klp_shadow_alloc(&objects[0], ID, SIZE_MAX - 32, GFP_KERNEL, NULL, NULL));
	EXPECT(!klp_shadow_get(&objects[0], ID));
}

static void duplicate_is_refused_and_the_first_stays(void)
{
	void **first = alloc(0, ID, "first");

	EXPECT(!alloc(0, ID, "second"));
	EXPECT(atomic_read(&ctors) == 1);
	EXPECT(klp_shadow_get(&objects[0], ID) == first);
	EXPECT(first && strcmp(*first, "first") == 0);
}

static void get_or_alloc_makes_it_once(void)
{
	void *first = klp_shadow_get_or_alloc(&objects[0], ID, 8, GFP_KERNEL, count_ctor, "x");
	void *second = klp_shadow_get_or_alloc(&objects[0], ID, 8, GFP_KERNEL, count_ctor, "y");

	EXPECT(first && first == second && strcmp(*(char **)first, "x") == 0);
	EXPECT(atomic_read(&ctors) == 1);
}

static void failing_constructor_leaves_nothing(void)
{
	EXPECT(!klp_shadow_alloc(&objects[0], ID, 8, GFP_KERNEL, failing_ctor, NULL));
	EXPECT(!klp_shadow_get_or_alloc(&objects[0], ID, 8, GFP_KERNEL, failing_ctor, NULL));
	EXPECT(atomic_read(&ctors) == 2);
	EXPECT(!klp_shadow_get(&objects[0], ID));
	EXPECT(alloc(0, ID, "later") != NULL);
}

static void free_all_takes_every_object_of_the_id(void)
{
	for (unsigned int n = 0; n < OBJECTS; n++) {
		EXPECT(alloc(n, ID, NULL));
		EXPECT(alloc(n, ID + 1, NULL));
	}
	klp_shadow_free_all(ID, count_dtor);
	EXPECT(atomic_read(&dtors) == OBJECTS);
	for (unsigned int n = 0; n < OBJECTS; n++) {
		EXPECT(!klp_shadow_get(&objects[n], ID));
		EXPECT(klp_shadow_get(&objects[n], ID + 1));
	}
	klp_shadow_free_all(ID + 1, count_dtor);
	EXPECT(atomic_read(&dtors) == 2 * OBJECTS);
}

/* ---- several threads ------------------------------------------------------------------ */

static atomic_t threads_left;

struct worker {
	void (*body)(unsigned int n);
	unsigned int n;
};

static int worker_fn(void *arg)
{
	struct worker *worker = arg;

	worker->body(worker->n);
	atomic_dec(&threads_left);
	return 0;
}

static void run_together(void (*body)(unsigned int n))
{
	static struct worker workers[THREADS];
	unsigned int started = 0;

	atomic_set(&threads_left, THREADS);
	for (unsigned int n = 0; n < THREADS; n++) {
		workers[n] = (struct worker){ body, n };
		if (IS_ERR(kthread_run(worker_fn, &workers[n], "klp_shadow/%u", n)))
			atomic_dec(&threads_left);
		else
			started++;
	}
	EXPECT(started == THREADS);
	while (atomic_read(&threads_left))
		msleep(1);
}

static atomic_t round_arrived;
static void *seen[THREADS];

/* Waits until all threads have arrived, so that they use the same object at the same time. */
static void meet(unsigned int meeting)
{
	atomic_inc(&round_arrived);
	while ((unsigned int)atomic_read(&round_arrived) < THREADS * (meeting + 1))
		cond_resched();
}

static void get_or_alloc_same(unsigned int n)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		void *obj = &objects[round % OBJECTS];

		meet(2 * round);
		seen[n] = klp_shadow_get_or_alloc(obj, ID, 8, GFP_KERNEL, count_ctor, obj);
		meet(2 * round + 1);
		if (n)
			continue;
		EXPECT(seen[0]);
		for (unsigned int other = 1; other < THREADS; other++)
			EXPECT(seen[other] == seen[0]);
		EXPECT((unsigned int)atomic_read(&ctors) == round + 1);
		klp_shadow_free(obj, ID, count_dtor);
	}
}

static void constructor_runs_once_when_threads_meet(void)
{
	atomic_set(&round_arrived, 0);
	run_together(get_or_alloc_same);
	EXPECT(atomic_read(&ctors) == ROUNDS && atomic_read(&dtors) == ROUNDS);
}

#define ALIVE	0x600d600d600d600dUL
#define HOLDS	20
#define LOOKS	1000000		/* takes much longer than the writer, if the writer has its own CPU */
static atomic_t held, let_go;	/* the round in which the reader holds the variable, the writer has freed it */

static int alive_ctor(void *obj, void *data, void *ctor_data)
{
	for (unsigned int i = 0; i < 8; i++)
		((unsigned long *)data)[i] = ALIVE;
	return 0;
}

static void free_under_the_reader(int round)
{
	EXPECT(klp_shadow_alloc(&objects[0], ID, 64, GFP_KERNEL, alive_ctor, NULL));
	while (atomic_read(&held) < round)
		cond_resched();
	klp_shadow_free(&objects[0], ID, NULL);
	msleep(2);		/* lets another task run, which might free the memory too early */
	atomic_set(&let_go, round);
}

static void hold(int round)
{
	const unsigned long *data;

	for (;;) {
		rcu_read_lock();
		data = klp_shadow_get(&objects[0], ID);
		if (data)
			break;
		rcu_read_unlock();
		cond_resched();
	}
	atomic_set(&held, round);
	for (unsigned int look = 0; look < LOOKS && atomic_read(&let_go) < round; look++)
		EXPECT(READ_ONCE(data[look % 8]) == ALIVE);
	rcu_read_unlock();
	while (atomic_read(&let_go) < round)
		cond_resched();
}

static void hold_or_free(unsigned int n)
{
	for (int round = 1; n < 2 && round <= HOLDS; round++) {
		if (n == 0)
			free_under_the_reader(round);
		else
			hold(round);
	}
}

/* Freed memory is poisoned or used again, so unchanged data prove that the memory stays until the section ends. */
static void a_found_variable_lives_as_long_as_the_read_section(void)
{
	atomic_set(&held, 0);
	atomic_set(&let_go, 0);
	run_together(hold_or_free);
}

static atomic_t free_all_running;
static unsigned int freed_now;

static int outside_free_all_ctor(void *obj, void *data, void *ctor_data)
{
	EXPECT(!atomic_read(&free_all_running));
	return 0;
}

/* Sets the flag from the destructor of the first object to that of the last object. */
static void within_free_all_dtor(void *obj, void *data)
{
	atomic_set(&free_all_running, ++freed_now < OBJECTS);
	if (freed_now == OBJECTS)
		freed_now = 0;
	udelay(1);
}

static void free_all_or_alloc(unsigned int n)
{
	for (unsigned int round = 0; round < ROUNDS / 4; round++) {
		for (unsigned int i = 0; i < OBJECTS; i++)
			klp_shadow_get_or_alloc(&objects[i], ID, 8, GFP_KERNEL, NULL, NULL);
		meet(2 * round);
		/* All variables exist. One thread frees them, the others allocate them again. */
		if (n == 0)
			klp_shadow_free_all(ID, within_free_all_dtor);
		for (unsigned int i = 0; n && i < OBJECTS; i++)
			klp_shadow_get_or_alloc(&objects[i], ID, 8, GFP_KERNEL,
						outside_free_all_ctor, NULL);
		meet(2 * round + 1);
	}
}

static void free_all_is_one_step(void)
{
	atomic_set(&round_arrived, 0);
	freed_now = 0;
	run_together(free_all_or_alloc);
	klp_shadow_free_all(ID, NULL);
	atomic_set(&free_all_running, 0);
}

/* ---- running them ------------------------------------------------------------------------ */

static const struct {
	const char *name;
	void (*fn)(void);
} tests[] = {
#define TEST(name)	{ #name, name }
	TEST(absent_variable_is_null),
	TEST(variable_belongs_to_object_and_id),
	TEST(memory_is_zeroed_and_aligned),
	TEST(duplicate_is_refused_and_the_first_stays),
	TEST(get_or_alloc_makes_it_once),
	TEST(failing_constructor_leaves_nothing),
	TEST(free_all_takes_every_object_of_the_id),
	TEST(constructor_runs_once_when_threads_meet),
	TEST(a_found_variable_lives_as_long_as_the_read_section),
	TEST(free_all_is_one_step),
};

static int shadow_show(struct seq_file *m, void *v)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(tests); i++) {
		failed = NULL;
		atomic_set(&ctors, 0);
		atomic_set(&dtors, 0);
		tests[i].fn();
		klp_shadow_free_all(ID, NULL);
		if (failed)
			seq_printf(m, "FAILED %s: not true: %s\n", tests[i].name, failed);
		else
			seq_printf(m, "ok %s\n", tests[i].name);
	}
	return 0;
}

static struct proc_dir_entry *shadow_entry;

static int __init shadow_test_init(void)
{
	shadow_entry = proc_create_single("klp_shadow", 0400, NULL, shadow_show);
	return shadow_entry ? 0 : -ENOMEM;
}

static void __exit shadow_test_exit(void)
{
	proc_remove(shadow_entry);
}

module_init(shadow_test_init);
module_exit(shadow_test_exit);
MODULE_LICENSE("GPL");
