/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about files: open and close, contents, attributes. hostfs.h is the contract. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include "hostfs.h"

/* The flags of an open that the host must know; the kernel handles all others. */
#define HOST_FLAGS	(O_ACCMODE | O_APPEND | O_DSYNC | O_SYNC)
#define CREATE_TRIES	8
/* of an entry from the host: identity, offset, type, length of the name */
#define DIRENT_HEAD	24

/* An open file; its handle is its index in the table and the number of the process (keep.c). */
struct open_file {
	uint32_t fid;
	bool used, closing;
	bool append;		/* the host appends each write */
};

static struct open_file *open_files;
static size_t nr_open;
static bool any_closing;

/* ---- helpers ------------------------------------------------------------------------ */

int64_t answer_data(struct job *job, int64_t status, const void *data, size_t len)
{
	if (len)
		memcpy(job->data.memory, data, len);
	return srv_data(&job->reply, status, job->data.memory, len);
}

void attr_to_port(const struct p9_attr *attr, struct port_attr *out)
{
	*out = (struct port_attr){
		.node = attr->qid.path ? attr->qid.path : 1,
		/* No version: contents that the host may change at any time are not cached. */
		.size = attr->size, .mode = attr->mode, .nlink = (uint32_t)attr->nlink,
		.uid = attr->uid, .gid = attr->gid,
		.atime_ns = attr->atime_ns, .mtime_ns = attr->mtime_ns, .ctime_ns = attr->ctime_ns,
	};
	if (S_ISCHR(attr->mode) || S_ISBLK(attr->mode))
		out->rdev = attr->rdev;
	else
		out->blocks = attr->blocks;
}

static int64_t answer_attr(struct job *job, const struct p9_attr *attr)
{
	struct port_attr out;

	attr_to_port(attr, &out);
	return answer_data(job, 0, &out, sizeof(out));
}

int take_path(struct job *job, unsigned which, uint64_t from, uint64_t to)
{
	int error;

	if (from > to || to > job->req.in_len)
		return -EINVAL;
	if (to - from >= SRV_PATH_MAX)
		return -ENAMETOOLONG;
	error = srv_fetch(hostfs_server(), &job->req, from, job->path[which], to - from);
	job->path[which][to - from] = '\0';
	return error;
}

/* NULL: the file was opened by a process that has died, and is lost: -EIO. */
static struct open_file *find_open(uint64_t handle)
{
	uint32_t index = (uint32_t)handle;

	return keep_is_ours(handle) && index < nr_open && open_files[index].used ?
	       &open_files[index] : NULL;
}

/*
 * The fid of a request that names its file by handle or by path; the path is the rest of the
 * input.
 */
static int find_fid(struct job *job, uint64_t path_at, unsigned flags, uint32_t *fid)
{
	struct open_file *file;
	struct walk walk;
	int error;

	if (!srv_by_path(&job->req)) {
		file = find_open(job->req.handle);
		*fid = file ? file->fid : 0;
		return file ? 0 : -EIO;
	}
	error = take_path(job, 0, path_at, job->req.in_len);
	if (error == 0)
		error = walk_path(job, 0, flags, &walk);
	if (error == 0)
		*fid = walk.fid;
	return error;
}

/* ---- open and close ----------------------------------------------------------------- */

/* A free place in the table; it stays free until it is marked. */
static int64_t open_place(void)
{
	struct open_file *more;
	size_t i;

	for (i = 0; i < nr_open; i++)
		if (!open_files[i].used)
			return i;
	more = realloc(open_files, (nr_open + 64) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more + nr_open, 0, 64 * sizeof(*more));
	open_files = more;
	nr_open += 64;
	return i;
}

