/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib_idset.c - sets of small numbers against a model, an array of booleans: random additions and removals,
 * runs that fill whole words, and copies into larger sets.
 *
 * sources: kernel/lib/idset.c
 */
#include "tap.h"
#undef __always_inline

#include <neurath/idset.h>

static u64 seed;

static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (unsigned)(seed >> 33) % n;
}

static unsigned model_next(const bool *model, unsigned size, unsigned from, bool used)
{
	while (from < size && model[from] != used)
		from++;
	return from;
}

static void expect(const struct idset *set, const bool *model, unsigned from)
{
	CHECK_EQ(idset_next_free(set, from), model_next(model, set->size, from, false));
	CHECK_EQ(idset_next_used(set, from), model_next(model, set->size, from, true));
	CHECK_EQ(idset_has(set, from), model[from]);
}

static void put(struct idset *set, bool *model, unsigned id, bool used)
{
	model[id] = used;
	if (used)
		idset_add(set, id);
	else
		idset_remove(set, id);
}

/* The memory has exactly the size that idset_words() tells, so the sanitizer sees an access outside of it. */
static void init(struct idset *set, unsigned size)
{
	idset_init(set, size, malloc(idset_words(size) * sizeof(unsigned long)));
}

static void compare_with_model(unsigned size, unsigned steps)
{
	bool *model = calloc(2 * size, sizeof(*model));
	struct idset set, larger;

	init(&set, size);
	for (unsigned step = 0; step < steps; step++) {
		unsigned start = random_below(size);
		unsigned end = start + 1 + random_below(random_below(8) ? 3 : 5000);
		bool used = random_below(5) > 1;

		for (unsigned id = start; id < end && id < size; id++)
			put(&set, model, id, used);
		expect(&set, model, random_below(size));
		expect(&set, model, start);
		expect(&set, model, 0);
	}
	for (unsigned id = 0; id < size; id++)
		put(&set, model, id, true);
	expect(&set, model, 0);
	put(&set, model, size - 1, false);
	expect(&set, model, 0);
	init(&larger, 2 * size);
	idset_copy(&larger, &set);
	for (unsigned step = 0; step < 100; step++)
		expect(&larger, model, random_below(2 * size));
	expect(&larger, model, 0);
	free(set.level[0]);
	free(larger.level[0]);
	free(model);
}

static void one_word_agrees_with_the_model(void)
{
	compare_with_model(64, 5000);
}

static void two_levels_agree_with_the_model(void)
{
	compare_with_model(64 * 5, 5000);
	compare_with_model(64 * 64, 2000);
}

static void three_levels_agree_with_the_model(void)
{
	compare_with_model(64 * 65, 2000);
	compare_with_model(64 * 700, 500);
}

static void a_million_numbers_have_four_levels(void)
{
	struct idset set;

	init(&set, 1 << 20);
	CHECK_EQ(set.levels, IDSET_LEVELS);
	for (unsigned id = 0; id < 1 << 20; id++) {
		CHECK_EQ(idset_next_free(&set, 0), id);
		idset_add(&set, id);
	}
	CHECK_EQ(idset_next_free(&set, 0), 1 << 20);
	idset_remove(&set, 777777);
	CHECK_EQ(idset_next_free(&set, 5), 777777);
	CHECK_EQ(idset_next_free(&set, 777778), 1 << 20);
	free(set.level[0]);
}

int main(void)
{
	seed = tap_seed();
	TAP_TEST(one_word_agrees_with_the_model);
	TAP_TEST(two_levels_agree_with_the_model);
	TAP_TEST(three_levels_agree_with_the_model);
	TAP_TEST(a_million_numbers_have_four_levels);
	return tap_done();
}
