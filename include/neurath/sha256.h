/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4) of bytes in memory. */
#ifndef NEURATH_SHA256_H
#define NEURATH_SHA256_H

#include <neurath/types.h>

#define SHA256_SIZE	32

/* (any) */
void sha256(const void *data, size_t n, u8 digest[SHA256_SIZE]);

#endif
