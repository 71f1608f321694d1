/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first function named twin_value, in the order of the symbol table. */
#include <linux/compiler.h>
#include "twins.h"

static noinline int twin_value(void)
{
	return 1;
}

int twins_first(void)
{
	return twin_value();
}