/* From now on @fid belongs to the open file; the answer is its handle. */
static int64_t open_finish(struct job *job, uint32_t fid, const struct p9_attr *attr,
			   int64_t status)
{
	int64_t place = open_place();
	struct port_attr out;

	if (place < 0)
		return place;
	open_files[place] = (struct open_file){
		.fid = fid, .used = true, .append = job->req.arg[0] & O_APPEND };
	client_keep_fid(job, fid);
	job->reply.aux = keep_handle((uint32_t)place);
	attr_to_port(attr, &out);
	return answer_data(job, status, &out, sizeof(out));
}

/* Checks whether the file may be opened with these flags. */
static int open_check(struct job *job, const struct p9_attr *attr, unsigned flags)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (flags & O_DIRECTORY && !S_ISDIR(attr->mode))
		return -ENOTDIR;
	if (S_ISLNK(attr->mode) && !(flags & O_PATH))
		return -ELOOP;
	if (flags & O_PATH)
		return 0;
	if (flags & PORT_OPEN_EXEC && !S_ISREG(attr->mode))
		return -EACCES;
	if (S_ISDIR(attr->mode) && (flags & O_CREAT || srv_open_wants(flags) & 2))
		return -EISDIR;
	return access_check(&job->req, attr, srv_open_wants(flags));
}

static int64_t open_existing(struct job *job, uint32_t fid, unsigned flags)
{
	struct p9_attr attr;
	int ret = client_getattr(job, fid, &attr);

	if (ret == 0)
		ret = open_check(job, &attr, flags);
	if (ret < 0)
		return ret;
	/*
	 * The kernel implements FIFOs; an open of the host's FIFO would wait there.  Devices and
	 * sockets are not opened on the host.
	 */
	if (S_ISREG(attr.mode) || S_ISDIR(attr.mode)) {
		if (!(flags & O_PATH))
			ret = client_open(job, fid, flags & HOST_FLAGS);
	} else if (!S_ISFIFO(attr.mode) && !(flags & O_PATH)) {
		ret = -ENXIO;
	}
	return ret < 0 ? ret : open_finish(job, fid, &attr, 0);
}

/* The walk's last name is missing. -EEXIST: it exists by now. */
static int64_t open_new(struct job *job, unsigned flags, uint32_t mode)
{
	struct p9_attr attr;
	struct walk walk;
	int ret = take_path(job, 0, 0, job->req.in_len);

	if (ret == 0)
		ret = walk_path(job, 0, WALK_PARENT, &walk);
	/* The folder itself is missing on the host: it cannot be created in its place. */
	if (ret == 0)
		ret = walk.name ? access_make(job, walk.fid) : -ENOENT;
	if (ret < 0)
		return ret;
	/* Always exclusive, so that a file is only opened after it was checked. */
	ret = client_create(job, walk.fid, walk.name, (flags & HOST_FLAGS) | O_EXCL,
			   create_mode(&job->req, mode));
	if (ret < 0)
		return ret;
	job->committed = true;
	ret = client_getattr(job, walk.fid, &attr);
	return ret < 0 ? ret : open_finish(job, walk.fid, &attr, PORT_CREATED);
}

static int64_t hostfs_open(struct job *job)
{
	unsigned flags = (unsigned)job->req.arg[0];
	bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	unsigned how = flags & O_NOFOLLOW || exclusive ? WALK_NOFOLLOW : 0;
	int64_t ret = -EEXIST;

	/*
	 * A program on the host may create the name between the look and this step, and remove it
	 * again.
	 */
	for (int tries = 0; tries < CREATE_TRIES && ret == -EEXIST; tries++) {
		struct walk walk;

		client_drop_fids(job);
		ret = take_path(job, 0, 0, job->req.in_len);
		if (ret == 0)
			ret = walk_path(job, 0, how, &walk);
		if (ret == 0)
			return open_existing(job, walk.fid, flags);
		if (ret != -ENOENT || !(flags & O_CREAT))
			return ret;
		ret = open_new(job, flags, (uint32_t)job->req.arg[1]);
		if (exclusive)
			return ret;
	}
	return ret;
}

