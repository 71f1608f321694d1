/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Basic types under the names that Linux modules use. */
#ifndef LINUX_TYPES_H
#define LINUX_TYPES_H

#include <neurath/list.h>
#include <neurath/types.h>
#include <neurath/atomic.h>

/* A type, not a macro: macros of modules paste the word (param_ops_bool). */
#undef bool
typedef _Bool bool;

typedef u8 __u8, u_int8_t;
typedef u16 __u16, u_int16_t;
typedef u32 __u32, u_int32_t;
typedef u64 __u64, u_int64_t;
typedef s8 __s8;
typedef s16 __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef unsigned char u_char, uchar;
typedef unsigned short u_short, ushort;
typedef unsigned int u_int, uint;
typedef unsigned long u_long, ulong;
typedef atomic_long_t atomic64_t;
typedef unsigned long sector_t;
typedef unsigned long pgoff_t;
typedef u64 dma_addr_t;
typedef u32 dev_t;

#endif
