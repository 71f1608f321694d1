/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of module parameters, and setting parameters from the load line.
 *
 * A parameter changes under param_mutex: from the load line before init runs, or later through
 * /sys/module/NAME/parameters (sysfs.c).  The module reads it without a lock.
 */
#include <neurath/module_param.h>
#include <neurath/mm.h>
#include "internal.h"

DEFINE_MUTEX_RANK(param_mutex, RANK_MODULE);

/* ---- numbers --------------------------------------------------------------------- */

static int param_parse_signed(const char *val, long lo, long hi, long *out)
{
	int error = val ? kstrtol(val, 0, out) : -EINVAL;

	return error ? error : (*out < lo || *out > hi) ? -ERANGE : 0;
}

static int param_parse_unsigned(const char *val, unsigned long hi, unsigned long *out)
{
	int error = val ? kstrtoul(val, 0, out) : -EINVAL;

	return error ? error : *out > hi ? -ERANGE : 0;
}

#define PARAM_SIGNED(name, type, lo, hi, fmt) \
int param_set_##name(const char *val, const struct kernel_param *kp) \
{ \
	long v; \
	int error = param_parse_signed(val, lo, hi, &v); \
	if (!error) \
		*(type *)kp->arg = v; \
	return error; \
} \
int param_get_##name(char *buffer, const struct kernel_param *kp) \
{ \
	return scnprintf(buffer, PAGE_SIZE, fmt "\n", *(type *)kp->arg); \
} \
const struct kernel_param_ops param_ops_##name = { \
	.set = param_set_##name, .get = param_get_##name }; \
