/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fs_path.c - paths as text: fixed cases, and random paths compared with a model that splits the path into
 * a list of names.
 */
#include "tap.h"
#undef __always_inline

#define NEURATH_STRING_H		/* the host's string functions */
#include "../../kernel/lib/path_text.c"

static void expect(const char *root, const char *base, const char *path, const char *want)
{
	size_t size = path_compose_size(root, base, path);
	char *out = malloc(size);		/* of the exact size, so that ASan sees a write behind it */

	CHECK_EQ(path_compose(out, root, base, path), strlen(want));
	CHECK_STR(out, want);
	free(out);
}

static void paths_become_absolute_and_normal(void)
{
	expect("", "/", "", "/");
	expect("", "/", "/", "//");
	expect("", "/", "a", "/a");
	expect("", "/x/y", "a", "/x/y/a");
	expect("", "/x/y", "/a", "/a");
	expect("", "/x/y", "../a", "/x/a");
	expect("", "/x/y", "../../../../a", "/a");
	expect("", "/x", "a//b/./c/../d", "/x/a/b/d");
	expect("", "/x", "...", "/x/...");
	expect("", "/x", "..a/.b", "/x/..a/.b");
	expect("", "/", "//////a", "/a");
}

static void a_directory_is_demanded_by_the_ending(void)
{
	expect("", "/x", "a/", "/x/a/");
	expect("", "/x", "a/.", "/x/a/.");
	expect("", "/x", "a/b/..", "/x/a/..");
	expect("", "/x", ".", "/x/.");
	expect("", "/x", "..", "/..");
	expect("", "/x", "a.", "/x/a.");
}

static void the_root_is_not_left(void)
{
	expect("/jail", "/jail", "../../etc", "/jail/etc");
	expect("/jail", "/jail/a", "/b", "/jail/b");
	expect("/jail", "/jail/a", "b", "/jail/a/b");
	expect("/jail", "/jail", "/..", "/jail/..");
	expect("/jail", "/jail", "/", "/jail//");
	expect("/jail", "/outside/x", "y", "/outside/x/y");
	expect("/jail", "/jailhouse", "y", "/jailhouse/y");
	CHECK(path_is_below("/a/b", "/a"));
	CHECK(path_is_below("/a", "/a"));
	CHECK(!path_is_below("/ab", "/a"));
	CHECK(path_is_below("/a", ""));
}

static void the_ending_can_be_cut_off(void)
{
	static const struct {
		const char *text, *path;
		enum path_ending ending;
	} cases[] = {
		{ "a", "/x/a", PATH_ENDS_NAME }, { "a/", "/x/a", PATH_ENDS_SLASH },
		{ "a///", "/x/a", PATH_ENDS_SLASH }, { "a/.", "/x/a", PATH_ENDS_DOT },
		{ "a/.//", "/x/a", PATH_ENDS_DOT }, { ".", "/x", PATH_ENDS_DOT },
		{ "a/b/..", "/x/a", PATH_ENDS_DOTDOT }, { "..", "/", PATH_ENDS_DOTDOT },
		{ "../", "/", PATH_ENDS_DOTDOT }, { "/", "/", PATH_ENDS_ROOT },
		{ "///", "/", PATH_ENDS_ROOT }, { "/.", "/", PATH_ENDS_DOT },
		{ "...", "/x/...", PATH_ENDS_NAME }, { "a..", "/x/a..", PATH_ENDS_NAME },
		{ "a./", "/x/a.", PATH_ENDS_SLASH },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *out = malloc(path_compose_size("", "/x", cases[i].text));

		path_compose(out, "", "/x", cases[i].text);
		CHECK_EQ(path_take_ending(out), cases[i].ending);
		CHECK_STR(out, cases[i].path);
		CHECK_EQ(path_take_ending(out), PATH_ENDS_NAME);
		free(out);
	}
}

static void the_last_name_can_be_cut_off(void)
{
	char path[] = "/a/b";

	path_cut_name(path);
	CHECK_STR(path, "/a");
	path_cut_name(path);
	CHECK_STR(path, "/");
	path_cut_name(path);
	CHECK_STR(path, "/");
}

/* The same result from a stack of names. */
static void model(char *out, const char *base, const char *path)
{
	char copy[256], *names[128], *save, *name;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s/%s", path[0] == '/' ? "" : base, path);
	for (name = strtok_r(copy, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		if (!strcmp(name, ".."))
			n -= n > 0;
		else if (strcmp(name, "."))
			names[n++] = name;
	}
	*out = '\0';
	for (int i = 0; i < n; i++)
		sprintf(out + strlen(out), "/%s", names[i]);
	if (!n)
		strcpy(out, "/");
}

static void random_paths_agree_with_the_model(void)
{
	static const char *const parts[] = { "/", "//", "a", "bc", ".", "..", "...", "/./", "/../", "d/" };

	srand(tap_seed());
	for (int round = 0; round < 200000; round++) {
		char path[128] = "", want[256], *out;

		for (int i = rand() % 12; i > 0; i--)
			strcat(path, parts[rand() % 10]);
		model(want, "/x/y", path);
		out = malloc(path_compose_size("", "/x/y", path));
		CHECK_EQ(path_compose(out, "", "/x/y", path), strlen(out));
		path_take_ending(out);
		CHECK_STR(out, want);
		free(out);
	}
}

int main(void)
{
	TAP_TEST(paths_become_absolute_and_normal);
	TAP_TEST(a_directory_is_demanded_by_the_ending);
	TAP_TEST(the_root_is_not_left);
	TAP_TEST(the_ending_can_be_cut_off);
	TAP_TEST(the_last_name_can_be_cut_off);
	TAP_TEST(random_paths_agree_with_the_model);
	return tap_done();
}
