/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which mutant this kernel is: see mutant.h. */
#include <neurath/boot.h>
#include <neurath/bug.h>
#include <neurath/init.h>
#include <neurath/mutant.h>
#include <neurath/printk.h>
#include <neurath/string.h>

enum mutant mutant_now;

#define MUTANT_NAME(name)	#name,

void __init mutant_init(void)
{
	static const char *const names[] = { MUTANT_LIST(MUTANT_NAME) };
	char value[32];

	if (!boot_option("mutant", value, sizeof(value)))
		return;
	for (unsigned i = 0; CONFIG_DEBUG && i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], value) == 0) {
			mutant_now = i;
			pr_notice("mutant: this kernel breaks %s\n", value);
			return;
		}
	}
	panic("mutant=%s: no such mutant, or no debug build", value);
}
