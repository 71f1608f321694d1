/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handlers that run when a function is entered. */
#ifndef LINUX_KPROBES_H
#define LINUX_KPROBES_H

#include <neurath/kprobe.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#define NOKPROBE_SYMBOL(function)

#endif
