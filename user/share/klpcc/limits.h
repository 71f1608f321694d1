/* SPDX-License-Identifier: GPL-2.0-or-later */
/* limits.h - the widths of integers, for the compiler in the guest. */
#ifndef KLPCC_LIMITS_H
#define KLPCC_LIMITS_H

#define CHAR_BIT	8
#define SCHAR_MAX	127
#define UCHAR_MAX	255
#define SHRT_MAX	32767
#define USHRT_MAX	65535

#endif