static int64_t run_close(struct job *job)
{
	struct open_file *file = &open_files[(uint32_t)job->req.handle];

	client_own_fid(job, file->fid);
	memset(file, 0, sizeof(*file));
	return 0;
}

void open_close(uint64_t handle)
{
	struct open_file *file = find_open(handle);

	if (!file || file->closing)
		return;
	file->closing = true;
	if (!job_begin_own(run_close, handle))
		any_closing = true;
}

void open_close_pending(void)
{
	if (!any_closing)
		return;
	for (size_t i = 0; i < nr_open; i++)
		if (open_files[i].used && open_files[i].closing &&
		    !job_begin_own(run_close, keep_handle((uint32_t)i)))
			return;
	any_closing = false;
}

/* ---- contents ----------------------------------------------------------------------- */

static int64_t hostfs_read(struct job *job)
{
	struct open_file *file = find_open(job->req.handle);
	uint64_t pos = job->req.arg[0];
	uint32_t want = job->req.out_len, done = 0, fid;
	int64_t n = 0;

	if (!file)
		return -EIO;
	fid = file->fid;
	while (done < want) {
		n = client_read(job, fid, pos + done, done, want - done);
		if (n <= 0)
			break;
		done += n;
		/*
		 * Short: the end of the file, or almost.  The kernel repeats the request if it
		 * needs to know.
		 */
		if ((uint64_t)n < client_io_max())
			break;
	}
	return done || n == 0 ? srv_data(&job->reply, done, job->data.memory, done) : n;
}

/* The position of a write: O_APPEND may have been set after the open. */
static int write_position(struct job *job, const struct open_file *file, uint64_t *pos)
{
	struct p9_attr attr;
	int error = 0;

	*pos = job->req.arg[0];
	if (job->req.arg[1] & O_APPEND && !file->append) {
		error = client_getattr(job, file->fid, &attr);
		*pos = attr.size;
	}
	if (error == 0 && *pos > INT64_MAX - PORT_IO_MAX)
		error = -EFBIG;
	return error;
}

/* After an append, the offset is the end of the file. */
static uint64_t write_end(struct job *job, uint32_t fid, bool appended, uint64_t end)
{
	struct p9_attr attr;

	if (!appended || client_getattr(job, fid, &attr) < 0)
		return end;
	return attr.size;
}

/* The set-id bits that are cleared when the caller writes or chowns the file. */
static uint32_t set_ids_of(const struct port_request *req, const struct p9_attr *attr)
{
	uint32_t drop = attr->mode & S_ISUID;

	if (S_ISDIR(attr->mode))
		return 0;
	if (attr->mode & S_ISGID && (attr->mode & S_IXGRP ||
				     (req->uid && !srv_in_group(hostfs_server(), req, attr->gid))))
		drop |= S_ISGID;
	return drop;
}

/* Before writes of users other than root: the host does not know the writer. */
static int drop_set_ids(struct job *job, uint32_t fid)
{
	struct p9_set set = { .valid = P9_SET_MODE };
	struct p9_attr attr;
	uint32_t drop;
	int ret;

	if (!job->req.uid)
		return 0;
	ret = client_getattr(job, fid, &attr);
	drop = ret == 0 ? set_ids_of(&job->req, &attr) : 0;
	if (!drop)
		return ret;
	set.mode = attr.mode & 07777 & ~drop;
	return client_setattr(job, fid, &set);
}

static int64_t hostfs_write(struct job *job)
{
	struct open_file *file = find_open(job->req.handle);
	uint32_t want = job->req.in_len, done = 0;
	uint64_t pos = 0;
	uint32_t fid;
	int64_t n;

	if (!file)
		return -EIO;
	fid = file->fid;
	n = drop_set_ids(job, fid);
	if (n == 0)
		n = write_position(job, file, &pos);
	if (n < 0)
		return n;
	n = srv_fetch(hostfs_server(), &job->req, 0, job->data.memory, want);
	while (n >= 0 && done < want) {
		n = client_write(job, fid, pos + done, done, want - done);
		if (n <= 0)
			break;
		job->committed = true;
		done += n;
	}
	if (!done)
		return n;
	job->reply.aux = write_end(job, fid, job->req.arg[1] & O_APPEND, pos + done);
	return done;
}

