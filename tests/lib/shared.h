/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shared.h - a page of zeroes that a test shares with its children; the page ends with the processes. */
#ifndef TESTS_SHARED_H
#define TESTS_SHARED_H

#include <sys/mman.h>
#include "tap.h"

static inline void *shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

#endif
