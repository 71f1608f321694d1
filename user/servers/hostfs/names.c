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

/* aux of a redirect: the second path is the one replaced. */
#define REDIRECT_SECOND	(1ull << 32)

/* The directory of path @which, walked, in which the caller may make a name. */
static int parent_to_change(struct job *job, unsigned which, struct walk *walk)
{
	int rc = walk_path(job, which, WALK_PARENT, walk);

	if (rc < 0)
		return rc;
	if (!walk->name)
		return -EEXIST;
	return access_change(job, walk->fid);
}

static int64_t hostfs_mknod(struct job *job)
{
	uint32_t mode = (uint32_t)job->req.arg[0];
	struct walk walk;
	int rc = take_path(job, 0, 0, job->req.in_len);

	if (rc == 0)
		rc = parent_to_change(job, 0, &walk);
	if (rc < 0)
		return rc;
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return client_mkdir(job, walk.fid, walk.name, mode & 07777);
	case S_IFIFO:
	case S_IFREG:
	case 0:
		if (!(mode & S_IFMT))
			mode |= S_IFREG;
		return client_mknod(job, walk.fid, walk.name, mode & (S_IFMT | 07777));
	}
	/* Devices are names that servers mount; a node here could not lead to one. */
	return -EPERM;
}

static int64_t hostfs_unlink(struct job *job)
{
	struct walk walk;
	int rc = take_path(job, 0, 0, job->req.in_len);

	if (rc == 0)
		rc = walk_path(job, 0, WALK_PARENT, &walk);
	if (rc < 0)
		return rc;
	if (!walk.name)
		return -EBUSY;
	rc = access_remove(job, walk.fid, walk.name);
	return rc < 0 ? rc : client_unlink(job, walk.fid, walk.name, job->req.arg[0] & 1);
}

/* The two paths of the input, one behind the other. */
static int take_two_paths(struct job *job)
{
	uint64_t first = job->req.arg[0];
	int rc = take_path(job, 0, 0, first);

	return rc < 0 ? rc : take_path(job, 1, first, job->req.in_len);
}

/* Marks a redirect as one of the second path. */
static int second(struct job *job, int rc)
{
	if (rc == PORT_REDIRECT)
		job->reply.aux |= REDIRECT_SECOND;
	return rc;
}

/* 0 if @name is not in directory @fid. */
static int must_be_missing(struct job *job, uint32_t fid, const char *name)
{
	char *names[1] = { (char *)name };
	struct p9_qid qids[P9_WALK_MAX];
	uint32_t other;
	int rc = client_walk(job, fid, names, 1, &other, qids);

	return rc == -ENOENT ? 0 : rc < 0 ? rc : -EEXIST;
}

static int64_t hostfs_rename(struct job *job)
{
	unsigned flags = (unsigned)job->req.arg[1];
	struct walk from, to;
	int rc;

	/* Exchanging is not in the protocol. */
	if (flags & ~RENAME_NOREPLACE)
		return -EINVAL;
	rc = take_two_paths(job);
	if (rc == 0)
		rc = walk_path(job, 0, WALK_PARENT, &from);
	if (rc == 0)
		rc = second(job, walk_path(job, 1, WALK_PARENT, &to));
	if (rc < 0)
		return rc;
	if (!from.name || !to.name)
		return -EBUSY;
	rc = access_remove(job, from.fid, from.name);
	if (rc == 0)
		rc = access_change(job, to.fid);
	if (rc == 0 && flags & RENAME_NOREPLACE)
		rc = must_be_missing(job, to.fid, to.name);
	return rc < 0 ? rc : client_rename(job, from.fid, from.name, to.fid, to.name);
}

static int64_t hostfs_link(struct job *job)
{
	struct walk from, to;
	int rc = take_two_paths(job);

	if (rc == 0)
		rc = walk_path(job, 0, job->req.arg[1] ? 0 : WALK_NOFOLLOW, &from);
	if (rc == 0)
		rc = second(job, parent_to_change(job, 1, &to));
	if (rc < 0)
		return rc;
	if (from.qid.type & P9_QID_DIR)
		return -EPERM;
	return client_link(job, to.fid, from.fid, to.name);
}

static int64_t hostfs_symlink(struct job *job)
{
	uint64_t target = job->req.arg[0];
	struct walk walk;
	int rc = take_path(job, 1, 0, target);

	if (rc == 0)
		rc = take_path(job, 0, target, job->req.in_len);
	if (rc == 0)
		rc = parent_to_change(job, 0, &walk);
	return rc < 0 ? rc : client_symlink(job, walk.fid, walk.name, job->path[1]);
}

static int64_t hostfs_readlink(struct job *job)
{
	struct walk walk;
	int64_t len;
	int rc = take_path(job, 0, 0, job->req.in_len);

	if (rc == 0)
		rc = walk_path(job, 0, WALK_NOFOLLOW, &walk);
	if (rc < 0)
		return rc;
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
