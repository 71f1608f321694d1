/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The declarations of a module.  Compiled with -DMODULE and KBUILD_MODNAME by `make module`. */
#ifndef LINUX_MODULE_H
#define LINUX_MODULE_H

#include <neurath/module.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/stat.h>

/* In a module this is its own struct; the kernel itself has none. */
#ifdef MODULE
extern struct module __this_module;
#define THIS_MODULE	(&__this_module)
#else
#define THIS_MODULE	((struct module *)NULL)
#endif

#include <linux/moduleparam.h>

int init_module(void);
void cleanup_module(void);

/* Functions instead of aliases: some compilers for modules do not support aliases. */
#define module_init(fn) \
	int __init init_module(void) \
	{ \
		return fn(); \
	}
#define module_exit(fn) \
	void __exit cleanup_module(void) \
	{ \
		fn(); \
	}

#define MODULE_LICENSE(_license)	MODULE_INFO(license, _license)
#define MODULE_AUTHOR(_author)		MODULE_INFO(author, _author)
#define MODULE_DESCRIPTION(_text)	MODULE_INFO(description, _text)
#define MODULE_VERSION(_version)	MODULE_INFO(version, _version)
#define MODULE_ALIAS(_alias)		MODULE_INFO(alias, _alias)
#define MODULE_SOFTDEP(_dep)		MODULE_INFO(softdep, _dep)
#define MODULE_IMPORT_NS(_ns)		MODULE_INFO(import_ns, __stringify(_ns))
#define MODULE_DEVICE_TABLE(_type, _table)

#endif
