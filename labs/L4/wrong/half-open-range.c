/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The search misses the last range: the upper bound is treated as an index that must be below it, twice. If the patch
 * has one function, no function is ever forbidden.
 *
 * loses: P5 P10
 * at times: P3 P4 P6 P7 P8 P9
 */
/* splice: kernel/sched/patch_stack.c */
noinline bool ranges_hit(const struct klp_ranges *set, unsigned long addr)
{
	unsigned low = 0, high = set && set->n ? set->n - 1 : 0;

	while (low < high) {
		unsigned mid = (low + high) / 2;

		if (addr < set->range[mid].start)
			high = mid;
		else if (addr >= set->range[mid].end)
			low = mid + 1;
		else
			return true;
	}
	return false;
}
