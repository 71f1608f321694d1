/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seed of the random generator: the processor's random numbers, and timing jitter. */
#include <neurath/arch.h>
#include <neurath/random.h>
#include "x86.h"

#define CPUID1_ECX_RDRAND	BIT(30)
#define RDRAND_TRIES		10

static bool rdrand64(u64 *out)
{
	for (unsigned i = 0; i < RDRAND_TRIES; i++) {
		bool ok;

		asm volatile("rdrand %0; setc %1" : "=r"(*out), "=qm"(ok) : : "cc");
		if (ok)
			return true;
	}
	return false;
}

/* The same operations take memory and pipeline a slightly different time at each run. */
static u64 seed_from_jitter(void)
{
	u64 x = 0, before = read_tsc();

	for (unsigned i = 0; i < 64; i++) {
		u64 now;

		smp_mb();
		now = read_tsc();
		x = (x << 1 | x >> 63) ^ (now - before);
		before = now;
	}
	return x ^ before;
}

u64 arch_random_seed(void)
{
	u64 seed = seed_from_jitter(), hardware;

	if ((cpuid(1, 0).ecx & CPUID1_ECX_RDRAND) && rdrand64(&hardware))
		seed ^= hardware;
	return seed;
}
