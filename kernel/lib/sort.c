/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting: see sort.h.  sort_numbers() is heapsort (Williams 1964): no item i is before its
 * children 2i + 1, 2i + 2.
 */
#include <neurath/sort.h>

/* Moves the item at @i down until no child is after it. */
static void sort_sink(u32 *items, size_t n, size_t i,
		      bool (*before)(const void *arg, u32 a, u32 b), const void *arg)
{
	u32 item = items[i];
	size_t child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && before(arg, items[child], items[child + 1]))
			child++;
		if (!before(arg, item, items[child]))
			break;
		items[i] = items[child];
		i = child;
	}
	items[i] = item;
}

void sort_numbers(u32 *items, size_t n, bool (*before)(const void *arg, u32 a, u32 b),
		  const void *arg)
{
	for (size_t i = n / 2; i > 0; i--)
		sort_sink(items, n, i - 1, before, arg);
	for (size_t end = n; end > 1; end--) {
		u32 last = items[0];

		items[0] = items[end - 1];
		items[end - 1] = last;
		sort_sink(items, end - 1, 0, before, arg);
	}
}

static void sort_swap(unsigned long *a, unsigned long *b, size_t words)
{
	for (size_t i = 0; i < words; i++) {
		unsigned long word = a[i];

		a[i] = b[i];
		b[i] = word;
	}
}

/* Shell's sort, with the gaps of Gonnet and Baeza-Yates. */
void sort_by_address(void *items, size_t n, size_t size)
{
	size_t words = size / sizeof(unsigned long), gap = n;
	unsigned long *at;

	while (gap > 1) {
		gap = gap * 5 / 11 > 1 ? gap * 5 / 11 : 1;
		for (size_t i = gap; i < n; i++) {
			at = (unsigned long *)items + i * words;
			/* Down to its place among those before it that are @gap apart. */
			for (size_t j = i; j >= gap && at[-(long)(gap * words)] > at[0]; j -= gap) {
				sort_swap(at, at - gap * words, words);
				at -= gap * words;
			}
		}
	}
}
