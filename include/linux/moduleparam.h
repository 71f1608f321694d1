/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of modules: insmod name.ko value=1, and /sys/module/NAME/parameters/value. */
#ifndef LINUX_MODULEPARAM_H
#define LINUX_MODULEPARAM_H

#include <neurath/module_param.h>
#include <linux/init.h>
#include <linux/stat.h>
#include <linux/stringify.h>
#include <linux/types.h>

/* "key=value" in the module's section .modinfo. */
#define MODULE_INFO(_tag, _info) \
	static const char __unique_id(__modinfo_##_tag)[] __used __section(".modinfo") \
		__aligned(1) = __stringify(_tag) "=" _info
#define MODULE_PARM_DESC(_parm, _desc) \
	MODULE_INFO(parm, #_parm ":" _desc)
#define __MODULE_PARM_TYPE(_name, _type) \
	MODULE_INFO(parmtype, #_name ":" _type)

#define __module_param_call(param, operations, argument, permissions) \
	static const struct kernel_param __param_##param __used __section("__param") \
		__aligned(8) = { \
		.name = #param, .mod = THIS_MODULE, .ops = operations, .perm = permissions, \
		argument }
#define module_param_cb(name, operations, argument, permissions) \
	__module_param_call(name, operations, .arg = argument, permissions)

/* A type error here means that the variable does not have the type of the parameter. */
#define param_check(name, variable, type) \
	static inline type *__unused __check_##name(void) { return &(variable); }
#define param_check_byte(name, p)	param_check(name, p, unsigned char)
#define param_check_short(name, p)	param_check(name, p, short)
#define param_check_ushort(name, p)	param_check(name, p, unsigned short)
#define param_check_int(name, p)	param_check(name, p, int)
#define param_check_uint(name, p)	param_check(name, p, unsigned int)
#define param_check_long(name, p)	param_check(name, p, long)
#define param_check_ulong(name, p)	param_check(name, p, unsigned long)
#define param_check_ullong(name, p)	param_check(name, p, unsigned long long)
#define param_check_bool(name, p)	param_check(name, p, bool)
#define param_check_invbool(name, p)	param_check(name, p, bool)
#define param_check_charp(name, p)	param_check(name, p, char *)

#define module_param_named(name, value, type, permissions) \
	param_check_##type(name, value) \
	__module_param_call(name, &param_ops_##type, .arg = &(value), permissions); \
	__MODULE_PARM_TYPE(name, #type)
#define module_param(name, type, permissions) \
	module_param_named(name, name, type, permissions)
#define module_param_string(name, text, len, permissions) \
	static const struct kparam_string __param_string_##name = { len, text }; \
	__module_param_call(name, &param_ops_string, .str = &__param_string_##name, permissions); \
	__MODULE_PARM_TYPE(name, "string")
#define module_param_array_named(name, array, type, count, permissions) \
	param_check_##type(name, (array)[0]) \
	static const struct kparam_array __param_arr_##name = { \
		.max = ARRAY_SIZE(array), .elemsize = sizeof((array)[0]), \
		.num = (unsigned int *)(count), .ops = &param_ops_##type, .elem = array }; \
	__module_param_call(name, &param_array_ops, .arr = &__param_arr_##name, permissions); \
	__MODULE_PARM_TYPE(name, "array of " #type)
#define module_param_array(name, type, count, permissions) \
	module_param_array_named(name, name, type, count, permissions)

#endif
