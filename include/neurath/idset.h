/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of small numbers in which the next free number, and the next one in use, are found quickly:
 * a bitmap of the numbers in use, above it two bitmaps, of its words that are full and of its
 * words that are not empty, and so on up to a single word.  Each operation reads one or two words
 * for each level: four levels for a million numbers.
 *
 * The owner provides the memory.  No locking: the owner names the lock that protects the set.
 */
#ifndef NEURATH_IDSET_H
#define NEURATH_IDSET_H

#include <neurath/types.h>

#define IDSET_LEVELS	4
#define IDSET_MAX	(1U << 24)	/* 64 to the power of IDSET_LEVELS */
#define IDSET_ROOM(size)	((size) / 64 + (size) / 64 / 16 + 8)	/* idset_words(), or more */

struct idset {
	unsigned size;			/* all numbers are smaller; a multiple of 64 */
	unsigned levels;
	/* 0: the numbers; above: full words of the level below. The last one is one word. */
	unsigned long *level[IDSET_LEVELS];
	/* The same for words that are not empty; 0: the numbers. */
	unsigned long *some[IDSET_LEVELS];
};

/* The number of words for a set of @size numbers. */
size_t idset_words(unsigned size);
/* Makes an empty set of @size numbers (64 to IDSET_MAX, a multiple of 64) in @words. */
void idset_init(struct idset *set, unsigned size, unsigned long *words);
void idset_add(struct idset *set, unsigned id);
void idset_remove(struct idset *set, unsigned id);
/* The lowest number >= @from that is free, or in use; set->size: there is none. */
unsigned idset_next_free(const struct idset *set, unsigned from);
unsigned idset_next_used(const struct idset *set, unsigned from);
/* Adds all numbers of @old, which must not be larger. */
void idset_copy(struct idset *set, const struct idset *old);

static inline bool idset_has(const struct idset *set, unsigned id)
{
	return set->level[0][id / 64] >> (id % 64) & 1;
}

#endif
