/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that change names: mknod (mkdir), unlink (rmdir), rename, link, symlink, readlink. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "hostfs.h"

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* aux of a redirect: it replaces the second path. */
#define REDIRECT_SECOND	(1ull << 32)

/*
 * Walks to the directory of path @which, in which the caller may create a name.  As
 * access_make().
 */
static int parent_to_change(struct job *job, unsigned which, struct walk *walk)
{
	int ret = walk_path(job, which, WALK_PARENT, walk);

	if (ret < 0)
		return ret;
	if (!walk->name)
		return -EEXIST;
	return access_make(job, walk->fid);
}

static int64_t hostfs_mknod(struct job *job)
{
	uint32_t mode = (uint32_t)job->req.arg[0];
	struct walk walk;
	int ret = take_path(job, 0, 0, job->req.in_len);

	if (ret == 0)
		ret = parent_to_change(job, 0, &walk);
	if (ret < 0)
		return ret;
	switch (mode & S_IFMT) {
	case S_IFDIR:
		/* The host gets the group as an argument, and would not pass it on itself. */
		return client_mkdir(job, walk.fid, walk.name, (mode & 07777) | (ret ? S_ISGID : 0));
	case S_IFIFO:
	case S_IFREG:
	case 0:
		if (!(mode & S_IFMT))
			mode |= S_IFREG;
		return client_mknod(job, walk.fid, walk.name,
				    (mode & S_IFMT) | create_mode(&job->req, mode));
	}
	/* Devices are mount points of servers; a node here could not lead to a device. */
	return -EPERM;
}

static int64_t hostfs_unlink(struct job *job)
{
	struct walk walk;
	int ret = take_path(job, 0, 0, job->req.in_len);

	if (ret == 0)
		ret = walk_path(job, 0, WALK_PARENT, &walk);
	if (ret < 0)
		return ret;
	if (!walk.name)
		return -EBUSY;
	ret = access_remove(job, walk.fid, walk.name);
	return ret < 0 ? ret : client_unlink(job, walk.fid, walk.name, job->req.arg[0] & 1);
}

/* The two paths of the input, in sequence. */
static int take_two_paths(struct job *job)
{
	uint64_t first = job->req.arg[0];
	int ret = take_path(job, 0, 0, first);

	return ret < 0 ? ret : take_path(job, 1, first, job->req.in_len);
}

/* Marks a redirect as that of the second path. */
static int second(struct job *job, int error)
{
	if (error == PORT_REDIRECT)
		job->reply.aux |= REDIRECT_SECOND;
	return error;
}

/* 0 if @name is not in directory @fid. */
static int must_be_missing(struct job *job, uint32_t fid, const char *name)
{
	char *names[] = { (char *)name, NULL };
	struct p9_qid qids[P9_WALK_MAX];
	uint32_t other;
	int ret = client_walk(job, fid, names, &other, qids);

	return ret == -ENOENT ? 0 : ret < 0 ? ret : -EEXIST;
}

/* The file to be renamed: @name in directory @fid. */
static int must_be_directory(struct job *job, uint32_t fid, const char *name)
{
	char *names[] = { (char *)name, NULL };
	struct p9_qid qids[P9_WALK_MAX];
	uint32_t other;
	int ret = client_walk(job, fid, names, &other, qids);

	return ret < 0 ? ret : qids[0].type & P9_QID_DIR ? 0 : -ENOTDIR;
}

static int rename_check(struct job *job, const struct walk *from, const struct walk *to)
{
	int error = access_remove(job, from->fid, from->name);

	if (error == 0)
		error = access_change(job, to->fid);
	if (error == 0 && job->req.arg[1] & RENAME_NOREPLACE)
		error = must_be_missing(job, to->fid, to->name);
	if (error == 0 && job->req.flags & PORT_REQ_DIRECTORY)
		error = must_be_directory(job, from->fid, from->name);
	return error;
}

static int64_t hostfs_rename(struct job *job)
{
	unsigned flags = (unsigned)job->req.arg[1];
	struct walk from, to;
	int ret;

	/* The protocol has no exchange of names. */
	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	ret = take_two_paths(job);
	if (ret == 0)
		ret = walk_path(job, 0, WALK_PARENT, &from);
	if (ret == 0)
		ret = second(job, walk_path(job, 1, WALK_PARENT, &to));
	if (ret < 0)
		return ret;
	if (!from.name || !to.name)
		return -EBUSY;
	ret = rename_check(job, &from, &to);
	return ret < 0 ? ret : client_rename(job, from.fid, from.name, to.fid, to.name);
}

static int64_t hostfs_link(struct job *job)
{
	struct walk from, to;
	int ret = take_two_paths(job);

	if (ret == 0)
		ret = walk_path(job, 0, job->req.arg[1] ? 0 : WALK_NOFOLLOW, &from);
	if (ret == 0)
		ret = second(job, parent_to_change(job, 1, &to));
	if (ret < 0)
		return ret;
	if (from.qid.type & P9_QID_DIR)
		return -EPERM;
	return client_link(job, to.fid, from.fid, to.name);
}

static int64_t hostfs_symlink(struct job *job)
{
	uint64_t target = job->req.arg[0];
	struct walk walk;
	int ret = take_path(job, 1, 0, target);

	if (ret == 0)
		ret = take_path(job, 0, target, job->req.in_len);
	if (ret == 0)
		ret = parent_to_change(job, 0, &walk);
	return ret < 0 ? ret : client_symlink(job, walk.fid, walk.name, job->path[1]);
}

static int64_t hostfs_readlink(struct job *job)
{
	struct walk walk;
	int64_t len;
	int ret = take_path(job, 0, 0, job->req.in_len);

	if (ret == 0)
		ret = walk_path(job, 0, WALK_NOFOLLOW, &walk);
	if (ret < 0)
		return ret;
	if (!(walk.qid.type & P9_QID_SYMLINK))
		return -EINVAL;
	len = client_readlink(job, walk.fid, job->redirect, sizeof(job->redirect));
	return len < 0 ? len : srv_data(&job->reply, len, job->redirect, len);
}

int64_t (*const name_ops[SRV_OPS])(struct job *job) = {
	[PORT_MKNOD] = hostfs_mknod,
	[PORT_UNLINK] = hostfs_unlink,
	[PORT_RENAME] = hostfs_rename,
	[PORT_LINK] = hostfs_link,
	[PORT_SYMLINK] = hostfs_symlink,
	[PORT_READLINK] = hostfs_readlink,
};
