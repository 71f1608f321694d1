/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of addresses. */
#ifndef LINUX_KALLSYMS_H
#define LINUX_KALLSYMS_H

#include <neurath/ksyms.h>
#include <neurath/module.h>

#endif
