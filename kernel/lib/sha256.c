/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256: pure computation, tested on the host (tests/host/lib_sha256.c). */
#include <neurath/sha256.h>
#include <neurath/string.h>

#define SHA256_BLOCK	64

static const u32 sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

static u32 sha256_rotate(u32 x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void sha256_schedule(const u8 *block, u32 w[64])
{
	for (unsigned i = 0; i < 16; i++)
		w[i] = (u32)block[4 * i] << 24 | (u32)block[4 * i + 1] << 16 |
		       (u32)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned i = 16; i < 64; i++) {
		u32 a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		       (sha256_rotate(a, 7) ^ sha256_rotate(a, 18) ^ a >> 3) +
		       (sha256_rotate(b, 17) ^ sha256_rotate(b, 19) ^ b >> 10);
	}
}

/*
 * Round @i with @kw, the sum of its constant and its word.  In the first round s[0..7] are a..h
 * of the standard.  The values are not moved: each round finds them one place lower than the
 * previous round.  With a constant @i the compiler knows the places.
 */
static __always_inline void sha256_round(u32 s[8], unsigned i, u32 kw)
{
	u32 a = s[-i % 8], b = s[(1 - i) % 8], c = s[(2 - i) % 8];
	u32 e = s[(4 - i) % 8], f = s[(5 - i) % 8], g = s[(6 - i) % 8];
	u32 t1 = s[(7 - i) % 8] + kw + ((e & f) ^ (~e & g)) +
		 (sha256_rotate(e, 6) ^ sha256_rotate(e, 11) ^ sha256_rotate(e, 25));
	u32 t2 = ((a & b) ^ (a & c) ^ (b & c)) +
		 (sha256_rotate(a, 2) ^ sha256_rotate(a, 13) ^ sha256_rotate(a, 22));

	s[(3 - i) % 8] += t1;
	s[(7 - i) % 8] = t1 + t2;
}

static void sha256_block(u32 state[8], const u8 *block)
{
	u32 w[64], s[8];

	sha256_schedule(block, w);
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 64; i += 8) {
		sha256_round(s, 0, sha256_k[i] + w[i]);
		sha256_round(s, 1, sha256_k[i + 1] + w[i + 1]);
		sha256_round(s, 2, sha256_k[i + 2] + w[i + 2]);
		sha256_round(s, 3, sha256_k[i + 3] + w[i + 3]);
		sha256_round(s, 4, sha256_k[i + 4] + w[i + 4]);
		sha256_round(s, 5, sha256_k[i + 5] + w[i + 5]);
		sha256_round(s, 6, sha256_k[i + 6] + w[i + 6]);
		sha256_round(s, 7, sha256_k[i + 7] + w[i + 7]);
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256(const void *data, size_t n, u8 digest[SHA256_SIZE])
{
	u32 state[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
			 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	u8 tail[2 * SHA256_BLOCK] = { 0 };
	const u8 *at = data;
	size_t left = n, padded;

	for (; left >= SHA256_BLOCK; left -= SHA256_BLOCK, at += SHA256_BLOCK)
		sha256_block(state, at);
	/* The rest, a one bit, zeroes, and the length in bits as the last eight bytes. */
	memcpy(tail, at, left);
	tail[left] = 0x80;
	padded = left + 9 <= SHA256_BLOCK ? SHA256_BLOCK : 2 * SHA256_BLOCK;
	for (unsigned i = 0; i < 8; i++)
		tail[padded - 1 - i] = (u8)((u64)n * 8 >> 8 * i);
	for (size_t i = 0; i < padded; i += SHA256_BLOCK)
		sha256_block(state, tail + i);
	for (unsigned i = 0; i < SHA256_SIZE; i++)
		digest[i] = (u8)(state[i / 4] >> (24 - 8 * (i % 4)));
}
