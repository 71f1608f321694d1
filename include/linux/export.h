/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EXPORT_SYMBOL: symbols for other modules. */
#ifndef LINUX_EXPORT_H
#define LINUX_EXPORT_H

#include <neurath/export.h>

#define EXPORT_SYMBOL_NS(sym, ns)	EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_NS_GPL(sym, ns)	EXPORT_SYMBOL(sym)

#endif
