/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of small numbers: see idset.h. A bit of level[k + 1] is set if the word of level[k] with its
 * number is full, one of some[k + 1] if that of some[k] is not empty. Bits beyond the end are full
 * words and empty ones, so that no search ends there.
 */
#include <neurath/idset.h>

/* The number of words of the level above @words words. */
static unsigned idset_words_above(unsigned words)
{
	return (words + 63) / 64;
}

size_t idset_words(unsigned size)
{
	unsigned words = size / 64;
	size_t sum = words;

	while (words > 1) {
		words = idset_words_above(words);
		sum += 2 * words;
	}
	return sum;
}

static void idset_init_level(unsigned long *level, unsigned bits)
{
	unsigned i;

	for (i = 0; i < bits / 64; i++)
		level[i] = 0;
	if (bits % 64)
		level[i] = ~0UL << (bits % 64);
}

void idset_init(struct idset *set, unsigned size, unsigned long *words)
{
	unsigned bits = size, count;

	set->size = size;
	set->levels = 0;
	do {
		count = idset_words_above(bits);
		set->level[set->levels] = words;
		idset_init_level(words, bits);
		if (set->levels) {
			words += count;
			for (unsigned i = 0; i < count; i++)
				words[i] = 0;
		}
		set->some[set->levels++] = words;
		words += count;
		bits = count;
	} while (count > 1);
}

/* Word @i of the numbers is full, or is not any more. */
static void idset_note_full(struct idset *set, unsigned i, bool full)
{
	for (unsigned k = 1; k < set->levels; k++, i /= 64) {
		unsigned long *word = &set->level[k][i / 64], old = *word;

		*word = full ? old | 1UL << (i % 64) : old & ~(1UL << (i % 64));
		/* Above it matters whether the word is full. */
		if ((full ? *word : old) != ~0UL)
			break;
	}
}

/* Word @i of the numbers is not empty, or is again. */
static void idset_note_some(struct idset *set, unsigned i, bool some)
{
	for (unsigned k = 1; k < set->levels; k++, i /= 64) {
		unsigned long *word = &set->some[k][i / 64], old = *word;

		*word = some ? old | 1UL << (i % 64) : old & ~(1UL << (i % 64));
		/* Above it matters whether the word is empty. */
		if (some ? old : *word)
			break;
	}
}

void idset_add(struct idset *set, unsigned id)
{
	unsigned long *word = &set->level[0][id / 64], old = *word;

	*word |= 1UL << (id % 64);
	if (*word == ~0UL)
		idset_note_full(set, id / 64, true);
	if (!old)
		idset_note_some(set, id / 64, true);
}

void idset_remove(struct idset *set, unsigned id)
{
	unsigned long *word = &set->level[0][id / 64], old = *word;

	*word &= ~(1UL << (id % 64));
	if (old == ~0UL)
		idset_note_full(set, id / 64, false);
	if (!*word)
		idset_note_some(set, id / 64, false);
}

unsigned idset_next_free(const struct idset *set, unsigned from)
{
	unsigned bits = set->size;

	/* Up, while nothing to the right of @from is free; then down to the lowest free number. */
	for (unsigned k = 0; k < set->levels && from < bits; k++) {
		unsigned long word = ~set->level[k][from / 64] & (~0UL << (from % 64));

		if (word) {
			from = from / 64 * 64 + (unsigned)__builtin_ctzl(word);
			while (k--)
				from = from * 64 + (unsigned)__builtin_ctzl(~set->level[k][from]);
			return from;
		}
		from = from / 64 + 1;
		bits = idset_words_above(bits);
	}
	return set->size;
}

unsigned idset_next_used(const struct idset *set, unsigned from)
{
	unsigned bits = set->size;

	for (unsigned k = 0; k < set->levels && from < bits; k++) {
		unsigned long word = set->some[k][from / 64] & (~0UL << (from % 64));

		if (word) {
			from = from / 64 * 64 + (unsigned)__builtin_ctzl(word);
			while (k--)
				from = from * 64 + (unsigned)__builtin_ctzl(set->some[k][from]);
			return from;
		}
		from = from / 64 + 1;
		bits = idset_words_above(bits);
	}
	return set->size;
}

void idset_copy(struct idset *set, const struct idset *old)
{
	for (unsigned i = 0; i < old->size / 64; i++) {
		set->level[0][i] = old->level[0][i];
		if (set->level[0][i] == ~0UL)
			idset_note_full(set, i, true);
		if (set->level[0][i])
			idset_note_some(set, i, true);
	}
}
