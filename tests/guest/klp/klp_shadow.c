/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp_shadow.c - shadow variables. The tests run in the kernel (tests/modules/klp_shadow.c);
 * this program reads their results, and compares the log lines about mistakes.
 *
 * timeout: 120
 * warnings: expected
 */
#define _GNU_SOURCE
#include "klp.h"

#define TESTS	10

/* Reports each line of the module as the result of a test. */
static int report(char *text)
{
	int n = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), n++) {
		if (strncmp(line, "ok ", 3) == 0)
			tap_result(1, line + 3, "");
		else
			tap_result(0, line, "");
	}
	return n;
}

static void mistakes_are_logged_in_the_words_of_linux(void)
{
	const char *log = klp_log(), *at = strstr(log, "Duplicate shadow variable <");
	unsigned long obj, id;

	CHECK(at != NULL);
	CHECK_EQ(sscanf(at, "Duplicate shadow variable <%lx, %lx>", &obj, &id), 2);
	CHECK_EQ(id, 0x51ad0);
	at = strstr(log, "livepatch: Failed to construct shadow variable <");
	CHECK(at != NULL);
	CHECK_EQ(sscanf(at, "livepatch: Failed to construct shadow variable <%lx, %lx> (-22)", &obj, &id), 2);
	CHECK_EQ(id, 0x51ad0);
}

int main(void)
{
	static char text[8192];

	klp_log_clear();
	if (insmod("klp_shadow")) {
		tap_result(0, "module_loads", "");
		return tap_done();
	}
	slurp("/proc/klp_shadow", text, sizeof(text));
	tap_result(report(text) == TESTS, "all_tests_of_the_module_ran", "");
	TAP_TEST(mistakes_are_logged_in_the_words_of_linux);
	tap_result(rmmod("klp_shadow") == 0, "module_unloads", "");
	return tap_done();
}
