/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that the file is what tools/module wrote.  The last bytes of the file are:
 *
 *	... the ELF file ... | relocations | sum | SHA-256, with zero for the sum | magic
 *	                       4             8     32                              24 bytes
 *
 * The sum covers the file, the number of relocations and the digest, and costs one instruction a
 * byte.  One wrong word always changes the sum; the chance that several wrong words leave it
 * unchanged is 1 in 2^64.  If the sum is right, the digest is not computed.  The digest is
 * computed if the sum is zero: other tools need not write a sum.
 *
 * This is a checksum against damage by a disk, a copy or an editor, and not a signature: a user
 * who may load modules can also compute it.  It finds every wrong, missing or additional byte,
 * also in code and data, where no check of the ELF structure could find it.
 *
 * Pure computation, like decode.c.
 */
#include <neurath/sha256.h>
#include <neurath/string.h>
#include "elfmod.h"

#define SEAL_SUM_FACTOR		0x9e3779b97f4a7c15UL

struct elfmod_seal {
	u32 relocations;
	u64 sum;			/* 0: none */
	u8 digest[SHA256_SIZE];
	char magic[24];
} __packed;

/* Each step is a bijection of the sum: one wrong word changes it. */
static u64 seal_sum_words(u64 sum, const u8 *at, size_t n)
{
	size_t part;
	u64 word;

	for (; n; at += part, n -= part) {
		part = min(n, sizeof(word));
		word = 0;
		if (part == sizeof(word))
			__builtin_memcpy(&word, at, sizeof(word));
		else
			memcpy(&word, at, part);
		sum = (sum ^ word) * SEAL_SUM_FACTOR;
		sum ^= sum >> 29;
	}
	return sum;
}

/* @n bytes: the ELF file and the number of relocations. Never zero. */
static u64 seal_sum(const u8 *bytes, size_t n, const u8 digest[SHA256_SIZE])
{
	u64 sum = seal_sum_words(seal_sum_words(n, bytes, n), digest, SHA256_SIZE);

	return max(sum, (u64)1);
}

static bool seal_is_intact(const struct elfmod *m, const struct elfmod_seal *seal, size_t body)
{
	u8 digest[SHA256_SIZE];

	if (seal->sum)
		return seal->sum == seal_sum(m->image, body + offsetof(struct elfmod_seal, sum),
					     seal->digest);
	sha256(m->image, body + offsetof(struct elfmod_seal, digest), digest);
	return memcmp(seal->digest, digest, sizeof(digest)) == 0;
}

int elfmod_unseal(struct elfmod *m)
{
	struct elfmod_seal seal;
	size_t body;

	if (m->len < sizeof(seal))
		return elfmod_refuse(m, -ENOEXEC, "file is too short for a module", NULL);
	body = m->len - sizeof(seal);
	memcpy(&seal, m->image + body, sizeof(seal));
	if (memcmp(seal.magic, ELFMOD_SEAL_MAGIC, sizeof(seal.magic)) != 0)
		return elfmod_refuse(m, -ENOEXEC, "built without tools/module, or cut short: "
				     "no digest at its end", NULL);
	if (!seal_is_intact(m, &seal, body))
		return elfmod_refuse(m, -ENOEXEC,
				     "the file is damaged: its digest is of other bytes", NULL);
	m->len = body;
	m->sealed_relocations = seal.relocations;
	memcpy(m->digest, seal.digest, sizeof(seal.digest));
	return 0;
}
