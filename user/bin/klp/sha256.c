/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.c - the kernel's SHA-256, for the seal of a module: the same file, which is plain
 * computation.
 */
#include <string.h>

#undef __always_inline
#undef __unused
#define NEURATH_STRING_H	/* the C library's functions do */
#include "../../../kernel/lib/sha256.c"
#include "sha256.h"

void sha256_of(const void *bytes, size_t size, unsigned char digest[SHA256_BYTES])
{
	sha256(bytes, size, digest);
}
