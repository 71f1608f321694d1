/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stdint.h - integers of known width, for the compiler in the guest. */
#ifndef KLPCC_STDINT_H
#define KLPCC_STDINT_H

typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long uint64_t;
typedef long intptr_t;
typedef unsigned long uintptr_t;

#define INT32_MAX	__INT_MAX__
#define INT32_MIN	(-INT32_MAX - 1)
#define INT64_MAX	__LONG_MAX__
#define INT64_MIN	(-INT64_MAX - 1)
#define UINT8_MAX	255
#define UINT16_MAX	65535
#define UINT32_MAX	0xffffffffU
#define UINT64_MAX	0xffffffffffffffffUL
#define UINTPTR_MAX	UINT64_MAX
#define SIZE_MAX	UINT64_MAX

#endif
