/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_endings.c - the meaning of "name/", "name/." and "name/..": each call that takes a path, on each kind
 * of object. The suite must also pass on Linux; a run on Linux tests the suite itself. Arguments: other
 * directories to work in, where links can be made. (QEMU makes no FIFOs on the host.)
 */
#define _GNU_SOURCE
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include "path_endings.h"
#include "scratch.h"
#include "tap.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* The result of a path_calls[] entry that opens a file: 0 or more is success. */
static int descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd;
}

/* Where calls put their answers, which the tests do not read. */
static struct stat st_out;
static struct statfs fs_out;
static char link_out[80];

#define PATH_CALL(name, expression)	\
	static int call_##name(const char *x) { return expression; }

PATH_CALL(stat, stat(x, &st_out))
PATH_CALL(lstat, lstat(x, &st_out))
PATH_CALL(access, access(x, F_OK))
PATH_CALL(open, descriptor(open(x, O_RDONLY | O_NONBLOCK)))
PATH_CALL(write, descriptor(open(x, O_RDWR | O_NONBLOCK)))
PATH_CALL(creat, descriptor(open(x, O_RDWR | O_NONBLOCK | O_CREAT, 0644)))
PATH_CALL(excl, descriptor(open(x, O_RDWR | O_CREAT | O_EXCL, 0644)))
PATH_CALL(path, descriptor(open(x, O_PATH)))
PATH_CALL(nofollow, descriptor(open(x, O_NONBLOCK | O_NOFOLLOW)))
PATH_CALL(path_nofollow, descriptor(open(x, O_PATH | O_NOFOLLOW)))
PATH_CALL(directory, descriptor(open(x, O_NONBLOCK | O_DIRECTORY)))
PATH_CALL(directory_nofollow, descriptor(open(x, O_NONBLOCK | O_DIRECTORY | O_NOFOLLOW)))
PATH_CALL(chdir, chdir(x))
PATH_CALL(chmod, chmod(x, 0755))
PATH_CALL(chown, chown(x, -1, -1))
PATH_CALL(lchown, lchown(x, -1, -1))
PATH_CALL(utimens, utimensat(AT_FDCWD, x, NULL, 0))
PATH_CALL(lutimens, utimensat(AT_FDCWD, x, NULL, AT_SYMLINK_NOFOLLOW))
PATH_CALL(truncate, truncate(x, 0))
PATH_CALL(readlink, readlink(x, link_out, sizeof(link_out)))
PATH_CALL(statfs, statfs(x, &fs_out))
PATH_CALL(exec, execl(x, x, NULL))
PATH_CALL(mkdir, mkdir(x, 0755))
PATH_CALL(mkfifo, mknod(x, S_IFIFO | 0644, 0))
PATH_CALL(mknod, mknod(x, S_IFREG | 0644, 0))
PATH_CALL(symlink, symlink("anything", x))
PATH_CALL(link_from, link(x, "new"))
PATH_CALL(link_follow, linkat(AT_FDCWD, x, AT_FDCWD, "new", AT_SYMLINK_FOLLOW))
PATH_CALL(link_to, link("other", x))
PATH_CALL(unlink, unlink(x))
PATH_CALL(rmdir, rmdir(x))
PATH_CALL(rename_from, rename(x, "new"))
PATH_CALL(rename_from_slash, rename(x, "new/"))
PATH_CALL(rename_file_to, rename("other", x))
PATH_CALL(rename_dir_to, rename("otherdir", x))
PATH_CALL(rename_missing_to, rename("missing", x))

static int call_rename_noreplace(const char *x)
{
	return syscall(SYS_renameat2, AT_FDCWD, "otherdir", AT_FDCWD, x, RENAME_NOREPLACE);
}

static int call_chroot(const char *x)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(chroot(x) ? errno : 0);
	waitpid(child, &status, 0);
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

static const struct {
	const char *name;
	int (*call)(const char *x);
} path_calls[] = {
#define CALL(name)	{ #name, call_##name },
	PATH_CALLS(CALL)
#undef CALL
};

