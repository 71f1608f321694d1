/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File modes and struct stat: Linux x86_64 ABI. */
#ifndef UAPI_STAT_H
#define UAPI_STAT_H

#include <neurath/types.h>

#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define S_IFLNK		0120000
#define S_IFREG		0100000
#define S_IFBLK		0060000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFIFO		0010000
#define S_ISUID		0004000
#define S_ISGID		0002000
#define S_ISVTX		0001000
#define S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define S_ISLNK(m)	(((m) & S_IFMT) == S_IFLNK)
#define S_ISCHR(m)	(((m) & S_IFMT) == S_IFCHR)
#define S_ISFIFO(m)	(((m) & S_IFMT) == S_IFIFO)

struct timespec64 {
	s64 tv_sec;
	s64 tv_nsec;
};

struct stat {
	u64 st_dev;
	u64 st_ino;
	u64 st_nlink;
	u32 st_mode;
	u32 st_uid;
	u32 st_gid;
	u32 pad0;
	u64 st_rdev;
	s64 st_size;
	s64 st_blksize;
	s64 st_blocks;
	struct timespec64 st_atim;
	struct timespec64 st_mtim;
	struct timespec64 st_ctim;
	s64 unused[3];
};

_Static_assert(sizeof(struct stat) == 144, "struct stat is 144 bytes in the ABI");

/* What setattr changes: mask of the ATTR_ bits. */
#define ATTR_MODE	1
#define ATTR_UID	2
#define ATTR_GID	4
#define ATTR_ATIME	8
#define ATTR_MTIME	16
struct setattr {
	unsigned valid;
	u32 mode;
	u32 uid, gid;
	struct timespec64 atime, mtime;
};

#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_REG		8
#define DT_LNK		10

#endif