EXPORT_SYMBOL(param_set_##name); \
EXPORT_SYMBOL(param_get_##name); \
EXPORT_SYMBOL(param_ops_##name)

#define PARAM_UNSIGNED(name, type, hi, fmt) \
int param_set_##name(const char *val, const struct kernel_param *kp) \
{ \
	unsigned long v; \
	int error = param_parse_unsigned(val, hi, &v); \
	if (!error) \
		*(type *)kp->arg = v; \
	return error; \
} \
int param_get_##name(char *buffer, const struct kernel_param *kp) \
{ \
	return scnprintf(buffer, PAGE_SIZE, fmt "\n", *(type *)kp->arg); \
} \
const struct kernel_param_ops param_ops_##name = { \
	.set = param_set_##name, .get = param_get_##name }; \
EXPORT_SYMBOL(param_set_##name); \
EXPORT_SYMBOL(param_get_##name); \
EXPORT_SYMBOL(param_ops_##name)

PARAM_UNSIGNED(byte, unsigned char, 0xff, "%u");
PARAM_SIGNED(short, short, -0x8000, 0x7fff, "%d");
PARAM_UNSIGNED(ushort, unsigned short, 0xffff, "%u");
PARAM_SIGNED(int, int, -0x80000000L, 0x7fffffff, "%d");
PARAM_UNSIGNED(uint, unsigned int, 0xffffffff, "%u");
PARAM_SIGNED(long, long, -0x7fffffffffffffffL - 1, 0x7fffffffffffffffL, "%ld");
PARAM_UNSIGNED(ulong, unsigned long, 0xffffffffffffffffUL, "%lu");
PARAM_UNSIGNED(ullong, unsigned long long, 0xffffffffffffffffUL, "%llu");

/* ---- booleans ----------------------------------------------------------------------- */

int param_set_bool(const char *val, const struct kernel_param *kp)
{
	return kstrtobool(val ? val : "1", kp->arg);
}
EXPORT_SYMBOL(param_set_bool);

int param_get_bool(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'Y' : 'N');
}
EXPORT_SYMBOL(param_get_bool);

const struct kernel_param_ops param_ops_bool = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG, .set = param_set_bool, .get = param_get_bool };
EXPORT_SYMBOL(param_ops_bool);

int param_set_invbool(const char *val, const struct kernel_param *kp)
{
	bool v;
	int error = kstrtobool(val ? val : "1", &v);

	if (!error)
		*(bool *)kp->arg = !v;
	return error;
}
EXPORT_SYMBOL(param_set_invbool);

int param_get_invbool(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%c\n", *(bool *)kp->arg ? 'N' : 'Y');
}
EXPORT_SYMBOL(param_get_invbool);

const struct kernel_param_ops param_ops_invbool = {
	.set = param_set_invbool, .get = param_get_invbool };
EXPORT_SYMBOL(param_ops_invbool);

/* ---- text --------------------------------------------------------------------------- */

/*
 * A string parameter points to the module's own default until it is set, and to a copy made here
 * afterwards.  The copies are on a list, so that only copies are freed.
 */
struct param_string {
	struct list_head node;
	char text[];
};
static LIST_HEAD(param_strings);	/* param_mutex */

static void param_free_charp(void *arg)
{
	char **value = arg;
	struct param_string *s;

	list_for_each_entry(s, &param_strings, node) {
		if (s->text == *value) {
			list_del(&s->node);
			kfree(s);
			*value = NULL;
			return;
		}
	}
}

int param_set_charp(const char *val, const struct kernel_param *kp)
{
	struct param_string *s;
	size_t n = val ? strlen(val) : 0;

	if (!val)
		return -EINVAL;
	if (n > 1024)
		return -ENOSPC;
	s = kmalloc(sizeof(*s) + n + 1, GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	memcpy(s->text, val, n + 1);
	param_free_charp(kp->arg);
	list_add(&s->node, &param_strings);
	*(char **)kp->arg = s->text;
	return 0;
}
EXPORT_SYMBOL(param_set_charp);

int param_get_charp(char *buffer, const struct kernel_param *kp)
{
	const char *value = *(char **)kp->arg;

	return scnprintf(buffer, PAGE_SIZE, "%s\n", value ? value : "(null)");
}
EXPORT_SYMBOL(param_get_charp);

const struct kernel_param_ops param_ops_charp = {
	.set = param_set_charp, .get = param_get_charp, .free = param_free_charp };
EXPORT_SYMBOL(param_ops_charp);

int param_set_copystring(const char *val, const struct kernel_param *kp)
{
	const struct kparam_string *s = kp->str;

	if (!val)
		return -EINVAL;
	return strscpy(s->string, val, s->maxlen) < 0 ? -ENOSPC : 0;
}
EXPORT_SYMBOL(param_set_copystring);

int param_get_string(char *buffer, const struct kernel_param *kp)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", kp->str->string);
}
EXPORT_SYMBOL(param_get_string);

const struct kernel_param_ops param_ops_string = {
	.set = param_set_copystring, .get = param_get_string };
EXPORT_SYMBOL(param_ops_string);

/* ---- arrays: values between commas ------------------------------------------------------ */

static struct kernel_param param_array_element(const struct kernel_param *kp, unsigned int i)
{
	struct kernel_param element = *kp;

	element.ops = kp->arr->ops;
	element.arg = (char *)kp->arr->elem + (size_t)kp->arr->elemsize * i;
	return element;
}

int param_array_set(const char *val, const struct kernel_param *kp)
{
	const struct kparam_array *arr = kp->arr;
	unsigned int count = 0;
	char *copy, *at;
	int error = 0;

	if (!val)
		return -EINVAL;
	copy = kstrdup(val, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	at = copy;
	for (char *comma = at; !error && comma; at = comma + 1) {
		struct kernel_param element;

		comma = strchr(at, ',');
		if (comma)
			*comma = '\0';
		if (count == arr->max) {
			error = -EINVAL;
			break;
		}
		element = param_array_element(kp, count++);
		error = element.ops->set(at, &element);
	}
	kfree(copy);
	if (!error && arr->num)
		*arr->num = count;
	return error;
}

int param_array_get(char *buffer, const struct kernel_param *kp)
{
	const struct kparam_array *arr = kp->arr;
	unsigned int count = arr->num ? *arr->num : arr->max;
	int len = 0;
	char *one = kmalloc(PAGE_SIZE, GFP_KERNEL);

	if (!one)
		return -ENOMEM;
	for (unsigned int i = 0; i < count && i < arr->max; i++) {
		struct kernel_param element = param_array_element(kp, i);
		int n = element.ops->get(one, &element);

		if (n < 0 || len + n >= (int)PAGE_SIZE)
			break;
		if (len)
			buffer[len - 1] = ',';
		memcpy(buffer + len, one, n);
		len += n;
	}
	buffer[len] = '\0';
	kfree(one);
	return len;
}

static void param_array_free(void *arg)
{
	const struct kparam_array *arr = arg;

	if (!arr->ops->free)
		return;
	for (unsigned int i = 0; i < (arr->num ? *arr->num : arr->max); i++)
		arr->ops->free((char *)arr->elem + (size_t)arr->elemsize * i);
}

const struct kernel_param_ops param_array_ops = {
	.set = param_array_set, .get = param_array_get, .free = param_array_free };
EXPORT_SYMBOL(param_array_ops);

/* ---- the parameters of a module ------------------------------------------------------------ */

/* The module is UNFORMED, so no other task uses its memory yet. */
static bool param_fn_is_good(const struct module *mod, const void *fn)
{
	return !fn || module_memory_is_text(&mod->core, (unsigned long)fn) ||
	       handed_function(fn, NULL);
}

static bool param_is_good(const struct module *mod, const struct kernel_param *p)
{
	const bool own = module_memory_holds(&mod->core, (unsigned long)p->ops, sizeof(*p->ops));
	struct handed look;

	handed_look(p->ops, &look);
	if (!own && (look.place == HANDED_INIT || look.room < sizeof(*p->ops)))
		return false;
	if (!param_fn_is_good(mod, p->ops->set) || !param_fn_is_good(mod, p->ops->get) ||
	    !param_fn_is_good(mod, p->ops->free))
		return false;
	/* A variable in init memory can be neither read nor freed later. */
	if (module_memory_holds(&mod->init_mem, (unsigned long)p->arg, 1))
		return !p->perm && !p->ops->free;
	if (module_memory_holds(&mod->core, (unsigned long)p->arg, 1))
		return true;
	/* Only a module's own operations may have no variable. */
	handed_look(p->arg, &look);
	return p->arg ? look.room && look.place != HANDED_INIT : own;
}

int module_check_params(struct module *mod, const char **name)
{
	for (unsigned int i = 0; i < mod->num_params; i++) {
		const struct kernel_param *p = &mod->params[i];

		*name = module_owns_string(mod, p->name) ? p->name : "?";
		if (**name != '?' && param_is_good(mod, p))
			continue;
		/* No operation may be called, not even to free a value. */
		mod->num_params = 0;
		return -ENOEXEC;
	}
	return 0;
}

static bool param_name_equal(const char *a, const char *b)
{
	for (; *a || *b; a++, b++) {
		char ca = *a == '-' ? '_' : *a, cb = *b == '-' ? '_' : *b;

		if (ca != cb)
			return false;
	}
	return true;
}

static int module_set_param(void *ctx, char *name, char *value)
{
	struct module *mod = ctx;

	for (unsigned int i = 0; i < mod->num_params; i++) {
		const struct kernel_param *p = &mod->params[i];
		int error = -EINVAL;

		if (!param_name_equal(p->name, name))
			continue;
		mutex_lock(&param_mutex);
		if (value || (p->ops->flags & KERNEL_PARAM_OPS_FL_NOARG))
			error = p->ops->set ? p->ops->set(value, p) : -EPERM;
		mutex_unlock(&param_mutex);
		return error == -ENOENT ? -EINVAL : error;
	}
	return -ENOENT;
}

int module_parse_params(struct module *mod)
{
	return args_parse(mod->name, mod->args, module_set_param, mod);
}

void module_free_params(struct module *mod)
{
	mutex_lock(&param_mutex);
	for (unsigned int i = 0; i < mod->num_params; i++) {
		if (mod->params[i].ops->free)
			mod->params[i].ops->free(mod->params[i].arg);
	}
	mutex_unlock(&param_mutex);
}
