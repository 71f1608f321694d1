/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loader. */
#ifndef LINUX_MODULELOADER_H
#define LINUX_MODULELOADER_H

#include <linux/module.h>

#endif
