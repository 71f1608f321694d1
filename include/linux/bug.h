/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of a broken invariant. */
#ifndef LINUX_BUG_H
#define LINUX_BUG_H

#include <neurath/bug.h>

#endif
