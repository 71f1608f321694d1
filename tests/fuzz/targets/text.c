/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * text.c - the kernel's functions on text: paths, numbers, the words of a parameter line, printf formats. Paths are
 * normal and stay in their root; numbers and formats are those of the C library; words lie in their line.
 *
 * world: kernel
 * sources: kernel/lib/path_text.c kernel/module/args.c
 * length: 256
 */
#include <neurath/errno.h>
#include <neurath/path_text.h>
#include <neurath/printk.h>
#include <neurath/string.h>
#include "../../../kernel/module/internal.h"
#include "../lib/kernel.h"

/* Of the host's library, under names that the kernel does not have. */
int host_snprintf(char *buf, size_t size, const char *fmt, ...) __asm__("snprintf");
unsigned long host_strtoul(const char *s, char **end, int base) __asm__("strtoul");
long host_strtol(const char *s, char **end, int base) __asm__("strtol");

static struct fuzz_input input;

/* The next part of the input as a string of exactly its size. */
static char *take_text(size_t most)
{
	size_t n;
	const u8 *bytes = fuzz_bytes(&input, most, &n);
	char *text;

	n = strnlen((const char *)bytes, n);
	text = host_alloc(n + 1);
	memcpy(text, bytes, n);
	text[n] = '\0';
	return text;
}

/* ---- paths --------------------------------------------------------------------------------------- */

static void check_normal(const char *path)
{
	CHECK(path[0] == '/');
	for (const char *at = path; at[1]; at = strchr(at + 1, '/') ?: at + strlen(at) - 1) {
		const char *name = at + 1, *end = strchr(name, '/') ?: name + strlen(name);

		CHECK(end > name && !(end == name + 1 && name[0] == '.') && strncmp(name, "../", 3) && strcmp(name, ".."));
		if (!*end)
			break;
	}
}

static void paths(void)
{
	static const char *const roots[] = { "", "/jail", "/a/b" };
	static const char *const bases[] = { "/", "/jail", "/jail/x", "/a/b/c/d", "/other" };
	const char *root = roots[fuzz_below(&input, 3)], *base = bases[fuzz_below(&input, 5)];
	char *path = take_text(200), *out = host_alloc(path_compose_size(root, base, path));

	path_compose(out, root, base, path);
	path_take_ending(out);
	check_normal(out);
	if (path[0] == '/' || path_is_below(base, root))
		CHECK(path_is_below(out, root));
	CHECK_EQ(path_take_ending(out), PATH_ENDS_NAME);
	path_cut_name(out);
	check_normal(out);
	host_free(out);
	host_free(path);
}

/* ---- numbers --------------------------------------------------------------------------------------- */

static void numbers(void)
{
	static const unsigned bases[] = { 0, 8, 10, 16 };
	unsigned base = bases[fuzz_below(&input, 4)];
	char *text = take_text(40), *end;
	unsigned long u;
	long s;

	if (kstrtoul(text, base, &u) == 0) {
		CHECK_EQ(u, host_strtoul(text, &end, base));
		CHECK(end > text && (!*end || !strcmp(end, "\n")));
	}
	if (kstrtol(text, base, &s) == 0) {
		CHECK_EQ(s, host_strtol(text, &end, base));
		CHECK(end > text && (!*end || !strcmp(end, "\n")));
	}
	host_free(text);
}

/* ---- words ------------------------------------------------------------------------------------------- */

static const char *line, *line_end;

static int take_word(void *ctx, char *name, char *value)
{
	CHECK(name >= line && name + strlen(name) <= line_end);
	CHECK(!value || (value > name && value + strlen(value) <= line_end));
	CHECK(!strchr(name, '='));
	return fuzz_below(&input, 8) ? 0 : -(int)fuzz_below(&input, 40);
}

static void words(void)
{
	char *text = take_text(200);

	line = text;
	line_end = text + strlen(text);
	args_parse("fuzz", text, take_word, NULL);
	host_free(text);
}

/* ---- formats ------------------------------------------------------------------------------------------- */

/* A conversion that C and the kernel share: flags, width, precision, length, kind. */
static void put_conversion(char *fmt, char *kind, bool *is_long)
{
	static const char flags[] = "-+ #0", kinds[] = "diuxXocs";
	unsigned set = fuzz_number(&input, 1);

	*fmt++ = '%';
	*kind = kinds[fuzz_below(&input, 8)];
	for (unsigned i = 0; i < 5; i++)
		if (set & 1 << i && (i == 0 || (*kind != 'c' && *kind != 's')) &&
		    !(flags[i] == '#' && strchr("diu", *kind)) && !((flags[i] == '+' || flags[i] == ' ') && strchr("uxXo", *kind)))
			*fmt++ = flags[i];
	if (set & 32)
		fmt += host_snprintf(fmt, 8, "%u", (unsigned)fuzz_below(&input, 60));
	if (set & 64 && *kind != 'c')
		fmt += host_snprintf(fmt, 8, ".%u", (unsigned)fuzz_below(&input, 60));
	*is_long = set & 128 && *kind != 'c' && *kind != 's';
	if (*is_long)
		*fmt++ = 'l';
	*fmt++ = *kind;
	*fmt = '\0';
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void formats(void)
{
	char fmt[40], kind, ours[160], theirs[160];
	size_t room = fuzz_number(&input, 1) % sizeof(ours);
	unsigned long value;
	bool is_long;
	char *text;
	int a, b;

	put_conversion(fmt, &kind, &is_long);
	value = fuzz_number(&input, 8);
	text = take_text(30);
	memset(ours, 'x', sizeof(ours));
	memset(theirs, 'x', sizeof(theirs));
	if (kind == 's') {
		a = snprintf(ours, room, fmt, text);
		b = host_snprintf(theirs, room, fmt, text);
	} else if (is_long) {
		a = snprintf(ours, room, fmt, value);
		b = host_snprintf(theirs, room, fmt, value);
	} else {
		a = snprintf(ours, room, fmt, (unsigned)value);
		b = host_snprintf(theirs, room, fmt, (unsigned)value);
	}
	CHECK_EQ(a, b);
	CHECK(!memcmp(ours, theirs, sizeof(ours)));
	host_free(text);
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	input = (struct fuzz_input){ bytes, bytes + size };
	switch (fuzz_below(&input, 4)) {
	case 0:
		paths();
		break;
	case 1:
		numbers();
		break;
	case 2:
		words();
		break;
	case 3:
		formats();
	}
	return 0;
}
