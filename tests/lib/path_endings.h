/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path_endings.h - Linux's results for a path "x" + ending, for each kind of object x: the table of
 * tests/guest/fs/path_endings.c. Names of errors have no E.  The calls are the functions call_NAME() of
 * that suite.
 */
#ifndef TESTS_PATH_ENDINGS_H
#define TESTS_PATH_ENDINGS_H

#define PATH_CALLS(X) \
	X(stat) X(lstat) X(access) X(open) X(write) X(creat) X(excl) X(path) X(nofollow) \
	X(path_nofollow) X(directory) X(directory_nofollow) X(chdir) X(chroot) X(chmod) X(chown) \
	X(lchown) X(utimens) X(lutimens) X(truncate) X(readlink) X(statfs) X(exec) \
	X(mkdir) X(mkfifo) X(mknod) X(symlink) X(link_from) X(link_follow) X(link_to) X(unlink) \
	X(rmdir) X(rename_from) X(rename_from_slash) X(rename_file_to) X(rename_dir_to) \
	X(rename_missing_to) X(rename_noreplace)

/*
 * The kinds: a file, a FIFO, an empty directory, a directory with a file; links to a directory, to a file,
 * and to a name that does not exist; and no object at all.
 */
#define PATH_KINDS	{ "file", "fifo", "dir", "full", "ldir", "lfile", "lnone", "none" }

