/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths.  The host walks names, but not through symbolic links (they would lead out of the
 * folder), and not for a certain user (it only knows the user who runs the emulator).  So links
 * are answered by a redirect, and permissions of users other than root are checked here, by the
 * modes that the host reports.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "hostfs.h"

#define STICKY	01000

/* ---- permissions -------------------------------------------------------------------- */

int access_check(const struct port_request *req, const struct p9_attr *attr, unsigned want)
{
	const struct srv_rights file = { attr->mode, attr->uid, attr->gid };

	return srv_access(hostfs_server(), req, &file, want);
}

int access_change(struct job *job, uint32_t fid)
{
	struct p9_attr attr;
	int ret;

	if (job->req.uid == 0)
		return 0;
	ret = client_getattr(job, fid, &attr);
	return ret < 0 ? ret : access_check(&job->req, &attr, 3);
}

int access_make(struct job *job, uint32_t fid)
{
	struct p9_attr dir;
	bool hands_on;
	int ret = client_getattr(job, fid, &dir);

	if (ret == 0)
		ret = access_check(&job->req, &dir, 3);
	if (ret < 0)
		return ret;
	hands_on = dir.mode & S_ISGID;
	job->group = hands_on ? dir.gid : job->req.gid;
	return hands_on;
}

/*
 * New files on the host belong to the user who runs the emulator, often root: a set-user-id file
 * of another user would give that user root's rights.
 */
uint32_t create_mode(const struct port_request *req, uint32_t mode)
{
	return mode & (req->uid ? 01777 : 07777);
}

int access_remove(struct job *job, uint32_t fid, const char *name)
{
	char *names[] = { (char *)name, NULL };
	struct p9_attr dir, attr;
	struct p9_qid qids[P9_WALK_MAX];
	uint32_t victim;
	int ret;

	if (job->req.uid == 0)
		return 0;
	ret = client_getattr(job, fid, &dir);
	if (ret == 0)
		ret = access_check(&job->req, &dir, 3);
	if (ret < 0 || !(dir.mode & STICKY) || dir.uid == job->req.uid)
		return ret;
	ret = client_walk(job, fid, names, &victim, qids);
	if (ret == 0)
		ret = client_getattr(job, victim, &attr);
	if (ret == 0 && attr.uid != job->req.uid)
		ret = -EPERM;
	return ret;
}

/* ---- names -------------------------------------------------------------------------- */

/* The names of a path: texts with NUL, one behind the other. */
struct names {
	char *first;
	int count;
	int steps;			/* the walk takes these: all names, or all but the last */
	unsigned flags;			/* WALK_ */
};

/*
 * Splits @path at its slashes, in place.  Returns the number of names, in sequence, each with
 * NUL.
 */
static int cut(char *path)
{
	char *to = path;
	int count = 0;

	for (const char *from = path; *from;) {
		size_t len = strcspn(from, "/");

		if (len > 255)
			return -ENAMETOOLONG;
		if (len) {
			memmove(to, from, len);
			from += len;
			to += len;
			from += *from == '/';
			*to++ = '\0';
			count++;
		} else {
			from++;
		}
	}
	return count;
}

static char *next_name(char *name)
{
	return name + strlen(name) + 1;
}

static bool add(char *text, size_t *used, const char *more, bool slash)
{
	int n = snprintf(text + *used, SRV_PATH_MAX - *used, "%s%s", slash ? "/" : "", more);

	*used += n;
	return *used < SRV_PATH_MAX;
}

/*
 * Name @at of @names is the link to which @fid refers: makes the redirect.  A relative target is
 * relative to the mount, so the walked part precedes it.
 */