/* Makes an object of @kind, called "x", and the other files that the calls need. */
static void make_object(const char *kind)
{
	close(make_file("other", ""));
	CHECK_EQ(mkdir("otherdir", 0755), 0);
	if (!strcmp(kind, "file"))
		close(make_file("x", ""));
	else if (!strcmp(kind, "fifo"))
		CHECK_EQ(mkfifo("x", 0644), 0);
	else if (!strcmp(kind, "dir") || !strcmp(kind, "full"))
		CHECK_EQ(mkdir("x", 0755), 0);
	else if (strcmp(kind, "none"))
		CHECK_EQ(symlink(!strcmp(kind, "ldir") ? "otherdir" :
				 !strcmp(kind, "lfile") ? "other" : "nowhere", "x"), 0);
	if (!strcmp(kind, "full"))
		close(make_file("x/inside", ""));
}

static const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ 0, "ok" }, { ENOENT, "NOENT" }, { ENOTDIR, "NOTDIR" }, { EISDIR, "ISDIR" },
		{ EEXIST, "EXIST" }, { EBUSY, "BUSY" }, { ENOTEMPTY, "NOTEMPTY" }, { EINVAL, "INVAL" },
		{ EPERM, "PERM" }, { EACCES, "ACCES" }, { ELOOP, "LOOP" }, { EXDEV, "XDEV" },
	};
	static char number[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	snprintf(number, sizeof(number), "%d", error);
	return number;
}

static const char *top = "/tmp";
static bool fifos = true;		/* FIFOs can be made in @top */
static const char *const kinds[] = PATH_KINDS;

