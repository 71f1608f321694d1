/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes for the kernel and for users (getrandom, /dev/random): one ChaCha20 generator with
 * key erasure, seeded by RDRAND if the CPU has it, and always by time-stamp jitter.
 */
#ifndef NEURATH_RANDOM_H
#define NEURATH_RANDOM_H

#include <neurath/types.h>

void random_init(void);			/* once, before the first user process */
/* Fills @buf; cannot fail and does not wait. (irq) */
void random_bytes(void *buf, size_t n);
/* Mixes @n bytes in (writes to /dev/random, interrupt times). (irq) */
void random_add(const void *data, size_t n);
/* 64 bits that are hard to guess, from the CPU: arch/x86_64/process.c. */
u64 arch_random_seed(void);

#endif