static int redirect(struct job *job, uint32_t fid, const struct names *names, int at)
{
	char target[SRV_PATH_MAX], *name = names->first;
	int64_t len = client_readlink(job, fid, target, sizeof(target));
	size_t used = 0;
	bool fits = true;

	if (len <= 0)
		return len < 0 ? (int)len : -ENOENT;
	for (int i = 0; i < names->count && fits; i++, name = next_name(name)) {
		if (i == at)
			fits = add(job->redirect, &used, target, used > 0);
		else if (i > at || target[0] != '/')
			fits = add(job->redirect, &used, name, used > 0);
	}
	if (!fits)
		return -ENAMETOOLONG;
	job->reply.aux = used;
	return (int)srv_data(&job->reply, PORT_REDIRECT, job->redirect, used);
}

/* True if step @at led to a link that must be followed. */
static bool follows(struct p9_qid qid, const struct names *names, int at)
{
	return qid.type & P9_QID_SYMLINK &&
	       (at + 1 < names->count || !(names->flags & WALK_NOFOLLOW));
}

/* ---- the walk ----------------------------------------------------------------------- */

/* As many steps as fit in a message; only for callers who may search every directory. */
static int walk_at_once(struct job *job, char *names, int steps, struct walk *walk)
{
	struct p9_qid qids[P9_WALK_MAX];
	char *batch[P9_WALK_MAX + 1] = { NULL };
	int error;

	for (int i = 0; i < steps; i++, names = next_name(names))
		batch[i] = names;
	error = client_walk(job, ROOT_FID, batch, &walk->fid, qids);
	if (error == 0)
		walk->qid = steps ? qids[steps - 1] : (struct p9_qid){ .type = P9_QID_DIR };
	return error;
}

static int may_search(struct job *job, uint32_t fid)
{
	struct p9_attr attr;
	int ret;

	if (job->req.uid == 0)
		return 0;
	ret = client_getattr(job, fid, &attr);
	if (ret < 0)
		return ret;
	return S_ISDIR(attr.mode) ? access_check(&job->req, &attr, 1) : -ENOTDIR;
}

/* Step by step: finds the link, or the missing permission, at which walk_at_once() stopped. */
static int walk_slowly(struct job *job, const struct names *names, struct walk *walk)
{
	char *name = names->first;
	int error = walk_at_once(job, name, 0, walk);

	for (int i = 0; i < names->steps && error == 0; i++, name = next_name(name)) {
		if (!(walk->qid.type & P9_QID_DIR))
			return -ENOTDIR;
		error = may_search(job, walk->fid);
		if (error == 0)
			error = client_step(job, walk->fid, name, &walk->qid);
		if (error == 0 && follows(walk->qid, names, i))
			return redirect(job, walk->fid, names, i);
	}
	return error;
}

static int walk_names(struct job *job, unsigned which, unsigned flags, struct walk *walk)
{
	struct names names = { .first = job->path[which], .flags = flags };
	char *last = names.first;
	int count = cut(names.first), steps, error = -ENOENT;

	if (count < 0)
		return count;
	for (int i = 1; i < count; i++)
		last = next_name(last);
	walk->name = count ? last : NULL;
	steps = count && flags & WALK_PARENT ? count - 1 : count;
	names.count = count;
	names.steps = steps;
	if (job->req.uid == 0 && steps <= P9_WALK_MAX) {
		error = walk_at_once(job, names.first, steps, walk);
		if (error == 0 && steps && follows(walk->qid, &names, steps - 1))
			return redirect(job, walk->fid, &names, steps - 1);
		if (error == 0 || error == -EINTR || steps < 2)
			return error;
	}
	return walk_slowly(job, &names, walk);
}

/* The requirement of the path's ending applies to the first path, walked to its end. */
int walk_path(struct job *job, unsigned which, unsigned flags, struct walk *walk)
{
	bool directory = which == 0 && !(flags & WALK_PARENT) &&
			 job->req.flags & PORT_REQ_DIRECTORY;
	int ret = walk_names(job, which, directory ? flags & ~WALK_NOFOLLOW : flags, walk);

	if (ret < 0 || !directory)
		return ret;
	if (!(walk->qid.type & P9_QID_DIR))
		return -ENOTDIR;
	return job->req.flags & PORT_REQ_SEARCH ? may_search(job, walk->fid) : 0;
}
