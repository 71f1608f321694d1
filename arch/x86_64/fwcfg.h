/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to arch/x86_64: the emulator's firmware configuration, see fwcfg.c. */
#ifndef ARCH_X86_64_FWCFG_H
#define ARCH_X86_64_FWCFG_H

#include <neurath/types.h>

/* Detects the device (boot CPU, once). */
void fwcfg_init(void);
bool fwcfg_present(void);

#endif
