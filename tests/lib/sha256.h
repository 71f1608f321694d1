/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.h - a second SHA-256, written from the standard, for short messages in tests.  It computes its
 * constants, so that a wrong constant in the kernel's table is found.
 */
#ifndef TESTS_SHA256_H
#define TESTS_SHA256_H

#include <stdint.h>
#include <string.h>

static inline uint32_t sha_turn(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* The first 32 bits of the fraction of the square or cube root of the @n-th prime. */
static inline uint32_t sha_constant(int n, int power)
{
	unsigned prime = 1, divisor;
	uint64_t root = 0;

	while (n >= 0) {
		prime++;
		for (divisor = 2; prime % divisor; divisor++)
			;
		n -= divisor == prime;
	}
	/* The largest root whose power is not above the prime; the root is in units of 2^-32. */
	for (uint64_t bit = 1ULL << 36; bit; bit >>= 1) {
		unsigned __int128 x = root | bit, product = power == 3 ? x * x * x : x * x;

		if (product <= (unsigned __int128)prime << 32 * power)
			root |= bit;
	}
	return (uint32_t)root;
}

static inline void sha_block(uint32_t h[8], const uint32_t k[64], const unsigned char *at)
{
	uint32_t w[64], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], i = h[7];

	for (int t = 0; t < 64; t++) {
		uint32_t one, two;

		if (t < 16)
			w[t] = (uint32_t)at[4 * t] << 24 | at[4 * t + 1] << 16 | at[4 * t + 2] << 8 | at[4 * t + 3];
		else
			w[t] = w[t - 16] + w[t - 7] +
			       (sha_turn(w[t - 15], 7) ^ sha_turn(w[t - 15], 18) ^ w[t - 15] >> 3) +
			       (sha_turn(w[t - 2], 17) ^ sha_turn(w[t - 2], 19) ^ w[t - 2] >> 10);
		one = i + (sha_turn(e, 6) ^ sha_turn(e, 11) ^ sha_turn(e, 25)) + ((e & f) ^ (~e & g)) + k[t] + w[t];
		two = (sha_turn(a, 2) ^ sha_turn(a, 13) ^ sha_turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		i = g, g = f, f = e, e = d + one, d = c, c = b, b = a, a = one + two;
	}
	h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e, h[5] += f, h[6] += g, h[7] += i;
}

static inline void sha_of(const void *bytes, size_t size, unsigned char digest[32])
{
	static uint32_t k[64], start[8];
	unsigned char block[64];
	uint32_t h[8];

	for (int i = 0; !k[63] && i < 64; i++) {
		if (i < 8)
			start[i] = sha_constant(i, 2);
		k[i] = sha_constant(i, 3);
	}
	memcpy(h, start, sizeof(h));
	/* Each byte of the padded message. */
	for (size_t at = 0, end = (size + 9 + 63) / 64 * 64; at < end; at++) {
		block[at % 64] = at < size ? ((const unsigned char *)bytes)[at] : at == size ? 0x80 :
				 at < end - 8 ? 0 : (unsigned char)((uint64_t)size * 8 >> 8 * (end - 1 - at));
		if (at % 64 == 63)
			sha_block(h, k, block);
	}
	for (int i = 0; i < 32; i++)
		digest[i] = (unsigned char)(h[i / 4] >> (24 - i % 4 * 8));
}

#endif
