/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lib_sort.c - sorting: random arrays, with and without equal items, come out in order and complete.
 *
 * sources: kernel/lib/sort.c
 */
#include "tap.h"
#undef __always_inline

#include <neurath/sort.h>

static u64 seed;

static u32 random_below(u32 n)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (u32)(seed >> 33) % n;
}

static unsigned compared;

static bool by_key(const void *keys, u32 a, u32 b)
{
	compared++;
	return ((const u32 *)keys)[a] < ((const u32 *)keys)[b];
}

static void arrays_come_out_in_order_and_complete(void)
{
	for (unsigned n = 0; n < 400; n++) {
		u32 *items = malloc((n + 1) * sizeof(*items)), *keys = malloc((n + 1) * sizeof(*keys));
		bool *seen = calloc(n + 1, sizeof(*seen));

		for (unsigned i = 0; i < n; i++) {
			items[i] = i;
			keys[i] = random_below(n % 3 ? 1000000 : 5);
		}
		sort_numbers(items, n, by_key, keys);
		for (unsigned i = 0; i < n; i++) {
			CHECK(items[i] < n && !seen[items[i]]);
			seen[items[i]] = true;
			CHECK(!i || keys[items[i - 1]] <= keys[items[i]]);
		}
		free(items);
		free(keys);
		free(seen);
	}
}

static void sorted_and_reversed_arrays_cost_no_more(void)
{
	static u32 items[1024], keys[1024];

	for (unsigned way = 0; way < 2; way++) {
		for (unsigned i = 0; i < 1024; i++) {
			items[i] = i;
			keys[i] = way ? 1024 - i : i;
		}
		compared = 0;
		sort_numbers(items, 1024, by_key, keys);
		CHECK(compared < 2 * 1024 * 11);
	}
}

struct place {
	unsigned long address, number, sum;
};

/* The data of an address moves with the address; equal addresses stay complete. */
static void places_come_out_by_address_and_complete(void)
{
	for (unsigned n = 0; n < 300; n++) {
		struct place *places = malloc((n + 1) * sizeof(*places));
		bool *seen = calloc(n + 1, sizeof(*seen));

		for (unsigned i = 0; i < n; i++) {
			unsigned long address = 0xffffffff80000000UL + random_below(n % 3 ? 1000000 : 5);

			places[i] = (struct place){ address, i, address + i };
		}
		sort_by_address(places, n, sizeof(*places));
		for (unsigned i = 0; i < n; i++) {
			CHECK(places[i].number < n && !seen[places[i].number]);
			seen[places[i].number] = true;
			CHECK_EQ(places[i].sum, places[i].address + places[i].number);
			CHECK(!i || places[i - 1].address <= places[i].address);
		}
		free(places);
		free(seen);
	}
}

int main(void)
{
	seed = tap_seed();
	TAP_TEST(arrays_come_out_in_order_and_complete);
	TAP_TEST(sorted_and_reversed_arrays_cost_no_more);
	TAP_TEST(places_come_out_by_address_and_complete);
	return tap_done();
}
