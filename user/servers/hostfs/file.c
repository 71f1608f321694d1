/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about files: open and close, contents, attributes. hostfs.h is the contract. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include "hostfs.h"

/* What the host needs to know of how a file is opened; the rest is the kernel's business. */
#define HOST_FLAGS	(O_ACCMODE | O_APPEND | O_TRUNC | O_DSYNC | O_SYNC)
#define CREATE_TRIES	8
/* of an entry from the host: identity, offset, type, length of the name */
#define DIRENT_HEAD	24

/* An open file; its handle is its place in the table and the number of the process (keep.c). */
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
		/* No version: what the host may change at any time is never kept. */
		.size = attr->size, .mode = attr->mode, .nlink = (uint32_t)attr->nlink,
		.uid = attr->uid, .gid = attr->gid, .rdev = attr->rdev,
		.atime_ns = attr->atime_ns, .mtime_ns = attr->mtime_ns, .ctime_ns = attr->ctime_ns,
	};
}

static int64_t answer_attr(struct job *job, const struct p9_attr *attr)
{
	struct port_attr out;

	attr_to_port(attr, &out);
	return answer_data(job, 0, &out, sizeof(out));
}

int take_path(struct job *job, unsigned which, uint64_t from, uint64_t to)
{
	int rc;

	if (from > to || to > job->req.in_len)
		return -EINVAL;
	if (to - from >= SRV_PATH_MAX)
		return -ENAMETOOLONG;
	rc = srv_fetch(hostfs_server(), &job->req, from, job->path[which], to - from);
	job->path[which][to - from] = '\0';
	return rc;
}

/* NULL: the file was opened by a process that is dead, and is lost: -EIO. */
static struct open_file *find_open(uint64_t handle)
{
	uint32_t index = (uint32_t)handle;

	return keep_is_ours(handle) && index < nr_open && open_files[index].used ?
	       &open_files[index] : NULL;
}

/*
 * The fid of a request that names its file by handle or by path, the path being the input's
 * rest.
 */
static int find_fid(struct job *job, uint64_t path_at, unsigned flags, uint32_t *fid)
{
	struct open_file *file;
	struct walk walk;
	int rc;

	if (!srv_by_path(&job->req)) {
		file = find_open(job->req.handle);
		*fid = file ? file->fid : 0;
		return file ? 0 : -EIO;
	}
	rc = take_path(job, 0, path_at, job->req.in_len);
	if (rc == 0)
		rc = walk_path(job, 0, flags, &walk);
	if (rc == 0)
		*fid = walk.fid;
	return rc;
}

/* ---- open and close ----------------------------------------------------------------- */

/* A free place in the table, which stays free until it is marked. */
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

/* From now on @fid belongs to the open file, whose handle is the answer. */
static int64_t open_finish(struct job *job, uint32_t fid, const struct p9_attr *attr)
{
	int64_t place = open_place();

	if (place < 0)
		return place;
	open_files[place] = (struct open_file){
		.fid = fid, .used = true, .append = job->req.arg[0] & O_APPEND };
	client_keep_fid(job, fid);
	job->reply.aux = keep_handle((uint32_t)place);
	return answer_attr(job, attr);
}

/* May what is there be opened like this? */
static int open_check(struct job *job, const struct p9_attr *attr, unsigned flags)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (S_ISLNK(attr->mode) && !(flags & O_PATH))
		return -ELOOP;
	if (flags & O_DIRECTORY && !S_ISDIR(attr->mode))
		return -ENOTDIR;
	if (flags & O_PATH)
		return 0;
	if (S_ISDIR(attr->mode) && (flags & O_CREAT || srv_open_wants(flags) & 2))
		return -EISDIR;
	return access_check(&job->req, attr, srv_open_wants(flags));
}

static int64_t open_existing(struct job *job, uint32_t fid, unsigned flags)
{
	struct p9_attr attr;
	int rc = client_getattr(job, fid, &attr);

	if (rc == 0)
		rc = open_check(job, &attr, flags);
	if (rc < 0)
		return rc;
	/*
	 * A FIFO is the kernel's; opening the host's would wait there. Devices and sockets
	 * stay closed.
	 */
	if (S_ISREG(attr.mode) || S_ISDIR(attr.mode)) {
		if (!(flags & O_PATH))
			rc = client_open(job, fid, flags & HOST_FLAGS);
		if (flags & O_TRUNC && S_ISREG(attr.mode)) {
			job->committed = true;
			attr.size = 0;
		}
	} else if (!S_ISFIFO(attr.mode) && !(flags & O_PATH)) {
		rc = -ENXIO;
	}
	return rc < 0 ? rc : open_finish(job, fid, &attr);
}

/* The walk's last name is missing.  -EEXIST: not any more. */
static int64_t open_new(struct job *job, unsigned flags, uint32_t mode)
{
	struct p9_attr attr;
	struct walk walk;
	int rc = take_path(job, 0, 0, job->req.in_len);

	if (rc == 0)
		rc = walk_path(job, 0, WALK_PARENT, &walk);
	/* The host has lost the folder itself: nothing can be made in its place. */
	if (rc == 0)
		rc = walk.name ? access_change(job, walk.fid) : -ENOENT;
	if (rc < 0)
		return rc;
	/* Always exclusive, so that nothing is opened which was not looked at. */
	rc = client_create(job, walk.fid, walk.name, (flags & HOST_FLAGS) | O_EXCL, mode & 07777);
	if (rc < 0)
		return rc;
	job->committed = true;
	rc = client_getattr(job, walk.fid, &attr);
	return rc < 0 ? rc : open_finish(job, walk.fid, &attr);
}

