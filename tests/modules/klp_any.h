/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body of klp_any, klp_any2, klp_any3 and klp_any4: a patch that its parameters
 * describe.
 *
 *	objs=OBJECT:FUNC,FUNC/POS;OBJECT:	objects, each with its functions; vmlinux = the kernel
 *	value=N		what the new functions return
 *	replace=1	a replacing patch
 *	states=ID/VERSION,ID/VERSION
 *	callbacks=1	each object has all callbacks, which write to the log
 *	fail=OBJECT error=N	pre_patch of OBJECT returns N
 *	hold=OBJECT	pre_patch of OBJECT sleeps until 0 is written to wait
 *	wait=1		the new version of a function whose name contains "block" sleeps
 *			until 0 is written to the parameter
 *	flaw=WORD	a mistake of the module; the kernel must refuse most of them: see any_spoil()
 *	again		(writing) calls klp_enable_patch() again
 *
 * The modinfo entry "origin" reserves space for other entries, which klp_origin.c writes into the file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>

#define ANY_OBJECTS	4
#define ANY_FUNCS	6
#define ANY_STATES	4

static char objs[256] = "vmlinux:version_proc_show";
module_param_string(objs, objs, sizeof(objs), 0444);
static char states[64];
module_param_string(states, states, sizeof(states), 0444);
static char *fail = "", *flaw = "", *hold = "";
module_param(fail, charp, 0444);
module_param(flaw, charp, 0444);
module_param(hold, charp, 0444);
static int value = 100, error;
module_param(value, int, 0444);
module_param(error, int, 0644);
static bool replace, callbacks;
module_param(replace, bool, 0444);
module_param(callbacks, bool, 0444);

static char any_text[sizeof(objs)];
static struct klp_func any_funcs[ANY_OBJECTS][ANY_FUNCS + 1];
static struct klp_object any_objs[ANY_OBJECTS + 1];
static struct klp_state any_states[ANY_STATES + 1];
static struct klp_patch any_patch = { .mod = THIS_MODULE, .objs = any_objs };

/* ---- the new functions ----------------------------------------------------------- */

static int wait;
static DECLARE_WAIT_QUEUE_HEAD(any_queue);

static int any_set_wait(const char *text, const struct kernel_param *kp)
{
	int result = param_set_int(text, kp);

	wake_up_all(&any_queue);
	return result;
}

static const struct kernel_param_ops any_wait_ops = { .set = any_set_wait, .get = param_get_int };
module_param_cb(wait, &any_wait_ops, &wait, 0644);

static noinline int any_new(void)
{
	return value;
}

static noinline int any_new_block(void)
{
	if (wait_event_interruptible(any_queue, !READ_ONCE(wait)))
		return -ERESTARTSYS;
	return value;
}

/* ---- callbacks ---------------------------------------------------------------------- */

static void any_tell(const char *callback, const struct klp_object *obj)
{
	static const char *const module_states[] = {
		[MODULE_STATE_LIVE] = " live", [MODULE_STATE_COMING] = " coming",
		[MODULE_STATE_GOING] = " going", [MODULE_STATE_UNFORMED] = " unformed",
	};

	if (callbacks)
		pr_info("%s %s%s\n", callback, obj->name ? obj->name : "vmlinux",
			obj->mod ? module_states[obj->mod->state] : "");
}

/* Logs what the patch takes over from older patches: the version of each state, and a counter in the state's data. */
static void any_tell_states(void)
{
	for (struct klp_state *state = any_states; state->id; state++) {
		struct klp_state *older = klp_get_prev_state(state->id);

		if (older)
			pr_info("state %lu from version %u, data %ld\n", state->id, older->version,
				(long)older->data);
		else
			pr_info("state %lu is new\n", state->id);
		state->data = (void *)((older ? (long)older->data : 0) + 1);
	}
}

static int any_pre_patch(struct klp_object *obj)
{
	any_tell("pre_patch", obj);
	any_tell_states();
	if (strcmp(hold, obj->name ? obj->name : "vmlinux") == 0)
		wait_event(any_queue, !READ_ONCE(wait));
	return strcmp(fail, obj->name ? obj->name : "vmlinux") == 0 ? error : 0;
}

static void any_post_patch(struct klp_object *obj)
{
	any_tell("post_patch", obj);
}

static void any_pre_unpatch(struct klp_object *obj)
{
	any_tell("pre_unpatch", obj);
}

static void any_post_unpatch(struct klp_object *obj)
{
	any_tell("post_unpatch", obj);
}

static const struct klp_callbacks any_callbacks = {
	.pre_patch = any_pre_patch,
	.post_patch = any_post_patch,
	.pre_unpatch = any_pre_unpatch,
	.post_unpatch = any_post_unpatch,
};

