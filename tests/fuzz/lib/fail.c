/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fail.c - the end of an input whose result is wrong; fuzz.h is the contract. */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"

void fuzz_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "WRONG: %s:%d: %s\n", file, line, what);
	abort();
}
