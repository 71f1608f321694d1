/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lib_format.c - kernel/base/format.c and kstrto.c compared with the same conversions of the C library. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../lib/tap.h"

#undef __always_inline
#undef __unused
/* Definitions in place of kernel headers that include too much. */
#define NEURATH_PRINTK_H
#define NEURATH_STRING_H
#define NEURATH_MM_H
#define NEURATH_EXPORT_H
#define EXPORT_SYMBOL(sym)	_Static_assert(sizeof(&(sym)), "")
#define CONFIG_DEBUG 1
#include <neurath/types.h>
#include <neurath/ksyms.h>
#define __GFP_ZERO	0x100u
#define GFP_KERNEL	0xcc0u
#define GFP_ATOMIC	0x820u
#define GFP_NOWAIT	0x800u

#define vsnprintf	kernel_vsnprintf
#define snprintf	kernel_snprintf
#define vscnprintf	kernel_vscnprintf
#define scnprintf	kernel_scnprintf
#define sprintf		kernel_sprintf
int kernel_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);
#include "../../kernel/base/format.c"
#include "../../kernel/lib/kstrto.c"
#undef vsnprintf
#undef snprintf

bool ksym_lookup(unsigned long addr, struct ksym *out)
{
	if (addr < 0x1000 || addr >= 0x1040)
		return false;
	*out = (struct ksym){ .name = "some_function", .start = 0x1000, .size = 0x40,
			      .module = addr >= 0x1020 ? "mod" : NULL };
	return true;
}

#define SAME(...) \
	do { \
		char want[128], got[128]; \
		int a = snprintf(want, sizeof(want), __VA_ARGS__); \
		int b = kernel_snprintf(got, sizeof(got), __VA_ARGS__); \
		if (a != b || strcmp(want, got)) \
			tap_line("# want \"%s\" got \"%s\"", want, got); \
		CHECK_EQ(a, b); \
		CHECK(!strcmp(want, got)); \
	} while (0)

#define GIVES(want, ...) \
	do { \
		char got[128]; \
		kernel_snprintf(got, sizeof(got), __VA_ARGS__); \
		if (strcmp(want, got)) \
			tap_line("# want \"%s\" got \"%s\"", want, got); \
		CHECK(!strcmp(want, got)); \
	} while (0)

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"

static void every_combination_of_flags_equals_libc(void)
{
	static const char *const flags[] = {
		"", "-", "+", " ", "#", "0", "-+", "+0", "#0", "-#", " 0", "+ ",
	};
	static const char *const sizes[] = { "", "1", "5", "12", ".0", ".3", "8.3", "3.8", "12.0" };
	static const char *const kinds[] = { "d", "i", "u", "x", "X", "o" };
	static const int values[] = { 0, 1, -1, 7, 8, 255, -4096, INT_MAX, INT_MIN };

	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
			for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
				for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
					char fmt[32];

					snprintf(fmt, sizeof(fmt), "%%%s%s%s", flags[f], sizes[s], kinds[k]);
					SAME(fmt, values[v]);
				}
}

static void lengths_cut_their_arguments(void)
{
	SAME("%hhd %hhu %hd %hu", 300, 300, 70000, 70000);
	SAME("%ld %lu %lx %llx %zu %zx %jd %td", -5L, 5UL, ~0UL, ~0ULL, (size_t)-1, (size_t)9,
	     (intmax_t)-7, (ptrdiff_t)-3);
	SAME("%d %s %c%%", LONG_MAX > 0, "text", 'x');
}

static void strings_are_cut_and_padded(void)
{
	SAME("[%s] [%10s] [%-10s] [%.2s] [%5.1s] [%*s] [%-*s] [%.*s]", "abc", "abc", "abc", "abc",
	     "abc", 6, "abc", 6, "abc", 2, "abc");
	SAME("[%c] [%3c] [%-3c]", 'a', 'b', 'c');
	GIVES("(null)", "%s", NULL);
	GIVES("(invalid)", "%s", (char *)16);
}