/* ---- from the parameters to the structures --------------------------------------------- */

/* Ends the word at @at with a NUL. Returns the text after the separator, or NULL. */
static char *any_cut(char *at, char separator)
{
	char *end = strchr(at, separator);

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static void any_describe_func(struct klp_func *func, char *name)
{
	char *position = any_cut(name, '/');

	*func = (struct klp_func){
		.old_name = name,
		.new_func = strstr(name, "block") ? (void *)any_new_block : (void *)any_new,
	};
	if (position && kstrtoul(position, 10, &func->old_sympos))
		func->old_sympos = ULONG_MAX;
}

static void any_describe_object(unsigned int n, char *name)
{
	char *func = any_cut(name, ':');

	any_objs[n].name = strcmp(name, "vmlinux") == 0 ? NULL : name;
	any_objs[n].funcs = any_funcs[n];
	if (callbacks || *states || *fail || *hold)
		any_objs[n].callbacks = any_callbacks;
	for (unsigned int i = 0; func && *func && i < ANY_FUNCS; i++) {
		char *next = any_cut(func, ',');

		any_describe_func(&any_funcs[n][i], func);
		func = next;
	}
}

static int any_describe_state(struct klp_state *state, char *text)
{
	char *version = any_cut(text, '/');

	if (!version || kstrtoul(text, 10, &state->id))
		return -EINVAL;
	return kstrtouint(version, 10, &state->version);
}

static int any_describe(void)
{
	char *object = any_text, *state = states;
	int result = 0;

	strscpy(any_text, objs, sizeof(any_text));
	for (unsigned int n = 0; object && *object && n < ANY_OBJECTS; n++) {
		char *next = any_cut(object, ';');

		any_describe_object(n, object);
		object = next;
	}
	for (unsigned int n = 0; state && *state && n < ANY_STATES && !result; n++) {
		char *next = any_cut(state, ',');

		result = any_describe_state(&any_states[n], state);
		state = next;
	}
	any_patch.states = *states ? any_states : NULL;
	any_patch.replace = replace;
	return result;
}

/* ---- mistakes ----------------------------------------------------------------------- */

static char any_long[KSYM_NAME_LEN + 1];

static const char *any_long_name(unsigned int length)
{
	memset(any_long, 'x', length);
	any_long[length] = '\0';
	return any_long;
}

static void any_spoil(void)
{
	if (strcmp(flaw, "no-mod") == 0)
		any_patch.mod = NULL;
	else if (strcmp(flaw, "no-objs") == 0)
		any_patch.objs = NULL;
	else if (strcmp(flaw, "no-funcs") == 0)
		any_objs[0] = (struct klp_object){ .name = "klp_target" };
	else if (strcmp(flaw, "no-new-func") == 0)
		any_funcs[0][0].new_func = NULL;
	else if (strcmp(flaw, "no-old-name") == 0)
		any_funcs[0][0].old_name = NULL;
	else if (strcmp(flaw, "long-func") == 0)
		any_funcs[0][0].old_name = any_long_name(KSYM_NAME_LEN);
	else if (strcmp(flaw, "long-object") == 0)
		any_objs[0].name = any_long_name(MODULE_NAME_LEN);
	else if (strcmp(flaw, "new-inside") == 0)
		any_funcs[0][0].new_func = (char *)any_new + 1;
	else if (strcmp(flaw, "early-state") == 0)
		any_tell_states();
}

/* A second patch in the same module: its directory would have the same name. */
static int any_enable_other(void)
{
	static struct klp_func funcs[] = {
		{ .old_name = "meminfo_proc_show", .new_func = any_new }, { }
	};
	static struct klp_object objects[] = { { .funcs = funcs }, { } };
	static struct klp_patch other = { .mod = THIS_MODULE, .objs = objects };

	return klp_enable_patch(&other);
}

static int any_set_again(const char *text, const struct kernel_param *kp)
{
	return strncmp(text, "other", 5) == 0 ? any_enable_other() : klp_enable_patch(&any_patch);
}

static const struct kernel_param_ops any_again_ops = { .set = any_set_again };
module_param_cb(again, &any_again_ops, NULL, 0200);

static int __init any_init(void)
{
	int result = any_describe();

	if (result)
		return result;
	any_spoil();
	if (strcmp(flaw, "null") == 0)
		return klp_enable_patch(NULL);
	return klp_enable_patch(&any_patch);
}

static void __exit any_exit(void)
{
}

module_init(any_init);
module_exit(any_exit);
MODULE_LICENSE("GPL");
#define ANY_ROOM	"................................................................"
MODULE_INFO(origin, ANY_ROOM ANY_ROOM ANY_ROOM ANY_ROOM);
#ifndef ANY_UNMARKED
MODULE_INFO(livepatch, "Y");
#endif
