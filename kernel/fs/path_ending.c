/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths that end in "/", "/." or "/..": the meaning of these endings.
 *
 * For an operation that looks a file up, such an ending requires a directory, and a link at the
 * end is followed; the backend's walk checks this in the same step.  Operations that create,
 * remove or rename need a name at the end of their path.  For these the result is an error in all
 * but three cases (mkdir, rmdir and the rename of a directory may end in a slash).  So this file
 * only determines which error: Linux's, in Linux's order.
 *
 * No locks: the results of probes may be out of date when they are used.  Their only effect is an
 * error that was correct at that moment.
 */
#include <neurath/mm.h>
#include "fs_internal.h"

/* Finds the file that @path leads to for @rq: 0, or the reason why it cannot be reached. */
static int ending_probe(const char *path, enum path_ending ending, bool follow, umode_t *mode)
{
	struct path_request probe = { .op = PORT_STAT, .follow = follow, .ending = ending };
	char *copy = kstrdup(path, GFP_KERNEL);
	int error = copy ? path_perform(&probe, copy, NULL) : -ENOMEM;

	if (!error)
		*mode = probe.attr.mode;
	return error;
}

/* The directory that would contain the last name of @path; for "." and the like @path itself. */
static int ending_probe_parent(const char *path, enum path_ending ending)
{
	char *parent = kstrdup(path, GFP_KERNEL);
	umode_t mode;
	int error;

	if (!parent)
		return -ENOMEM;
	if (ending < PATH_ENDS_DOT) {
		path_cut_name(parent);
		ending = PATH_ENDS_DOT;
	}
	error = ending_probe(parent, ending, true, &mode);
	kfree(parent);
	return error;
}

/* A new name at the end of @path: only that of a directory may end in a slash. */
static int ending_make(const char *path, enum path_ending ending, bool is_dir)
{
	umode_t mode;
	int error;

	if (ending == PATH_ENDS_NAME || (ending == PATH_ENDS_SLASH && is_dir))
		return 0;
	if (ending == PATH_ENDS_SLASH)
		error = ending_probe(path, PATH_ENDS_NAME, false, &mode);
	else
		error = ending_probe_parent(path, ending);
	return error ? error : -EEXIST;
}

/* open() with O_CREAT does not create directories. */
static int ending_create(const struct path_request *rq)
{
	int error = ending_probe_parent(rq->path, rq->ending);

	if (error)
		return error;
	return rq->ending >= PATH_ENDS_DOT && rq->arg0 & O_EXCL ? -EEXIST : -EISDIR;
}

static int ending_unlink(const struct path_request *rq)
{
	bool rmdir = rq->arg0;
	umode_t mode;
	int error;

	if (rq->ending == PATH_ENDS_SLASH) {
		if (rmdir)
			return 0;
		error = ending_probe(rq->path, PATH_ENDS_NAME, false, &mode);
		return error ? error : S_ISDIR(mode) ? -EISDIR : -ENOTDIR;
	}
	error = ending_probe_parent(rq->path, rq->ending);
	if (error || !rmdir)
		return error ? error : -EISDIR;
	return rq->ending == PATH_ENDS_DOT ? -EINVAL :
	       rq->ending == PATH_ENDS_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

static int ending_rename(struct path_request *rq)
{
	int error;

	if (rq->ending < PATH_ENDS_DOT && rq->ending2 < PATH_ENDS_DOT) {
		rq->want_directory = true;
		return 0;
	}
	error = ending_probe_parent(rq->path, rq->ending);
	if (!error)
		error = ending_probe_parent(rq->path2, rq->ending2);
	if (error)
		return error;
	return rq->ending < PATH_ENDS_DOT && rq->arg1 & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
}

static int ending_look_up(struct path_request *rq)
{
	if (rq->ending == PATH_ENDS_NAME)
		return 0;
	rq->follow = true;
	rq->want_directory = true;
	/* "." is looked up in the directory; a path of only "/" looks up no name. */
	rq->want_search = rq->ending == PATH_ENDS_DOT || rq->ending == PATH_ENDS_DOTDOT;
	if (rq->op == PORT_OPEN)
		rq->arg0 |= O_DIRECTORY;
	return 0;
}

/* The old path is looked up before the new path is checked. */
static int ending_link(struct path_request *rq)
{
	umode_t mode;
	int error;

	if (rq->ending2 == PATH_ENDS_NAME)
		return ending_look_up(rq);
	error = ending_probe(rq->path, rq->ending, rq->follow, &mode);
	return error ? error : ending_make(rq->path2, rq->ending2, false);
}

int path_apply_endings(struct path_request *rq)
{
	switch (rq->op) {
	case PORT_MKNOD:
		return ending_make(rq->path, rq->ending, S_ISDIR(rq->arg0));
	case PORT_SYMLINK:
		return ending_make(rq->path, rq->ending, false);
	case PORT_UNLINK:
		return ending_unlink(rq);
	case PORT_RENAME:
		return ending_rename(rq);
	case PORT_LINK:
		return ending_link(rq);
	case PORT_OPEN:
		return rq->arg0 & O_CREAT ? ending_create(rq) : ending_look_up(rq);
	default:
		return ending_look_up(rq);
	}
}