static void short_buffers_are_terminated_and_the_length_is_whole(void)
{
	char buf[8] = "xxxxxxx";

	CHECK_EQ(kernel_snprintf(buf, 4, "%d", 123456), 6);
	CHECK(!strcmp(buf, "123") && buf[4] == 'x');
	CHECK_EQ(kernel_snprintf(NULL, 0, "%s", "hello"), 5);
	CHECK_EQ(kernel_scnprintf(buf, 4, "%d", 123456), 3);
	CHECK_EQ(kernel_scnprintf(buf, 0, "x"), 0);
}

static void pointers_know_symbols(void)
{
	GIVES("some_function+0x10/0x40", "%pS", (void *)0x1010);
	GIVES("some_function", "%ps", (void *)0x1010);
	GIVES("some_function+0x30/0x40 [mod]", "%pS", (void *)0x1030);
	GIVES("some_function+0x40/0x40 [mod]", "%pB", (void *)0x1040);
	GIVES("0x0000000000002000", "%pS", (void *)0x2000);
	GIVES("0000000000001234 0000000000001234", "%p %px", (void *)0x1234, (void *)0x1234);
	GIVES("-12", "%pe", (void *)-12L);
}

static void gfp_flags_have_names(void)
{
	unsigned int kernel = GFP_KERNEL, zeroed = GFP_ATOMIC | __GFP_ZERO, none = 0;

	GIVES("GFP_KERNEL GFP_ATOMIC|__GFP_ZERO none", "%pGg %pGg %pGg", &kernel, &zeroed, &none);
}

static void numbers_are_whole_strings(void)
{
	unsigned int u;
	long l;
	int i;

	CHECK(kstrtol("-42\n", 0, &l) == 0 && l == -42);
	CHECK(kstrtol("0x7f", 0, &l) == 0 && l == 127);
	CHECK(kstrtol("017", 0, &l) == 0 && l == 15);
	CHECK(kstrtoint("2147483647", 10, &i) == 0 && i == INT_MAX);
	CHECK_EQ(kstrtoint("2147483648", 10, &i), -ERANGE);
	CHECK_EQ(kstrtouint("4294967296", 10, &u), -ERANGE);
	CHECK_EQ(kstrtol("9223372036854775808", 10, &l), -ERANGE);
	CHECK(kstrtol("-9223372036854775808", 10, &l) == 0 && l == LONG_MIN);
	CHECK_EQ(kstrtol("", 0, &l), -EINVAL);
	CHECK_EQ(kstrtol("\n", 0, &l), -EINVAL);
	CHECK_EQ(kstrtol("12 ", 0, &l), -EINVAL);
	CHECK_EQ(kstrtol("1\n\n", 0, &l), -EINVAL);
	CHECK_EQ(kstrtol("--1", 0, &l), -EINVAL);
	CHECK_EQ(kstrtol("0x", 0, &l), -EINVAL);
	CHECK_EQ(kstrtouint("-1", 0, &u), -EINVAL);
}

static void booleans_have_many_spellings(void)
{
	static const char *const yes[] = { "1", "y", "Y", "yes", "t", "on", "ON\n" };
	static const char *const no[] = { "0", "n", "No", "f", "off", "OFF" };
	bool b;

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		CHECK(kstrtobool(yes[i], &b) == 0 && b);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		CHECK(kstrtobool(no[i], &b) == 0 && !b);
	CHECK_EQ(kstrtobool("", &b), -EINVAL);
	CHECK_EQ(kstrtobool("o", &b), -EINVAL);
	CHECK_EQ(kstrtobool("2", &b), -EINVAL);
}

int main(void)
{
	TAP_TEST(every_combination_of_flags_equals_libc);
	TAP_TEST(lengths_cut_their_arguments);
	TAP_TEST(strings_are_cut_and_padded);
	TAP_TEST(short_buffers_are_terminated_and_the_length_is_whole);
	TAP_TEST(pointers_know_symbols);
	TAP_TEST(gfp_flags_have_names);
	TAP_TEST(numbers_are_whole_strings);
	TAP_TEST(booleans_have_many_spellings);
	return tap_done();
}
