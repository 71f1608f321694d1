/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stdbool.h - for the compiler in the guest. */
#ifndef KLPCC_STDBOOL_H
#define KLPCC_STDBOOL_H

#define bool	_Bool
#define true	1
#define false	0

#endif
