/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sha256.h - the kernel's SHA-256, for the seal of a module. */
#ifndef KLP_SHA256_H
#define KLP_SHA256_H

#include <stddef.h>

#define SHA256_BYTES	32

void sha256_of(const void *bytes, size_t size, unsigned char digest[SHA256_BYTES]);

#endif