#define PATH_ANSWERS(X) \
	X(stat, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(stat, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(stat, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(lstat, "", "ok ok ok ok ok ok ok NOENT") \
	X(lstat, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(lstat, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(access, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(access, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(access, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(open, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(open, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(open, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(write, "", "ok ok ISDIR ISDIR ISDIR ok NOENT NOENT") \
	X(write, "/", "NOTDIR NOTDIR ISDIR ISDIR ISDIR NOTDIR NOENT NOENT") \
	X(write, "/.", "NOTDIR NOTDIR ISDIR ISDIR ISDIR NOTDIR NOENT NOENT") \
	X(creat, "", "ok ok ISDIR ISDIR ISDIR ok ok ok") \
	X(creat, "/", "ISDIR ISDIR ISDIR ISDIR ISDIR ISDIR ISDIR ISDIR") \
	X(creat, "/.", "NOTDIR NOTDIR ISDIR ISDIR ISDIR NOTDIR NOENT NOENT") \
	X(excl, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(excl, "/", "ISDIR ISDIR ISDIR ISDIR ISDIR ISDIR ISDIR ISDIR") \
	X(excl, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT") \
	X(path, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(path, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(path, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(nofollow, "", "ok ok ok ok LOOP LOOP LOOP NOENT") \
	X(nofollow, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(nofollow, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(path_nofollow, "", "ok ok ok ok ok ok ok NOENT") \
	X(path_nofollow, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(path_nofollow, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(directory, "", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(directory, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(directory, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(directory_nofollow, "", "NOTDIR NOTDIR ok ok NOTDIR NOTDIR NOTDIR NOENT") \
	X(directory_nofollow, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(directory_nofollow, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chdir, "", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chdir, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chdir, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chroot, "", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chroot, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chroot, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chmod, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(chmod, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chmod, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chown, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(chown, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(chown, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(lchown, "", "ok ok ok ok ok ok ok NOENT") \
	X(lchown, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(lchown, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(utimens, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(utimens, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(utimens, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(lutimens, "", "ok ok ok ok ok ok ok NOENT") \
	X(lutimens, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(lutimens, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(truncate, "", "ok INVAL ISDIR ISDIR ISDIR ok NOENT NOENT") \
	X(truncate, "/", "NOTDIR NOTDIR ISDIR ISDIR ISDIR NOTDIR NOENT NOENT") \
	X(truncate, "/.", "NOTDIR NOTDIR ISDIR ISDIR ISDIR NOTDIR NOENT NOENT") \
	X(readlink, "", "INVAL INVAL INVAL INVAL ok ok ok NOENT") \
	X(readlink, "/", "NOTDIR NOTDIR INVAL INVAL INVAL NOTDIR NOENT NOENT") \
	X(readlink, "/.", "NOTDIR NOTDIR INVAL INVAL INVAL NOTDIR NOENT NOENT") \
	X(statfs, "", "ok ok ok ok ok ok NOENT NOENT") \
	X(statfs, "/", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(statfs, "/.", "NOTDIR NOTDIR ok ok ok NOTDIR NOENT NOENT") \
	X(exec, "", "ACCES ACCES ACCES ACCES ACCES ACCES NOENT NOENT") \
	X(exec, "/", "NOTDIR NOTDIR ACCES ACCES ACCES NOTDIR NOENT NOENT") \
	X(exec, "/.", "NOTDIR NOTDIR ACCES ACCES ACCES NOTDIR NOENT NOENT") \
	X(mkdir, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(mkdir, "/", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(mkdir, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT") \
	X(mkfifo, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(mkfifo, "/", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST NOENT") \
	X(mkfifo, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT") \
	X(mknod, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(mknod, "/", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST NOENT") \
	X(mknod, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT") \
	X(symlink, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(symlink, "/", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST NOENT") \
	X(symlink, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT") \
	X(link_from, "", "ok ok PERM PERM ok ok ok NOENT") \
	X(link_from, "/", "NOTDIR NOTDIR PERM PERM PERM NOTDIR NOENT NOENT") \
	X(link_from, "/.", "NOTDIR NOTDIR PERM PERM PERM NOTDIR NOENT NOENT") \
	X(link_follow, "", "ok ok PERM PERM PERM ok NOENT NOENT") \
	X(link_follow, "/", "NOTDIR NOTDIR PERM PERM PERM NOTDIR NOENT NOENT") \
	X(link_follow, "/.", "NOTDIR NOTDIR PERM PERM PERM NOTDIR NOENT NOENT") \
	X(link_to, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(link_to, "/", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST NOENT") \
	X(link_to, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT") \
	X(unlink, "", "ok ok ISDIR ISDIR ok ok ok NOENT") \
	X(unlink, "/", "NOTDIR NOTDIR ISDIR ISDIR NOTDIR NOTDIR NOTDIR NOENT") \
	X(unlink, "/.", "NOTDIR NOTDIR ISDIR ISDIR ISDIR NOTDIR NOENT NOENT") \
	X(rmdir, "", "NOTDIR NOTDIR ok NOTEMPTY NOTDIR NOTDIR NOTDIR NOENT") \
	X(rmdir, "/", "NOTDIR NOTDIR ok NOTEMPTY NOTDIR NOTDIR NOTDIR NOENT") \
	X(rmdir, "/.", "NOTDIR NOTDIR INVAL INVAL INVAL NOTDIR NOENT NOENT") \
	X(rename_from, "", "ok ok ok ok ok ok ok NOENT") \
	X(rename_from, "/", "NOTDIR NOTDIR ok ok NOTDIR NOTDIR NOTDIR NOENT") \
	X(rename_from, "/.", "NOTDIR NOTDIR BUSY BUSY BUSY NOTDIR NOENT NOENT") \
	X(rename_from_slash, "", "NOTDIR NOTDIR ok ok NOTDIR NOTDIR NOTDIR NOENT") \
	X(rename_from_slash, "/", "NOTDIR NOTDIR ok ok NOTDIR NOTDIR NOTDIR NOENT") \
	X(rename_from_slash, "/.", "NOTDIR NOTDIR BUSY BUSY BUSY NOTDIR NOENT NOENT") \
	X(rename_file_to, "", "ok ok ISDIR ISDIR ok ok ok ok") \
	X(rename_file_to, "/", "NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR NOTDIR") \
	X(rename_file_to, "/.", "NOTDIR NOTDIR BUSY BUSY BUSY NOTDIR NOENT NOENT") \
	X(rename_dir_to, "", "NOTDIR NOTDIR ok NOTEMPTY NOTDIR NOTDIR NOTDIR ok") \
	X(rename_dir_to, "/", "NOTDIR NOTDIR ok NOTEMPTY NOTDIR NOTDIR NOTDIR ok") \
	X(rename_dir_to, "/.", "NOTDIR NOTDIR BUSY BUSY BUSY NOTDIR NOENT NOENT") \
	X(rename_missing_to, "", "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT") \
	X(rename_missing_to, "/", "NOENT NOENT NOENT NOENT NOENT NOENT NOENT NOENT") \
	X(rename_missing_to, "/.", "NOTDIR NOTDIR BUSY BUSY BUSY NOTDIR NOENT NOENT") \
	X(rename_noreplace, "", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(rename_noreplace, "/", "EXIST EXIST EXIST EXIST EXIST EXIST EXIST ok") \
	X(rename_noreplace, "/.", "NOTDIR NOTDIR EXIST EXIST EXIST NOTDIR NOENT NOENT")

#endif