/*
 * Copies one entry from the host to the listing; false if it does not fit or is invalid (*error).
 */
static bool list_entry(struct p9_reader *r, uint8_t *listing, uint32_t size, uint32_t *used,
		       int *error)
{
	struct p9_qid qid = p9_get_qid(r);
	uint64_t next = p9_get(r, 8);
	unsigned type = (unsigned)p9_get(r, 1);
	size_t len, reclen;
	const char *name = p9_get_string(r, &len);
	struct port_dirent *d = (struct port_dirent *)(listing + *used);

	if (!name || !len || len > 255 || memchr(name, '\0', len) || !next) {
		*error = -EIO;
		return false;
	}
	reclen = (offsetof(struct port_dirent, name) + len + 1 + 7) & ~7ul;
	if (reclen > size - *used)
		return false;
	memset(d, 0, reclen);
	d->node = qid.path ? qid.path : 1;
	d->next = next;
	d->reclen = (uint16_t)reclen;
	d->type = (uint8_t)type;
	memcpy(d->name, name, len);
	*used += reclen;
	return true;
}

static int64_t hostfs_readdir(struct job *job)
{
	struct open_file *file = find_open(job->req.handle);
	uint8_t *listing = job->data.memory + PORT_IO_MAX / 2;
	uint32_t size = job->req.out_len < PORT_IO_MAX / 2 ? job->req.out_len : PORT_IO_MAX / 2;
	struct p9_reader r = { 0 };
	uint32_t used = 0;
	int64_t n;
	int ret = 0;

	if (!file)
		return -EIO;
	/*
	 * Entries that do not fit are requested again: each entry has the offset of the next one.
	 */
	n = client_readdir(job, file->fid, job->req.arg[0], size);
	if (n <= 0)
		return n;
	r.at = job->data.memory;
	r.end = r.at + n;
	while (r.at < r.end && list_entry(&r, listing, size, &used, &ret))
		;
	if (!used)
		return ret < 0 ? ret : -EINVAL;
	return srv_data(&job->reply, used, listing, used);
}

static int64_t hostfs_sync(struct job *job)
{
	struct open_file *file = find_open(job->req.handle);

	return file ? client_fsync(job, file->fid) : -EIO;
}

static int64_t hostfs_trunc(struct job *job)
{
	struct p9_set set = { .valid = P9_SET_SIZE, .size = job->req.arg[0] };
	struct open_file *file = find_open(job->req.handle);

	uint32_t fid;
	int ret;

	if (!file)
		return -EIO;
	fid = file->fid;
	ret = drop_set_ids(job, fid);
	/* The caller's right was checked at the open. */
	return ret < 0 ? ret : client_setattr(job, fid, &set);
}

/* ---- attributes --------------------------------------------------------------------- */

static int64_t hostfs_stat(struct job *job)
{
	struct p9_attr attr;
	uint32_t fid;
	int ret = find_fid(job, 0, job->req.arg[0] ? WALK_NOFOLLOW : 0, &fid);

	if (ret == 0)
		ret = client_getattr(job, fid, &attr);
	return ret < 0 ? ret : answer_attr(job, &attr);
}

static int setattr_check(struct job *job, const struct p9_attr *attr,
			 const struct port_setattr *set)
{
	const uint32_t times = PORT_SET_ATIME | PORT_SET_MTIME | PORT_SET_NOW;
	const struct port_request *req = &job->req;

	if (req->uid == 0)
		return 0;
	if (set->valid & PORT_SET_NOW && !(set->valid & ~times) &&
	    access_check(req, attr, 2) == 0)
		return 0;
	if (set->valid == PORT_SET_OWNER && !set_ids_of(req, attr))
		return 0;
	if (req->uid != attr->uid)
		return -EPERM;
	if (set->valid & PORT_SET_UID && set->uid != attr->uid)
		return -EPERM;
	if (set->valid & PORT_SET_GID && set->gid != attr->gid &&
	    !srv_in_group(hostfs_server(), req, set->gid))
		return -EPERM;
	return 0;
}

