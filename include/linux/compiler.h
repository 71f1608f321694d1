/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiler attributes under the names that Linux modules use. */
#ifndef LINUX_COMPILER_H
#define LINUX_COMPILER_H

#include <neurath/compiler.h>

#define __maybe_unused		__unused
#define __always_unused		__unused
#define __visible
#define __cold			__attribute__((cold))
#define __malloc		__attribute__((malloc))
#define __attribute_const__	__attribute__((const))
#define __pure			__attribute__((pure))
#define __kprobes		notrace
#define __force
#define __iomem
#define __percpu
#define __rcu
#define __read_mostly
#define __ro_after_init
#define __latent_entropy
#define asmlinkage
#define fallthrough		__attribute__((fallthrough))
#define __same_type(a, b)	__builtin_types_compatible_p(typeof(a), typeof(b))
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)

#endif
