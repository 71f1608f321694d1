/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error numbers for modules. */
#ifndef LINUX_ERRNO_H
#define LINUX_ERRNO_H

#include <neurath/errno.h>

#endif
