/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One function for each message to the host: writes it, waits, reads the answer. hostfs.h is the
 * contract.  The form of each answer is checked here: counts within the request, no missing
 * parts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include "hostfs.h"

#define VERSION		"9P2000.L"
#define GETATTR_BASIC	0x7ff
#define UNLINK_DIR	0x200
#define SECOND_NS	1000000000ll

static uint32_t io_max;
/* Fids that were used and are free, and the first unused one. */
static uint32_t *free_fids;
static size_t nr_free, room_free;
static uint32_t next_fid = ROOT_FID + 1;

uint32_t client_io_max(void)
{
	return io_max;
}

/* A message without data, and an answer without data. */
static int call(struct job *job, unsigned type)
{
	return job_call(job, type, 0, 0, false);
}

static int call_for_qid(struct job *job, unsigned type)
{
	int error = call(job, type);

	if (error == 0) {
		p9_get_qid(&job->r);
		error = p9_check(&job->r);
	}
	return error;
}

/* ---- fids --------------------------------------------------------------------------- */

/*
 * There is always room for one more free fid than is in use, so that returning one cannot fail.
 */
static int64_t fid_take(void)
{
	uint32_t *more;

	if (nr_free)
		return free_fids[--nr_free];
	if (next_fid == P9_NOFID)
		return -ENFILE;
	if (next_fid >= room_free) {
		more = realloc(free_fids, 2 * (room_free + 64) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		free_fids = more;
		room_free = 2 * (room_free + 64);
	}
	return next_fid++;
}

static void fid_give_back(uint32_t fid)
{
	free_fids[nr_free++] = fid;
}

void client_own_fid(struct job *job, uint32_t fid)
{
	if (job->nr_fids == JOB_FIDS)
		abort();		/* no request needs as many */
	job->fids[job->nr_fids++] = fid;
}

void client_keep_fid(struct job *job, uint32_t fid)
{
	for (unsigned i = 0; i < job->nr_fids; i++) {
		if (job->fids[i] != fid)
			continue;
		job->fids[i] = job->fids[--job->nr_fids];
		return;
	}
}

void client_drop_fids(struct job *job)
{
	job->tidying = true;
	while (job->nr_fids) {
		uint32_t fid = job->fids[--job->nr_fids];

		job_message(job, P9_CLUNK);
		p9_put(&job->w, fid, 4);
		/* Whatever the answer is, the fid is no longer valid. */
		call(job, P9_CLUNK);
		fid_give_back(fid);
	}
	job->tidying = false;
}

/* ---- start -------------------------------------------------------------------------- */

static int client_version(struct job *job)
{
	const char *version;
	size_t len;
	uint32_t msize;
	int ret;

	job->tag = P9_NOTAG;
	job_message(job, P9_VERSION);
	p9_put(&job->w, PORT_IO_MAX + P9_IO_HEAD, 4);
	p9_put_string(&job->w, VERSION);
	ret = call(job, P9_VERSION);
	job->tag = job->number;
	if (ret < 0)
		return ret;
	msize = (uint32_t)p9_get(&job->r, 4);
	version = p9_get_string(&job->r, &len);
	if (!version)
		return -EIO;
	if (len != strlen(VERSION) || memcmp(version, VERSION, len))
		return -EPROTONOSUPPORT;
	if (msize < JOB_SMALL || msize > PORT_IO_MAX + P9_IO_HEAD)
		return -EPROTO;
	io_max = msize - P9_IO_HEAD;
	return 0;
}

int client_attach(struct job *job)
{
	int ret = client_version(job);

	if (ret < 0)
		return ret;
	job_message(job, P9_ATTACH);
	p9_put(&job->w, ROOT_FID, 4);
	p9_put(&job->w, P9_NOFID, 4);
	p9_put_string(&job->w, "root");
	p9_put_string(&job->w, "");
	p9_put(&job->w, 0, 4);
	return call_for_qid(job, P9_ATTACH);
}

/* ---- names -------------------------------------------------------------------------- */

static int walk_message(struct job *job, uint32_t from, uint32_t fid, char *const names[],
			struct p9_qid qids[])
{
	unsigned count = 0, got;
	int ret;

	while (names[count])
		count++;
	job_message(job, P9_WALK);
	p9_put(&job->w, from, 4);
	p9_put(&job->w, fid, 4);
	p9_put(&job->w, count, 2);
	for (unsigned i = 0; i < count; i++)
		p9_put_string(&job->w, names[i]);
	ret = call(job, P9_WALK);
	if (ret < 0)
		return ret;
	got = (unsigned)p9_get(&job->r, 2);
	if (got > count)
		return -EIO;
	for (unsigned i = 0; i < got; i++)
		qids[i] = p9_get_qid(&job->r);
	ret = p9_check(&job->r);
	/* A walk that stopped before its end has changed nothing. */
	return ret < 0 ? ret : got < count ? -ENOENT : 0;
}

int client_walk(struct job *job, uint32_t from, char *const names[], uint32_t *fid,
		struct p9_qid qids[P9_WALK_MAX])
{
	int64_t new = fid_take();
	int ret;

	if (new < 0)
		return (int)new;
	ret = walk_message(job, from, (uint32_t)new, names, qids);
	if (ret < 0) {
		fid_give_back((uint32_t)new);
		return ret;
	}
	*fid = (uint32_t)new;
	client_own_fid(job, *fid);
	return 0;
}

int client_step(struct job *job, uint32_t fid, const char *name, struct p9_qid *qid)
{
	char *names[] = { (char *)name, NULL };

	return walk_message(job, fid, fid, names, qid);
}

int64_t client_readlink(struct job *job, uint32_t fid, char *target, size_t size)
{
	const char *text;
	size_t len;
	int ret;

	job_message(job, P9_READLINK);
	p9_put(&job->w, fid, 4);
	ret = call(job, P9_READLINK);
	if (ret < 0)
		return ret;
	text = p9_get_string(&job->r, &len);
	if (!text || memchr(text, '\0', len))
		return -EIO;
	if (len >= size)
		return -ENAMETOOLONG;
	memcpy(target, text, len);
	target[len] = '\0';
	return len;
}

int client_mkdir(struct job *job, uint32_t dir, const char *name, uint32_t mode)
{
	job_message(job, P9_MKDIR);
	p9_put(&job->w, dir, 4);
	p9_put_string(&job->w, name);
	p9_put(&job->w, mode, 4);
	p9_put(&job->w, job->group, 4);
	return call_for_qid(job, P9_MKDIR);
}

int client_mknod(struct job *job, uint32_t dir, const char *name, uint32_t mode)
{
	job_message(job, P9_MKNOD);
	p9_put(&job->w, dir, 4);
	p9_put_string(&job->w, name);
	p9_put(&job->w, mode, 4);
	p9_put(&job->w, 0, 4);
	p9_put(&job->w, 0, 4);
	p9_put(&job->w, job->group, 4);
	return call_for_qid(job, P9_MKNOD);
}

int client_symlink(struct job *job, uint32_t dir, const char *name, const char *target)
{
	job_message(job, P9_SYMLINK);
	p9_put(&job->w, dir, 4);
	p9_put_string(&job->w, name);
	p9_put_string(&job->w, target);
	p9_put(&job->w, job->group, 4);
	return call_for_qid(job, P9_SYMLINK);
}

int client_link(struct job *job, uint32_t dir, uint32_t fid, const char *name)
{
	job_message(job, P9_LINK);
	p9_put(&job->w, dir, 4);
	p9_put(&job->w, fid, 4);
	p9_put_string(&job->w, name);
	return call(job, P9_LINK);
}

int client_rename(struct job *job, uint32_t dir, const char *name, uint32_t new_dir,
		  const char *new_name)
{
	job_message(job, P9_RENAMEAT);
	p9_put(&job->w, dir, 4);
	p9_put_string(&job->w, name);
	p9_put(&job->w, new_dir, 4);
	p9_put_string(&job->w, new_name);
	return call(job, P9_RENAMEAT);
}

int client_unlink(struct job *job, uint32_t dir, const char *name, bool is_dir)
{
	job_message(job, P9_UNLINKAT);
	p9_put(&job->w, dir, 4);
	p9_put_string(&job->w, name);
	p9_put(&job->w, is_dir ? UNLINK_DIR : 0, 4);
	return call(job, P9_UNLINKAT);
}

/* ---- attributes --------------------------------------------------------------------- */

/* Times that do not fit in 64 bits of nanoseconds become the latest or the earliest. */
static int64_t get_time(struct p9_reader *r)
{
	int64_t seconds = (int64_t)p9_get(r, 8), ns = (int64_t)p9_get(r, 8), time;

	if (ns < 0 || ns >= SECOND_NS)
		ns = 0;
	if (__builtin_mul_overflow(seconds, SECOND_NS, &time) ||
	    __builtin_add_overflow(time, ns, &time))
		return seconds < 0 ? INT64_MIN : INT64_MAX;
	return time;
}

int client_getattr(struct job *job, uint32_t fid, struct p9_attr *attr)
{
	struct p9_reader *r = &job->r;
	int ret;

	job_message(job, P9_GETATTR);
	p9_put(&job->w, fid, 4);
	p9_put(&job->w, GETATTR_BASIC, 8);
	ret = call(job, P9_GETATTR);
	if (ret < 0)
		return ret;
	p9_get(r, 8);				/* valid fields: all that were requested */
	attr->qid = p9_get_qid(r);
	attr->mode = (uint32_t)p9_get(r, 4);
	attr->uid = (uint32_t)p9_get(r, 4);
	attr->gid = (uint32_t)p9_get(r, 4);
	attr->nlink = p9_get(r, 8);
	attr->rdev = p9_get(r, 8);
	attr->size = p9_get(r, 8);
	p9_get(r, 8);				/* block size */
	attr->blocks = p9_get(r, 8);
	attr->atime_ns = get_time(r);
	attr->mtime_ns = get_time(r);
	attr->ctime_ns = get_time(r);
	return p9_check(r);
}

static void put_time(struct p9_writer *w, int64_t ns)
{
	int64_t seconds = ns / SECOND_NS, rest = ns % SECOND_NS;

	if (rest < 0) {
		rest += SECOND_NS;
		seconds--;
	}
	p9_put(w, seconds, 8);
	p9_put(w, rest, 8);
}

int client_setattr(struct job *job, uint32_t fid, const struct p9_set *set)
{
	job_message(job, P9_SETATTR);
	p9_put(&job->w, fid, 4);
	p9_put(&job->w, set->valid, 4);
	p9_put(&job->w, set->mode, 4);
	p9_put(&job->w, set->uid, 4);
	p9_put(&job->w, set->gid, 4);
	p9_put(&job->w, set->size, 8);
	put_time(&job->w, set->atime_ns);
	put_time(&job->w, set->mtime_ns);
	return call(job, P9_SETATTR);
}

int client_statfs(struct job *job, uint32_t fid, struct statfs *st)
{
	struct p9_reader *r = &job->r;
	int ret;

	job_message(job, P9_STATFS);
	p9_put(&job->w, fid, 4);
	ret = call(job, P9_STATFS);
	if (ret < 0)
		return ret;
	memset(st, 0, sizeof(*st));
	st->f_type = p9_get(r, 4);
	st->f_bsize = st->f_frsize = p9_get(r, 4);
	st->f_blocks = p9_get(r, 8);
	st->f_bfree = p9_get(r, 8);
	st->f_bavail = p9_get(r, 8);
	st->f_files = p9_get(r, 8);
	st->f_ffree = p9_get(r, 8);
	p9_get(r, 8);				/* id of the file system: the kernel has its own */
	st->f_namelen = p9_get(r, 4);
	return p9_check(r);
}

/* ---- contents ----------------------------------------------------------------------- */

int client_open(struct job *job, uint32_t fid, uint32_t flags)
{
	job_message(job, P9_LOPEN);
	p9_put(&job->w, fid, 4);
	p9_put(&job->w, flags, 4);
	return call_for_qid(job, P9_LOPEN);
}

int client_create(struct job *job, uint32_t fid, const char *name, uint32_t flags, uint32_t mode)
{
	job_message(job, P9_LCREATE);
	p9_put(&job->w, fid, 4);
	p9_put_string(&job->w, name);
	p9_put(&job->w, flags, 4);
	p9_put(&job->w, mode, 4);
	p9_put(&job->w, job->group, 4);
	return call_for_qid(job, P9_LCREATE);
}

int client_fsync(struct job *job, uint32_t fid)
{
	job_message(job, P9_FSYNC);
	p9_put(&job->w, fid, 4);
	p9_put(&job->w, 0, 4);
	return call(job, P9_FSYNC);
}

/* @len bytes at @offset of a file, and at @at of job->data. */
struct range {
	uint32_t fid;
	uint64_t offset;
	uint32_t at, len;
};

/* A message about @range; returns the count in the answer. */
static int64_t call_counted(struct job *job, unsigned type, struct range range)
{
	uint32_t len = range.len < io_max ? range.len : io_max, count;
	bool in = type != P9_WRITE;
	int ret;

	job_message(job, type);
	p9_put(&job->w, range.fid, 4);
	p9_put(&job->w, range.offset, 8);
	p9_put(&job->w, len, 4);
	ret = job_call(job, type, range.at, len, in);
	if (ret < 0)
		return ret;
	count = (uint32_t)p9_get(&job->r, 4);
	ret = p9_check(&job->r);
	/* The data that the answer announces must have come with it. */
	if (ret < 0 || count > len || (in && job->answer_len - P9_COUNTED != count))
		return -EIO;
	return count;
}

int64_t client_read(struct job *job, uint32_t fid, uint64_t offset, uint32_t at, uint32_t len)
{
	return call_counted(job, P9_READ, (struct range){ fid, offset, at, len });
}

int64_t client_write(struct job *job, uint32_t fid, uint64_t offset, uint32_t at, uint32_t len)
{
	return call_counted(job, P9_WRITE, (struct range){ fid, offset, at, len });
}

int64_t client_readdir(struct job *job, uint32_t fid, uint64_t offset, uint32_t len)
{
	return call_counted(job, P9_READDIR, (struct range){ fid, offset, 0, len });
}
