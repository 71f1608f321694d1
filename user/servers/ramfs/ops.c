/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about files: open and close, contents, attributes. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include "ramfs.h"

/* Larger than any single answer of readdir; kernel buffers are smaller. */
#define LISTING_BYTES	32768

/* These outlive a handler, until the answer is sent. */
static struct walk walk;
static struct port_attr answer_attr;

static int64_t answer_with_attr(struct port_reply *reply, const struct node *node)
{
	node_attr(node, &answer_attr);
	return srv_data(reply, 0, &answer_attr, sizeof(answer_attr));
}

/* The node of a request by handle or by path. 0, PORT_REDIRECT or -errno. */
static int find_node(struct srv *srv, const struct port_request *req, unsigned flags,
		     struct node **node)
{
	static char path[SRV_PATH_MAX];
	int64_t ret;

	if (!srv_by_path(req)) {
		*node = node_by_handle(req->handle);
		return *node ? 0 : -EBADF;
	}
	ret = srv_path(srv, req, path);
	if (ret < 0)
		return (int)ret;
	ret = path_walk(path, walk_flags(req, flags), cred_of(req), &walk);
	*node = walk.node;
	return (int)ret;
}

/* Checks whether an existing node may be opened with these flags. */
static int open_check(const struct node *node, unsigned flags, struct cred cred)
{
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if ((flags & O_DIRECTORY) && !node_is_dir(node))
		return -ENOTDIR;
	if (S_ISLNK(node->mode) && !(flags & O_PATH))
		return -ELOOP;
	if (flags & O_PATH)
		return 0;
	if (node_is_dir(node) && (flags & O_CREAT || srv_open_wants(flags) & 2))
		return -EISDIR;
	return node_access(node, srv_open_wants(flags), cred);
}