static void setattr_translate(const struct port_setattr *in, struct p9_set *out)
{
	bool now = in->valid & PORT_SET_NOW;

	*out = (struct p9_set){ .mode = in->mode & 07777, .uid = in->uid, .gid = in->gid,
				.atime_ns = in->atime_ns, .mtime_ns = in->mtime_ns };
	if (in->valid & PORT_SET_MODE)
		out->valid |= P9_SET_MODE;
	if (in->valid & PORT_SET_UID)
		out->valid |= P9_SET_UID;
	if (in->valid & PORT_SET_GID)
		out->valid |= P9_SET_GID;
	/* "Now" is the host's time: its tools compare these times with their own. */
	if (in->valid & PORT_SET_ATIME)
		out->valid |= P9_SET_ATIME | (now ? 0 : P9_SET_ATIME_TO);
	if (in->valid & PORT_SET_MTIME)
		out->valid |= P9_SET_MTIME | (now ? 0 : P9_SET_MTIME_TO);
}

/*
 * Only root may set set-id bits, as for new files (create_mode()).  For a directory of its own, a
 * caller may set the bit that passes the group on.
 */
static uint32_t chmod_mode(const struct port_request *req, const struct p9_attr *attr,
			   uint32_t mode)
{
	if (!req->uid)
		return mode;
	if (S_ISDIR(attr->mode) && mode & S_ISGID &&
	    srv_in_group(hostfs_server(), req, attr->gid))
		return create_mode(req, mode) | S_ISGID;
	return create_mode(req, mode);
}

static int64_t hostfs_setattr(struct job *job)
{
	struct port_setattr set;
	struct p9_attr attr;
	struct p9_set out;
	uint32_t fid;
	int ret = srv_fetch(hostfs_server(), &job->req, 0, &set, sizeof(set));

	if (ret == 0)
		ret = find_fid(job, sizeof(set), job->req.arg[0] ? WALK_NOFOLLOW : 0, &fid);
	if (ret == 0)
		ret = client_getattr(job, fid, &attr);
	if (ret == 0)
		ret = setattr_check(job, &attr, &set);
	if (ret < 0)
		return ret;
	if (set.valid == PORT_SET_OWNER) {
		/* No new owner: the host is asked for the other effects of chown. */
		if (!set_ids_of(&job->req, &attr))
			return 0;
		set.valid = PORT_SET_MODE;
		set.mode = attr.mode & ~set_ids_of(&job->req, &attr);
	} else {
		set.mode = chmod_mode(&job->req, &attr, set.mode);
	}
	setattr_translate(&set, &out);
	return client_setattr(job, fid, &out);
}

static int64_t hostfs_statfs(struct job *job)
{
	struct statfs st;
	uint32_t fid;
	int ret = find_fid(job, 0, 0, &fid);

	if (ret == 0)
		ret = client_statfs(job, fid, &st);
	return ret < 0 ? ret : answer_data(job, 0, &st, sizeof(st));
}

int64_t (*const file_ops[SRV_OPS])(struct job *job) = {
	[PORT_OPEN] = hostfs_open,
	[PORT_READ] = hostfs_read,
	[PORT_WRITE] = hostfs_write,
	[PORT_STAT] = hostfs_stat,
	[PORT_READDIR] = hostfs_readdir,
	[PORT_TRUNC] = hostfs_trunc,
	[PORT_SYNC] = hostfs_sync,
	[PORT_SETATTR] = hostfs_setattr,
	[PORT_STATFS] = hostfs_statfs,
};

const struct job_closing file_closing = { open_close, open_close_pending };
