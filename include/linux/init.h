/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions and data that are needed only until a module is loaded, or only to unload it. */
#ifndef LINUX_INIT_H
#define LINUX_INIT_H

#include <linux/compiler.h>

#define __initconst	__section(".init.rodata")
#define __exit		__section(".exit.text") notrace
#define __exitdata	__section(".exit.data")
#define __exit_p(x)	(x)

#endif