/* The name of the error of @call on "x" + @ending in an empty directory, where x is an object of @kind. */
static const char *answer(int (*call)(const char *x), const char *ending, const char *kind)
{
	char dir[100], x[16];
	int ret, error;

	snprintf(dir, sizeof(dir), "%s/ends.XXXXXX", top);
	CHECK(mkdtemp(dir));
	CHECK_EQ(chdir(dir), 0);
	make_object(kind);
	snprintf(x, sizeof(x), "x%s", ending);
	errno = 0;
	ret = call(x);
	error = errno;
	/* A call that was refused changed nothing. */
	if (ret < 0 && strcmp(kind, "none"))
		CHECK_EQ(faccessat(AT_FDCWD, "x", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	if (ret < 0) {
		CHECK_EQ(access("other", F_OK) | access("otherdir", F_OK), 0);
		CHECK_ERR(access("new", F_OK), ENOENT);
		CHECK_ERR(access("nowhere", F_OK), ENOENT);
	}
	return error_name(ret < 0 ? error : 0);
}

static void row(int (*call)(const char *x), const char *ending, char *out)
{
	*out = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (fifos || strcmp(kinds[i], "fifo"))
			sprintf(out + strlen(out), " %s", answer(call, ending, kinds[i]));
}

/* The expected row of the table, in the format of row(). */
static const char *expected(const char *answers)
{
	static char text[200];
	int first = strcspn(answers, " ");
	const char *second = answers + first;

	if (!fifos)
		second += 1 + strcspn(second + 1, " ");
	snprintf(text, sizeof(text), " %.*s%s", first, answers, second);
	return text;
}

static const struct {
	const char *call, *ending, *answers;
} path_answers[] = {
#define ANSWER(call, ending, answers)	{ #call, ending, answers },
	PATH_ANSWERS(ANSWER)
#undef ANSWER
};

/* ---- the tests ----------------------------------------------------------------------------- */

/* The test compares all rows before it fails, so that its output shows every wrong row. */
static void each_call_demands_what_the_ending_says(void)
{
	const size_t n = sizeof(path_answers) / sizeof(path_answers[0]);
	int wrong = 0;

	CHECK_EQ(n, 3 * sizeof(path_calls) / sizeof(path_calls[0]));
	for (size_t i = 0; i < n; i++) {
		char got[200];

		CHECK_STR(path_answers[i].call, path_calls[i / 3].name);
		if (path_calls[i / 3].call == call_mkfifo && !fifos)
			continue;
		row(path_calls[i / 3].call, path_answers[i].ending, got);
		if (strcmp(got, expected(path_answers[i].answers))) {
			tap_line("# %s(\"x%s\"):%s", path_answers[i].call, path_answers[i].ending, got);
			tap_line("#   expected:%s", expected(path_answers[i].answers));
			wrong++;
		}
	}
	CHECK_EQ(wrong, 0);
}

/* Endings with different text and the same meaning get the same answer. */
static void repeated_slashes_and_dots_change_nothing(void)
{
	static const char *const same[][2] = {
		{ "/", "//" }, { "/.", "/./" }, { "/.", "//.//" }, { "/.", "/././." },
	};

	for (size_t c = 0; c < sizeof(path_calls) / sizeof(path_calls[0]); c++)
		for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
			char one[200];

			strcpy(one, answer(path_calls[c].call, same[i][0], "ldir"));
			CHECK_STR(answer(path_calls[c].call, same[i][1], "ldir"), one);
		}
}

static void dots_and_the_root_are_not_names_that_can_be_changed(void)
{
	static const struct {
		const char *path;
		int mkdir, mkfifo, unlink, rmdir, rename_from, rename_to, noreplace, creat, excl;
	} cases[] = {
		{ ".", EEXIST, EEXIST, EISDIR, EINVAL, EBUSY, EBUSY, EEXIST, EISDIR, EEXIST },
		{ "..", EEXIST, EEXIST, EISDIR, ENOTEMPTY, EBUSY, EBUSY, EEXIST, EISDIR, EEXIST },
		{ "../", EEXIST, EEXIST, EISDIR, ENOTEMPTY, EBUSY, EBUSY, EEXIST, EISDIR, EEXIST },
		{ "otherdir/..", EEXIST, EEXIST, EISDIR, ENOTEMPTY, EBUSY, EBUSY, EEXIST, EISDIR, EEXIST },
		{ "/", EEXIST, EEXIST, EISDIR, EBUSY, EBUSY, EBUSY, EEXIST, EISDIR, EEXIST },
		{ "//", EEXIST, EEXIST, EISDIR, EBUSY, EBUSY, EBUSY, EEXIST, EISDIR, EEXIST },
	};

	/* With a root of its own the program sees no mount point, which would be busy in any case. */
	enter_empty_directory();
	CHECK_EQ(chroot("."), 0);
	CHECK_EQ(mkdir("otherdir", 0755), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *x = cases[i].path;

		CHECK_ERR(call_mkdir(x), cases[i].mkdir);
		CHECK_ERR(call_mkfifo(x), cases[i].mkfifo);
		CHECK_ERR(call_unlink(x), cases[i].unlink);
		CHECK_ERR(call_rmdir(x), cases[i].rmdir);
		CHECK_ERR(call_rename_from(x), cases[i].rename_from);
		CHECK_ERR(call_rename_dir_to(x), cases[i].rename_to);
		CHECK_ERR(call_rename_noreplace(x), cases[i].noreplace);
		CHECK_ERR(call_creat(x), cases[i].creat);
		CHECK_ERR(call_excl(x), cases[i].excl);
		CHECK_EQ(access("otherdir", F_OK), 0);
	}
}

/* The ending of a link's text has the same meaning as the ending of any other path. */
static void the_ending_of_a_link_text_is_obeyed(void)
{
	struct stat st;

	enter_empty_directory();
	close(make_file("file", ""));
	CHECK_EQ(mkdir("dir", 0755), 0);
	CHECK_EQ(symlink("file/", "lfile"), 0);
	CHECK_EQ(symlink("dir/", "ldir"), 0);
	CHECK_EQ(symlink("none/", "lnone"), 0);
	CHECK_EQ(symlink("dir/.", "ldot"), 0);
	CHECK_ERR(stat("lfile", &st), ENOTDIR);
	CHECK_EQ(lstat("lfile", &st), 0);
	CHECK_EQ(stat("ldir", &st), 0);
	CHECK_EQ(stat("ldot", &st), 0);
	CHECK_ERR(call_creat("lnone"), EISDIR);
	CHECK_ERR(call_creat("lfile"), EISDIR);
	CHECK_ERR(call_creat("ldot"), EISDIR);
	CHECK_ERR(access("none", F_OK), ENOENT);
	CHECK_ERR(mkdir("lnone", 0755), EEXIST);
	CHECK_ERR(rmdir("ldir"), ENOTDIR);
	CHECK_EQ(unlink("ldir"), 0);
}

/* "." is looked up in the directory, so the caller needs permission to search the directory. */
static void a_dot_needs_permission_to_search(void)
{
	enter_empty_directory();
	CHECK_EQ(chmod(".", 0755), 0);
	CHECK_EQ(mkdir("closed", 0744), 0);
	CHECK_EQ(setgid(1000) | setuid(1000), 0);
	CHECK_EQ(call_open("closed"), 3);
	CHECK_EQ(call_open("closed/"), 3);
	CHECK_ERR(call_open("closed/."), EACCES);
	CHECK_ERR(call_stat("closed/."), EACCES);
	CHECK_ERR(call_stat("closed/x/.."), EACCES);
	CHECK_ERR(call_statfs("closed/."), EACCES);
	CHECK_ERR(call_mkdir("closed/."), EACCES);
	CHECK_ERR(call_rmdir("closed/."), EACCES);
	CHECK_ERR(call_creat("closed/x/"), EACCES);
	CHECK_ERR(call_statfs("closed/x"), EACCES);
}

/* /proc has its own kinds of objects, and users cannot make names there. */
static void kernel_trees_judge_endings_alike(void)
{
	CHECK_ERR(call_stat("/proc/version/"), ENOTDIR);
	CHECK_ERR(call_open("/proc/version/."), ENOTDIR);
	CHECK_ERR(call_truncate("/proc/version/"), ENOTDIR);
	CHECK_ERR(call_readlink("/proc/self/"), EINVAL);
	CHECK_ERR(call_readlink("/proc/self/exe/"), ENOTDIR);
	CHECK_ERR(call_statfs("/proc/none"), ENOENT);
	CHECK_ERR(call_statfs("/proc/version/x"), ENOTDIR);
	CHECK_ERR(call_mkdir("/proc/self/"), EEXIST);
	CHECK_ERR(call_mkfifo("/proc/none/"), ENOENT);
	CHECK_ERR(call_mkfifo("/proc/self/."), EEXIST);
	CHECK_ERR(call_unlink("/proc/version/"), ENOTDIR);
	CHECK_ERR(call_unlink("/proc/sys/"), EISDIR);
	CHECK_ERR(call_unlink("/proc"), EISDIR);
	CHECK_ERR(call_rmdir("/proc/sys/."), EINVAL);
	CHECK_ERR(call_rmdir("/proc"), EBUSY);
	CHECK_ERR(call_creat("/proc/version/"), EISDIR);
	CHECK_ERR(call_directory_nofollow("/proc/self"), ENOTDIR);
	CHECK_EQ(call_directory_nofollow("/proc/self/"), 3);
	CHECK_ERR(call_stat("/dev/null/"), ENOTDIR);
	CHECK_ERR(call_stat("/dev/tty/"), ENOTDIR);
	CHECK_ERR(call_stat("/dev/tty/x"), ENOTDIR);
	CHECK_ERR(call_open("/dev/tty/x"), ENOTDIR);
	CHECK_ERR(call_chmod("/dev/tty/"), ENOTDIR);
	CHECK_ERR(call_statfs("/dev/tty/x"), ENOTDIR);
	CHECK_EQ(call_statfs("/dev/tty"), 0);
}

int main(int argc, char **argv)
{
	TAP_TEST(each_call_demands_what_the_ending_says);
	TAP_TEST(repeated_slashes_and_dots_change_nothing);
	TAP_TEST(dots_and_the_root_are_not_names_that_can_be_changed);
	TAP_TEST(the_ending_of_a_link_text_is_obeyed);
	TAP_TEST(a_dot_needs_permission_to_search);
	TAP_TEST(kernel_trees_judge_endings_alike);
	for (int i = 1; i < argc; i++) {
		top = argv[i];
		fifos = false;
		tap_run(argv[i], each_call_demands_what_the_ending_says);
	}
	return tap_done();
}
