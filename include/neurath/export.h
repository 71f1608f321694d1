/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols that loadable modules may use.  An export is an entry of the linker set "export", in
 * the kernel as in a module.  A module that uses an export of another module has a reference on
 * that module.  Licences are not distinguished: the two macros are the same.
 */
#ifndef NEURATH_EXPORT_H
#define NEURATH_EXPORT_H

#include <neurath/compiler.h>

struct kernel_symbol {
	const void *address;
	const char *name;
};

#define EXPORT_SYMBOL(sym) \
	SET_ENTRY(export, struct kernel_symbol, __export_##sym) = { \
		(const void *)&(sym), #sym }
#define EXPORT_SYMBOL_GPL(sym)	EXPORT_SYMBOL(sym)

#endif
