/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A patch of /proc/cmdline and /proc/version with one mistake. The parameter names the mistake; flaws[]
 * below lists all of them. A compiler accepts each mistake.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *flaw = "";
module_param(flaw, charp, 0444);
static char *name = "";		/* of an object or a function, for some */
module_param(name, charp, 0444);

#define WILD(type)	((type)0x6b6b6b6b6b6b6b6bUL)	/* what freed memory may hold */

static noinline int flaws_show(struct seq_file *m, void *v)
{
	seq_puts(m, "patched\n");
	return 0;
}

static noinline int __init flaws_show_init(struct seq_file *m, void *v)
{
	seq_puts(m, "freed\n");
	return 0;
}

static int flaws_pre_patch(struct klp_object *obj)
{
	return 0;
}

static int __init flaws_pre_patch_init(struct klp_object *obj)
{
	return 0;
}

static unsigned char flaws_bytes[64] __used = { 0xc3 };

/* The tables are separate variables, so the memory after a table belongs to no other table. */
static struct klp_func flaws_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = flaws_show },
	{ .old_name = "version_proc_show", .new_func = flaws_show },
	{ }
};
static struct klp_object flaws_objs[] = { { .funcs = flaws_funcs }, { }, { } };
static struct klp_state flaws_states[] = { { .id = 1 }, { .id = 2 }, { } };
static struct klp_patch flaws_patch = {
	.mod = THIS_MODULE, .objs = flaws_objs, .states = flaws_states,
};

static struct klp_func open_funcs[] = { { .old_name = "cmdline_proc_show", .new_func = flaws_show } };
static u64 odd_objs[2 * sizeof(struct klp_object) / sizeof(u64)];
static struct klp_object open_objs[] = { { .funcs = flaws_funcs } };
static struct klp_state open_states[] = { { .id = 1 } };

static struct klp_func init_funcs[] __initdata = {
	{ .old_name = "cmdline_proc_show", .new_func = flaws_show }, { }
};
static struct klp_object init_objs[] __initdata = { { .funcs = flaws_funcs }, { } };
static struct klp_state init_states[] __initdata = { { .id = 1 }, { } };
static struct klp_patch init_patch __initdata = { .mod = THIS_MODULE, .objs = flaws_objs };
static char init_name[] __initdata = "cmdline_proc_show";

static const struct klp_func const_funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = flaws_show }, { }
};
static const struct klp_object const_objs[] = { { .funcs = flaws_funcs }, { } };
static const struct klp_patch const_patch = { .mod = THIS_MODULE, .objs = flaws_objs };

static struct klp_patch *the_patch = &flaws_patch;

/* Fills the private fields of the structures, as a careless author could. */
static void fill_private(void)
{
	for (struct klp_func *func = flaws_funcs; func->old_name; func++) {
		struct klp_func keep = *func;

		memset(func, 0x5a, sizeof(*func));
		func->old_name = keep.old_name;
		func->new_func = keep.new_func;
		func->old_sympos = keep.old_sympos;
		func->nop = func->patched = true;
	}
	memset(&flaws_objs[0].dir, 0x5a, sizeof(flaws_objs[0]) - offsetof(struct klp_object, dir));
	flaws_objs[0].dynamic = flaws_objs[0].patched = true;
	flaws_objs[0].callbacks.post_unpatch_enabled = true;
	memset(&flaws_patch.list, 0x5a, sizeof(flaws_patch) - offsetof(struct klp_patch, list));
	flaws_patch.enabled = flaws_patch.forced = true;
}

static void *flaws_copy(const void *from, size_t size)
{
	return memcpy(kmalloc(size, GFP_KERNEL), from, size);
}

static struct module *other_module(void)
{
	unsigned long flags = irq_save();
	struct module *mod = find_module("klp_target");

	irq_restore(flags);
	return mod;
}

/* Moves all structures to the heap, as some generators of patches do. */
static void move_to_heap(void)
{
	struct klp_func *funcs = flaws_copy(flaws_funcs, sizeof(flaws_funcs));
	struct klp_object *objs = flaws_copy(flaws_objs, sizeof(flaws_objs));

	the_patch = flaws_copy(&flaws_patch, sizeof(flaws_patch));
	the_patch->objs = objs;
	objs[0].funcs = funcs;
	funcs[0].old_name = kstrdup(funcs[0].old_name, GFP_KERNEL);
}

/* ---- a callback that asks for operations that wait for the callback ------------- */

static struct klp_func second_funcs[] = { { } };
static struct klp_object second_objs[] = { { .funcs = second_funcs }, { } };
static struct klp_patch second_patch = { .mod = THIS_MODULE, .objs = second_objs };

static int flaws_probe_hit(struct kprobe *p, struct pt_regs *regs)
{
	return 0;
}

static void flaws_ask(const char *callback)
{
	struct kprobe probe = {
		.symbol_name = "meminfo_proc_show", .pre_handler = flaws_probe_hit,
	};
	int enabled = klp_enable_patch(&second_patch), probed = register_kprobe(&probe);

	pr_info("klp_flaws: %s: patch %d, probe %d\n", callback, enabled, probed);
	if (!probed)
		unregister_kprobe(&probe);
}