static int64_t ramfs_open(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	static char path[SRV_PATH_MAX];
	unsigned flags = (unsigned)req->arg[0];
	unsigned how = 0;
	bool made;
	int64_t ret = srv_path(srv, req, path);

	if (ret < 0)
		return ret;
	if (flags & O_CREAT)
		how |= WALK_CREATE;
	if (flags & O_NOFOLLOW || (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		how |= WALK_NOFOLLOW;
	ret = path_walk(path, walk_flags(req, how), cred_of(req), &walk);
	if (ret < 0)
		return walk_status(reply, &walk, (int)ret);
	made = !walk.node;
	if (!made)
		ret = open_check(walk.node, flags, cred_of(req));
	else
		ret = node_make(&walk, S_IFREG | (req->arg[1] & 07777), cred_of(req), &walk.node);
	if (ret < 0)
		return ret;
	CHANGE(walk.node->opens)++;
	reply->aux = walk.node->handle;
	ret = answer_with_attr(reply, walk.node);
	return made ? PORT_CREATED : ret;
}

int64_t open_again(struct port_reply *reply, uint64_t handle)
{
	struct node *node = node_of(handle);

	/* The answer was not sent, so the open was not counted: nodes_recover(). */
	if (!node)
		return -EIO;
	CHANGE(node->opens)++;
	return answer_with_attr(reply, node);
}

static void ramfs_close(struct srv *srv, uint64_t handle)
{
	struct node *node = node_by_handle(handle);

	if (!node)
		return;
	CHANGE(node->opens)--;
	node_release(node);
}

/* The node of a handle, which must be a regular file. */
static int file_of(const struct port_request *req, struct node **node)
{
	*node = node_by_handle(req->handle);
	if (!*node)
		return -EBADF;
	if (node_is_dir(*node))
		return -EISDIR;
	return S_ISREG((*node)->mode) ? 0 : -EINVAL;
}

static int64_t ramfs_read(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	uint64_t pos = req->arg[0];
	size_t want = req->out_len, done = 0, len;
	const uint8_t *run;
	struct node *node;
	int ret = file_of(req, &node);

	if (ret < 0)
		return ret;
	if (pos >= node->file.size)
		return 0;
	if (want > node->file.size - pos)
		want = node->file.size - pos;
	run = data_run(&node->file, pos, want, &len);
	if (len == want)
		return srv_data(reply, want, run, want);
	for (;;) {
		long n = lease_write(srv->port, req->tag, done, run, len);

		if (n < 0)
			return done ? (int64_t)done : n;
		done += n;
		if ((size_t)n < len || done == want)
			return done;
		run = data_run(&node->file, pos + done, want - done, &len);
	}
}

/* Moves the caller's data into prepared pages; bytes moved or -errno. */
static int64_t write_runs(struct srv *srv, const struct port_request *req, struct data *data,
			  uint64_t pos, size_t room)
{
	size_t done = 0, len;

	while (done < room) {
		/* data_prepare() has made these pages writable. */
		uint8_t *run = (uint8_t *)data_run(data, pos + done, room - done, &len);
		int ret = srv_fetch(srv, req, done, run, len);

		if (ret < 0)
			return done ? (int64_t)done : ret;
		done += len;
	}
	return done;
}

static int64_t ramfs_write(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	uint64_t pos = req->arg[0];
	struct node *node;
	size_t room;
	int64_t n = file_of(req, &node);

	if (n < 0)
		return n;
	if (req->arg[1] & O_APPEND)
		pos = node->file.size;
	if (req->in_len == 0)
		return 0;
	if (pos >= FILE_MAX)
		return -EFBIG;
	room = data_prepare(&node->file, pos, req->in_len);
	if (!room)
		return -ENOSPC;
	n = write_runs(srv, req, &node->file, pos, room);
	if (n > 0) {
		if (pos + n > node->file.size)
			data_resize(&node->file, pos + n);
		node_written(node, cred_of(req));
	}
	/* Prepared bytes that were not filled must not appear when the file grows. */
	if (n < (int64_t)req->in_len)
		data_trim(&node->file);
	reply->aux = pos + (n > 0 ? n : 0);
	return n;
}

static int64_t ramfs_stat(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	struct node *node;
	int ret = find_node(srv, req, req->arg[0] ? WALK_NOFOLLOW : 0, &node);

	return ret < 0 ? walk_status(reply, &walk, ret) : answer_with_attr(reply, node);
}

static int64_t ramfs_readdir(struct srv *srv, const struct port_request *req,
			     struct port_reply *reply)
{
	static uint64_t listing[LISTING_BYTES / sizeof(uint64_t)];
	struct node *node = node_by_handle(req->handle);
	size_t size = req->out_len < LISTING_BYTES ? req->out_len : LISTING_BYTES;
	int64_t n;

	if (!node)
		return -EBADF;
	if (!node_is_dir(node))
		return -ENOTDIR;
	n = dir_list(node, req->arg[0], listing, size);
	return n > 0 ? srv_data(reply, n, listing, n) : n;
}

static int64_t ramfs_trunc(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	struct node *node;
	int ret = file_of(req, &node);

	if (ret < 0)
		return ret;
	/* The caller's right was checked at the open. */
	ret = data_resize(&node->file, req->arg[0]);
	if (ret == 0)
		node_written(node, cred_of(req));
	return ret;
}

static int setattr_check(const struct node *node, const struct port_setattr *set, struct cred cred)
{
	const uint32_t times = PORT_SET_ATIME | PORT_SET_MTIME | PORT_SET_NOW;

	if (cred.uid == 0)
		return 0;
	/* Any writer may set the time to "now"; other times need the owner. */
	if (set->valid == PORT_SET_OWNER && !node_set_ids(node, cred))
		return 0;
	if (cred.uid != node->uid)
		return set->valid & PORT_SET_NOW && !(set->valid & ~times) ?
		       node_access(node, 2, cred) : -EPERM;
	if (set->valid & PORT_SET_UID && set->uid != node->uid)
		return -EPERM;
	if (set->valid & PORT_SET_GID && set->gid != node->gid &&
	    !cred_in_group(cred, set->gid))
		return -EPERM;
	return 0;
}

static void setattr_apply(struct node *node, const struct port_setattr *set, struct cred cred)
{
	if (set->valid & (PORT_SET_UID | PORT_SET_GID | PORT_SET_OWNER))
		node_drop_set_ids(node, cred);
	if (set->valid & PORT_SET_MODE)
		CHANGE(node->mode) = node_chmod_mode(set->mode, node, cred);
	if (set->valid & PORT_SET_UID)
		CHANGE(node->uid) = set->uid;
	if (set->valid & PORT_SET_GID)
		CHANGE(node->gid) = set->gid;
	if (set->valid & PORT_SET_ATIME)
		CHANGE(node->atime) = set->atime_ns;
	if (set->valid & PORT_SET_MTIME)
		CHANGE(node->mtime) = set->mtime_ns;
	CHANGE(node->ctime) = srv_now();
}

static int64_t ramfs_setattr(struct srv *srv, const struct port_request *req,
			     struct port_reply *reply)
{
	static char input[sizeof(struct port_setattr) + SRV_PATH_MAX];
	struct port_setattr set;
	struct node *node;
	int64_t n = srv_input(srv, req, input, sizeof(input) - 1);
	int ret;

	if (n < (int64_t)sizeof(set))
		return n < 0 ? n : -EINVAL;
	input[n] = '\0';
	memcpy(&set, input, sizeof(set));
	if (!srv_by_path(req)) {
		node = node_by_handle(req->handle);
		ret = node ? 0 : -EBADF;
	} else {
		ret = path_walk(input + sizeof(set),
			       walk_flags(req, req->arg[0] ? WALK_NOFOLLOW : 0),
			       cred_of(req), &walk);
		node = walk.node;
	}
	if (ret < 0)
		return walk_status(reply, &walk, ret);
	ret = setattr_check(node, &set, cred_of(req));
	if (ret == 0)
		setattr_apply(node, &set, cred_of(req));
	return ret;
}

static int64_t ramfs_statfs(struct srv *srv, const struct port_request *req,
			    struct port_reply *reply)
{
	static struct statfs answer;
	uint64_t free_pages = pages_left();
	struct node *node;
	int ret = find_node(srv, req, 0, &node);

	if (ret < 0)
		return walk_status(reply, &walk, ret);
	memset(&answer, 0, sizeof(answer));
	answer.f_type = 0x858458f6;		/* RAMFS_MAGIC */
	answer.f_bsize = answer.f_frsize = PAGE_BYTES;
	answer.f_blocks = kept->pages_used + free_pages;
	answer.f_bfree = answer.f_bavail = free_pages;
	answer.f_files = kept->nodes_used + free_pages;
	answer.f_ffree = free_pages;
	answer.f_namelen = NAME_BYTES;
	return srv_data(reply, 0, &answer, sizeof(answer));
}

static int64_t ramfs_sync(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	return 0;
}

void ops_register(struct srv *srv)
{
	srv->close = ramfs_close;
	srv->op[PORT_OPEN] = ramfs_open;
	srv->op[PORT_READ] = ramfs_read;
	srv->op[PORT_WRITE] = ramfs_write;
	srv->op[PORT_STAT] = ramfs_stat;
	srv->op[PORT_READDIR] = ramfs_readdir;
	srv->op[PORT_TRUNC] = ramfs_trunc;
	srv->op[PORT_SETATTR] = ramfs_setattr;
	srv->op[PORT_STATFS] = ramfs_statfs;
	srv->op[PORT_SYNC] = ramfs_sync;
}
