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
#define S_ISBLK(m)	(((m) & S_IFMT) == S_IFBLK)
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

/* The mask of ATTR_ bits for setattr. */
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
#define ATTR_NOW	32		/* times are "now" */
#define ATTR_OWNER	64		/* chown, even without a new owner: drops set-ids */

struct statfs {
	s64 f_type, f_bsize;
	u64 f_blocks, f_bfree, f_bavail, f_files, f_ffree;
	s32 f_fsid[2];
	s64 f_namelen, f_frsize, f_flags, f_spare[4];
};

_Static_assert(sizeof(struct statfs) == 120, "struct statfs is 120 bytes in the ABI");

struct statx_timestamp {
	s64 tv_sec;
	u32 tv_nsec;
	s32 pad;
};

struct statx {
	u32 stx_mask, stx_blksize;
	u64 stx_attributes;
	u32 stx_nlink, stx_uid, stx_gid;
	u16 stx_mode, pad0;
	u64 stx_ino, stx_size, stx_blocks, stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	u32 stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
	u64 spare[14];
};

_Static_assert(sizeof(struct statx) == 256, "struct statx is 256 bytes in the ABI");
#define STATX_BASIC_STATS	0x7ffu
#define STATX__RESERVED		0x80000000u

/* Device numbers: 12 + 20 bits, split as the ABI does. */
#define MKDEV(ma, mi)	((((u64)(ma) & 0xfff) << 8) | ((u64)(mi) & 0xff) | \
			 (((u64)(mi) & 0xfff00) << 12) | (((u64)(ma) & 0xfffff000) << 32))
#define DEV_MAJOR(d)	((u32)((((d) >> 8) & 0xfff) | (((d) >> 32) & 0xfffff000)))
#define DEV_MINOR(d)	((u32)(((d) & 0xff) | (((d) >> 12) & 0xfff00)))

struct dirent64_abi {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};

struct iovec {
	void *iov_base;
	size_t iov_len;
};

#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10

#endif