static int ask_pre_patch(struct klp_object *obj)
{
	flaws_ask("pre_patch");
	return 0;
}

static void ask_post_patch(struct klp_object *obj)
{
	flaws_ask("post_patch");
}

static void ask_pre_unpatch(struct klp_object *obj)
{
	flaws_ask("pre_unpatch");
}

static void ask_post_unpatch(struct klp_object *obj)
{
	flaws_ask("post_unpatch");
}

static void ask_in_callbacks(void)
{
	flaws_objs[0].callbacks = (struct klp_callbacks){
		.pre_patch = ask_pre_patch, .post_patch = ask_post_patch,
		.pre_unpatch = ask_pre_unpatch, .post_unpatch = ask_post_unpatch,
	};
}

#define FLAWS(F) \
	F(ask, ask_in_callbacks()) \
	F(none, (void)0) \
	F(heap, move_to_heap()) \
	F(private, fill_private()) \
	F(private_unknown, (flaws_funcs[1].old_name = "no_such_function", fill_private())) \
	F(wild_patch, the_patch = WILD(void *)) \
	F(init_patch, the_patch = &init_patch) \
	F(const_patch, the_patch = (void *)&const_patch) \
	F(other_mod, flaws_patch.mod = other_module()) \
	F(wild_mod, flaws_patch.mod = WILD(void *)) \
	F(wild_objs, flaws_patch.objs = WILD(void *)) \
	F(user_objs, flaws_patch.objs = (void *)0x400000UL) \
	F(open_objs, flaws_patch.objs = open_objs) \
	F(odd_objs, flaws_patch.objs = (void *)((char *)odd_objs + 1)) \
	F(init_objs, flaws_patch.objs = init_objs) \
	F(const_objs, flaws_patch.objs = (void *)const_objs) \
	F(wild_funcs, flaws_objs[0].funcs = WILD(void *)) \
	F(open_funcs, flaws_objs[0].funcs = open_funcs) \
	F(init_funcs, flaws_objs[0].funcs = init_funcs) \
	F(const_funcs, flaws_objs[0].funcs = (void *)const_funcs) \
	F(text_funcs, flaws_objs[0].funcs = (void *)flaws_show) \
	F(wild_states, flaws_patch.states = WILD(void *)) \
	F(open_states, flaws_patch.states = open_states) \
	F(init_states, flaws_patch.states = init_states) \
	F(twice_states, flaws_states[1].id = 1) \
	F(wild_object_name, flaws_objs[0].name = WILD(void *)) \
	F(object_name, flaws_objs[0].name = name) \
	F(second_object, (flaws_objs[1].name = name, flaws_objs[1].funcs = second_funcs)) \
	F(wild_name, flaws_funcs[0].old_name = WILD(void *)) \
	F(init_name, flaws_funcs[0].old_name = init_name) \
	F(func_name, flaws_funcs[0].old_name = name) \
	F(init_func, flaws_funcs[0].new_func = flaws_show_init) \
	F(data_func, flaws_funcs[0].new_func = flaws_bytes) \
	F(wild_func, flaws_funcs[0].new_func = WILD(void *)) \
	F(kernel_func, flaws_funcs[0].new_func = klp_shadow_get) \
	F(user_func, flaws_funcs[0].new_func = (void *)0x400000UL) \
	F(inside_func, flaws_funcs[0].new_func = (char *)flaws_show + 1) \
	F(good_callback, flaws_objs[0].callbacks.pre_patch = flaws_pre_patch) \
	F(init_callback, flaws_objs[0].callbacks.pre_patch = flaws_pre_patch_init) \
	F(data_callback, flaws_objs[0].callbacks.post_patch = (void *)flaws_bytes) \
	F(wild_callback, flaws_objs[0].callbacks.pre_unpatch = WILD(void *)) \
	F(inside_callback, flaws_objs[0].callbacks.post_unpatch = (void *)((char *)flaws_pre_patch + 1))

#define SPOIL(word, action)	static void __init spoil_##word(void) { action; }
FLAWS(SPOIL)

#define NAMED(word, action)	{ #word, spoil_##word },
static const struct {
	const char *word;
	void (*spoil)(void);
} flaws[] = { FLAWS(NAMED) };

static int __init flaws_init(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(flaws); i++) {
		if (strcmp(flaws[i].word, flaw) == 0) {
			flaws[i].spoil();
			return klp_enable_patch(the_patch);
		}
	}
	return -ESRCH;
}

static void __exit flaws_exit(void)
{
	if (the_patch == &flaws_patch)
		return;
	kfree(the_patch->objs[0].funcs[0].old_name);
	kfree(the_patch->objs[0].funcs);
	kfree(the_patch->objs);
	kfree(the_patch);
}

module_init(flaws_init);
module_exit(flaws_exit);
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
