/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test of the extended state inside the kernel.  Emulators do not omit components from an area,
 * as xsaveopt does on real processors; so a guest program cannot see old contents there.
 */
#include <neurath/ktest.h>
#include <neurath/string.h>
#include "fpu.h"

#define AREAS	8

static bool areas_are_equal(void *const area[AREAS])
{
	for (unsigned i = 1; i < AREAS; i++) {
		if (!area[i] || memcmp(area[0], area[i], fpu_state_size()) != 0)
			return false;
	}
	return true;
}

KTEST(an_area_shows_nothing_of_its_last_owner)
{
	void *area[AREAS];

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < AREAS; i++)
			area[i] = fpu_area_alloc();
		KTEST_CHECK(area[0] && *(u16 *)area[0] == 0x037f);
		KTEST_CHECK(areas_are_equal(area));
		for (unsigned i = 0; i < AREAS; i++) {
			memset(area[i], 0x11 * (i + 1), fpu_state_size());
			fpu_area_free(area[i]);
		}
	}
}
