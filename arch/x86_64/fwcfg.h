/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the emulator's firmware configuration, see fwcfg.c. */
#ifndef ARCH_X86_64_FWCFG_H
#define ARCH_X86_64_FWCFG_H

#include <neurath/types.h>

/* Finds out whether there is one (boot CPU, once). */
void fwcfg_init(void);
bool fwcfg_present(void);
/* Item @name into @buf, at most @size bytes: how many, or -ENOENT.  Boot CPU, before SMP. */
ssize_t fwcfg_read_early(const char *name, char *buf, size_t size);

#endif
