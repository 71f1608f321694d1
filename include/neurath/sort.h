/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorting in place, without additional memory or recursion: n log n steps at worst. */
#ifndef NEURATH_SORT_H
#define NEURATH_SORT_H

#include <neurath/types.h>

/*
 * Sorts the @n numbers of @items, which may represent any objects: before(arg, a, b) returns true
 * if @a must precede @b.  Equal ones come out in any order.
 */
void sort_numbers(u32 *items, size_t n, bool (*before)(const void *arg, u32 a, u32 b),
		  const void *arg);
/*
 * Sorts the @n things of @size bytes, a multiple of 8, each of which begins with an address, by it.
 * Quickest if they are sorted nearly; n^1.5 steps, or a little more, if not.
 */
void sort_by_address(void *items, size_t n, size_t size);

#endif