static int64_t hostfs_open(struct job *job)
{
	unsigned flags = (unsigned)job->req.arg[0];
	bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	unsigned how = flags & O_NOFOLLOW || exclusive ? WALK_NOFOLLOW : 0;
	int64_t rc = -EEXIST;

	/* Somebody on the host may take the name between our look and our step, and away again. */
	for (int tries = 0; tries < CREATE_TRIES && rc == -EEXIST; tries++) {
		struct walk walk;

		client_drop_fids(job);
		rc = take_path(job, 0, 0, job->req.in_len);
		if (rc == 0)
			rc = walk_path(job, 0, how, &walk);
		if (rc == 0)
			return open_existing(job, walk.fid, flags);
		if (rc != -ENOENT || !(flags & O_CREAT))
			return rc;
		rc = open_new(job, flags, (uint32_t)job->req.arg[1]);
		if (exclusive)
			return rc;
	}
	return rc;
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
		 * Short: the end of the file, or almost. The kernel asks again if it wants
		 * to know.
		 */
		if ((uint64_t)n < client_io_max())
			break;
	}
	return done || n == 0 ? srv_data(&job->reply, done, job->data.memory, done) : n;
}

/* Where to write: O_APPEND may have been set after the file was opened. */
static int write_position(struct job *job, const struct open_file *file, uint64_t *pos)
{
	struct p9_attr attr;
	int rc = 0;

	*pos = job->req.arg[0];
	if (job->req.arg[1] & O_APPEND && !file->append) {
		rc = client_getattr(job, file->fid, &attr);
		*pos = attr.size;
	}
	if (rc == 0 && *pos > INT64_MAX - PORT_IO_MAX)
		rc = -EFBIG;
	return rc;
}

/* After appending, the offset is the end of the file. */
static uint64_t write_end(struct job *job, uint32_t fid, bool appended, uint64_t end)
{
	struct p9_attr attr;

	if (!appended || client_getattr(job, fid, &attr) < 0)
		return end;
	return attr.size;
}

static int64_t hostfs_write(struct job *job)
{
	struct open_file *file = find_open(job->req.handle);
	uint32_t want = job->req.in_len, done = 0;
	uint64_t pos;
	uint32_t fid;
	int64_t n;

	if (!file)
		return -EIO;
	fid = file->fid;
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

/* One entry from the host into the listing: false if it does not fit, or is nonsense (*rc). */
static bool list_entry(struct p9_reader *r, uint8_t *listing, uint32_t size, uint32_t *used,
		       int *rc)
{
	struct p9_qid qid = p9_get_qid(r);
	uint64_t next = p9_get(r, 8);
	unsigned type = (unsigned)p9_get(r, 1);
	size_t len, reclen;
	const char *name = p9_get_string(r, &len);
	struct port_dirent *d = (struct port_dirent *)(listing + *used);

	if (!name || !len || len > 255 || memchr(name, '\0', len) || !next) {
		*rc = -EIO;
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
	int rc = 0;

	if (!file)
		return -EIO;
	/* Entries that do not fit here are asked for again: each says where the next one begins. */
	n = client_readdir(job, file->fid, job->req.arg[0], size);
	if (n <= 0)
		return n;
	r.at = job->data.memory;
	r.end = r.at + n;
	while (r.at < r.end && list_entry(&r, listing, size, &used, &rc))
		;
	if (!used)
		return rc < 0 ? rc : -EINVAL;
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
	struct p9_attr attr;
	uint32_t fid;
	int rc = find_fid(job, 0, 0, &fid);

	if (rc == 0 && srv_by_path(&job->req)) {
		rc = client_getattr(job, fid, &attr);
		if (rc == 0 && !S_ISREG(attr.mode))
			rc = S_ISDIR(attr.mode) ? -EISDIR : -EINVAL;
		/* A handle was checked when it was opened for writing. */
		if (rc == 0)
			rc = access_check(&job->req, &attr, 2);
	}
	return rc < 0 ? rc : client_setattr(job, fid, &set);
}

/* ---- attributes --------------------------------------------------------------------- */

static int64_t hostfs_stat(struct job *job)
{
	struct p9_attr attr;
	uint32_t fid;
	int rc = find_fid(job, 0, job->req.arg[0] ? WALK_NOFOLLOW : 0, &fid);

	if (rc == 0)
		rc = client_getattr(job, fid, &attr);
	return rc < 0 ? rc : answer_attr(job, &attr);
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
	/* "Now" is the host's: its tools compare these times with their own. */
	if (in->valid & PORT_SET_ATIME)
		out->valid |= P9_SET_ATIME | (now ? 0 : P9_SET_ATIME_TO);
	if (in->valid & PORT_SET_MTIME)
		out->valid |= P9_SET_MTIME | (now ? 0 : P9_SET_MTIME_TO);
}

static int64_t hostfs_setattr(struct job *job)
{
	struct port_setattr set;
	struct p9_attr attr;
	struct p9_set out;
	uint32_t fid;
	int rc = srv_fetch(hostfs_server(), &job->req, 0, &set, sizeof(set));

	if (rc == 0)
		rc = find_fid(job, sizeof(set), job->req.arg[0] ? WALK_NOFOLLOW : 0, &fid);
	if (rc == 0)
		rc = client_getattr(job, fid, &attr);
	if (rc == 0)
		rc = setattr_check(job, &attr, &set);
	if (rc < 0)
		return rc;
	setattr_translate(&set, &out);
	return client_setattr(job, fid, &out);
}

static int64_t hostfs_statfs(struct job *job)
{
	struct statfs st;
	uint32_t fid;
	int rc = find_fid(job, 0, 0, &fid);

	if (rc == 0)
		rc = client_statfs(job, fid, &st);
	return rc < 0 ? rc : answer_data(job, 0, &st, sizeof(st));
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
