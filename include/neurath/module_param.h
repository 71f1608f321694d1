/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types of module parameters: kernel/module/params.c.  Each has a set function (text to
 * value: 0, -EINVAL, -ERANGE, -ENOSPC, -ENOMEM) and a get function (value to text with a newline;
 * returns its length).  Both are called with param_mutex held.
 */
#ifndef NEURATH_MODULE_PARAM_H
#define NEURATH_MODULE_PARAM_H

#include <neurath/module.h>

extern struct mutex param_mutex;

#define PARAM_TYPE(name) \
	extern const struct kernel_param_ops param_ops_##name; \
	int param_set_##name(const char *val, const struct kernel_param *kp); \
	int param_get_##name(char *buffer, const struct kernel_param *kp)
PARAM_TYPE(byte);
PARAM_TYPE(short);
PARAM_TYPE(ushort);
PARAM_TYPE(int);
PARAM_TYPE(uint);
PARAM_TYPE(long);
PARAM_TYPE(ulong);
PARAM_TYPE(ullong);
PARAM_TYPE(bool);
PARAM_TYPE(invbool);
PARAM_TYPE(charp);		/* after it was set the value points to a copy */

extern const struct kernel_param_ops param_ops_string;	/* kp->str */
int param_set_copystring(const char *val, const struct kernel_param *kp);
int param_get_string(char *buffer, const struct kernel_param *kp);
extern const struct kernel_param_ops param_array_ops;	/* kp->arr */
int param_array_set(const char *val, const struct kernel_param *kp);
int param_array_get(char *buffer, const struct kernel_param *kp);

#endif
