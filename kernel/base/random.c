/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random bytes: ChaCha20 (RFC 8439's block function) with fast key erasure.  Each request takes a
 * block under the global key.  The block's first half becomes the next global key at once, the
 * second half the key of the request's own stream.  So a later read of memory does not reveal
 * earlier output.
 *
 * random_lock is held for one block only; a large buffer is filled without it.
 */
#include <neurath/arch.h>
#include <neurath/random.h>
#include <neurath/spinlock.h>
#include <neurath/string.h>

#define CHACHA_WORDS	16
#define CHACHA_BLOCK	64
#define CHACHA_KEY	8	/* words */

static DEFINE_SPINLOCK_RANK(random_lock, RANK_LEAF);
static u32 random_key[CHACHA_KEY];	/* (random_lock) */
static u64 random_counter;		/* (random_lock) */

static __always_inline u32 chacha_rotl(u32 x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static __always_inline void chacha_quarter(u32 *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b];
	s[d] = chacha_rotl(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = chacha_rotl(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = chacha_rotl(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = chacha_rotl(s[b] ^ s[c], 7);
}

static void chacha_block(const u32 *key, u64 counter, u64 nonce, u32 *out)
{
	u32 start[CHACHA_WORDS] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
	u32 s[CHACHA_WORDS];

	memcpy(start + 4, key, CHACHA_KEY * sizeof(u32));
	start[12] = counter;
	start[13] = counter >> 32;
	start[14] = nonce;
	start[15] = nonce >> 32;
	memcpy(s, start, sizeof(s));
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned i = 0; i < 4; i++)
			chacha_quarter(s, i, 4 + i, 8 + i, 12 + i);
		for (unsigned i = 0; i < 4; i++)
			chacha_quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
	}
	for (unsigned i = 0; i < CHACHA_WORDS; i++)
		out[i] = s[i] + start[i];
}

/* The key is replaced before the lock is released. */
static void random_extract_key(u32 *stream_key)
{
	u32 block[CHACHA_WORDS];
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	/* The time of the request is the nonce: it costs nothing. */
	chacha_block(random_key, random_counter++, read_tsc(), block);
	memcpy(random_key, block, sizeof(random_key));
	spin_unlock_irqrestore(&random_lock, flags);
	memcpy(stream_key, block + CHACHA_KEY, CHACHA_KEY * sizeof(u32));
	memset(block, 0, sizeof(block));
}

void random_bytes(void *buf, size_t n)
{
	u32 key[CHACHA_KEY], block[CHACHA_WORDS];
	u64 counter = 0;

	random_extract_key(key);
	/* Small requests, the usual case, need no second block. */
	if (n <= sizeof(key)) {
		memcpy(buf, key, n);
	} else {
		while (n) {
			size_t part = min_t(size_t, n, CHACHA_BLOCK);

			chacha_block(key, counter++, 0, block);
			memcpy(buf, block, part);
			buf += part;
			n -= part;
		}
		memset(block, 0, sizeof(block));
	}
	memset(key, 0, sizeof(key));
}

/* Mixes 32 bytes at a time into the key, with a block of the cipher between. */
void random_add(const void *data, size_t n)
{
	const u8 *p = data;
	u32 block[CHACHA_WORDS];
	unsigned long flags;

	spin_lock_irqsave(&random_lock, flags);
	do {
		size_t part = min_t(size_t, n, sizeof(random_key));

		for (size_t i = 0; i < part; i++)
			((u8 *)random_key)[i] ^= p[i];
		chacha_block(random_key, random_counter++, read_tsc(), block);
		memcpy(random_key, block, sizeof(random_key));
		p += part;
		n -= part;
	} while (n);
	spin_unlock_irqrestore(&random_lock, flags);
	memset(block, 0, sizeof(block));
}

void random_init(void)
{
	u64 seed[4];

	for (unsigned round = 0; round < 16; round++) {
		for (unsigned i = 0; i < 4; i++)
			seed[i] = arch_random_seed() ^ (clock_ns() << 32);
		random_add(seed, sizeof(seed));
	}
}
