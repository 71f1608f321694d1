/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of kernfs: open, read the text of a show method, write to a store method, streams,
 * directories.  Paths are in kernfs_path.c.
 *
 * Locks: f->pos_lock protects struct kernfs_open for reads that use the file's offset; pread on a
 * shared description takes kernfs_open.lock itself.  Methods run between kernfs_enter() and
 * kernfs_leave().  The only lock of kernfs held there is kernfs_open.lock, which ranks outermost
 * together with the offset.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include "../fs/fs_internal.h"
#include "kernfs_internal.h"

#define KERNFS_DYN_COOKIE	(1L << 40)	/* dynamic entries have cookies above this */
#define KERNFS_MOUNT_COOKIE	(1L << 50)	/* mount points have cookies above this */

/* f->private of every kernfs file. */
struct kernfs_open {
	struct kernfs_node *node;	/* (!) with a reference */
	struct mutex lock;		/* protects seq; held around show */
	struct seq_file seq;
	int event;	/* (lock) node->event of the text; poll reads it without the lock */
	bool filled;	/* (lock) seq contains the output of one show, or an answer */
	void *stream_data;		/* (!) result of the stream's open */
};

static const struct file_ops kernfs_ops;

static struct kernfs_open *kernfs_open_of(const struct file *f)
{
	return f->private;
}

struct kernfs_node *kernfs_of_file(const struct file *f)
{
	return f->ops == &kernfs_ops ? kernfs_open_of(f)->node : NULL;
}

void *kernfs_stream_data(const struct file *f)
{
	return kernfs_open_of(f)->stream_data;
}

void kernfs_set_stream_data(struct file *f, void *data)
{
	kernfs_open_of(f)->stream_data = data;
}

static const struct file_ops *kernfs_stream(const struct kernfs_node *node)
{
	return node->ops ? node->ops->stream : NULL;
}

/* ---- reading and writing ------------------------------------------------------ */

/* Caller holds o->lock. */
static void kernfs_begin_text(struct file *f, struct kernfs_open *o)
{
	assert_mutex_held(&o->lock);
	seq_free(&o->seq);
	o->filled = false;
	o->seq.node = o->node;
	o->seq.file = f;
	o->seq.private = o->node->private;
	/* Before the text is made: the next poll reports a change in between. */
	WRITE_ONCE(o->event, atomic_read(&o->node->event));
}

/* Caller holds o->lock. */
static int kernfs_fill(struct file *f, struct kernfs_open *o)
{
	struct kernfs_node *node = o->node;
	int ret;

	assert_mutex_held(&o->lock);
	if (node->ops->ask)
		return 0;	/* the last answer, or nothing */
	kernfs_begin_text(f, o);
	if (!kernfs_enter(node))
		return -ENODEV;
	ret = node->ops->show(&o->seq, node->private);
	kernfs_leave(node);
	if (o->seq.overflow)
		ret = -ENOMEM;
	o->filled = ret >= 0;
	return ret < 0 ? ret : 0;
}

static ssize_t kernfs_read_text(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct kernfs_open *o = kernfs_open_of(f);
	ssize_t ret = 0;

	if (mutex_lock_interruptible(&o->lock))
		return -ERESTARTNOINTR;
	if (*pos == 0 || !o->filled)
		ret = kernfs_fill(f, o);
	if (!ret && *pos < (loff_t)o->seq.count) {
		ret = iobuf_put(to, o->seq.buf + *pos, o->seq.count - *pos);
		if (ret > 0)
			*pos += ret;
	}
	mutex_unlock(&o->lock);
	return ret;
}

static ssize_t kernfs_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	const struct file_ops *stream = kernfs_stream(node);

	if (stream)
		return stream->read ? stream->read(f, to, pos) : -EINVAL;
	return node->ops && (node->ops->show || node->ops->ask) ? kernfs_read_text(f, to, pos) :
								  -EINVAL;
}

/* The answer is read from its beginning, at whatever offset the question was written. */
static ssize_t kernfs_ask(struct file *f, const char *buf, size_t n)
{
	struct kernfs_open *o = kernfs_open_of(f);
	ssize_t ret;

	if (mutex_lock_interruptible(&o->lock))
		return -ERESTARTNOINTR;
	kernfs_begin_text(f, o);
	ret = o->node->ops->ask(buf, n, &o->seq);
	if (o->seq.overflow)
		ret = -ENOMEM;
	if (ret < 0)
		seq_free(&o->seq);	/* a partial answer is discarded */
	o->filled = ret >= 0;
	mutex_unlock(&o->lock);
	return ret;
}

/* @f is a file of @node. */
static ssize_t kernfs_store(struct file *f, struct kernfs_node *node, const char *buf, size_t n)
{
	ssize_t ret;

	if (!kernfs_enter(node))
		return -ENODEV;
	ret = node->ops->ask ? kernfs_ask(f, buf, n) : node->ops->store(buf, n, node->private);
	kernfs_leave(node);
	return ret;
}

static ssize_t kernfs_write_text(struct file *f, struct iobuf *from, loff_t *pos)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	struct iobuf part = *from;	/* a write that has to be repeated has taken nothing */
	size_t n = min_t(size_t, from->len, PAGE_SIZE - 1);
	char *buf = n ? kmalloc(n + 1, GFP_KERNEL) : NULL;
	ssize_t ret;

	if (!n)
		return 0;	/* an empty write has no effect, so methods need not handle it */
	if (!buf)
		return -ENOMEM;
	ret = iobuf_get(&part, buf, n);
	if (ret >= 0) {
		buf[ret] = '\0';
		ret = kernfs_store(f, node, buf, ret);
	}
	kfree(buf);
	if (ret > 0 && !node->ops->ask)
		*pos += ret;
	return ret;
}

static ssize_t kernfs_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	const struct file_ops *stream = kernfs_stream(node);

	if (stream)
		return stream->write ? stream->write(f, from, pos) : -EINVAL;
	return node->ops && (node->ops->store || node->ops->ask) ? kernfs_write_text(f, from, pos) :
								   -EINVAL;
}

static loff_t kernfs_lseek(struct file *f, loff_t off, int whence)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	const struct file_ops *stream = kernfs_stream(node);
	loff_t base = 0, pos;

	if (stream && stream->lseek)
		return stream->lseek(f, off, whence);
	/* Directories, and links that were opened themselves, have no methods. */
	if (whence == SEEK_CUR)
		base = f->pos;
	else if (whence == SEEK_END && node->ops && node->ops->size)
		base = node->ops->size(node->private);
	else if (whence != SEEK_SET)
		return -EINVAL;
	return __builtin_add_overflow(base, off, &pos) || pos < 0 ? -EINVAL : pos;
}

static long kernfs_ioctl(struct file *f, unsigned cmd, unsigned long arg)
{
	const struct file_ops *stream = kernfs_stream(kernfs_open_of(f)->node);

	return stream && stream->ioctl ? stream->ioctl(f, cmd, arg) : -ENOTTY;
}

static unsigned kernfs_poll(struct file *f)
{
	struct kernfs_open *o = kernfs_open_of(f);
	const struct file_ops *stream = kernfs_stream(o->node);
	unsigned mask = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;

	if (stream)
		return stream->poll ? stream->poll(f) : mask;
	/* As on Linux, where files in /proc have no events. */
	if (!kernfs_is_proc(o->node) && READ_ONCE(o->event) != atomic_read(&o->node->event))
		mask |= POLLERR | POLLPRI;
	return mask;
}

static int kernfs_map(struct file *f, struct vmobject **out)
{
	const struct file_ops *stream = kernfs_stream(kernfs_open_of(f)->node);

	return stream && stream->map ? stream->map(f, out) : -ENODEV;
}

/* The kernel owns the contents: truncation is accepted and has no effect. */
static int kernfs_truncate(struct file *f, loff_t size)
{
	return 0;
}

static void kernfs_release(struct file *f)
{
	struct kernfs_open *o = kernfs_open_of(f);
	const struct file_ops *stream = kernfs_stream(o->node);

	if (o->stream_data && stream->release)
		stream->release(f);
	seq_free(&o->seq);
	kernfs_put(o->node);
	kfree(o);
}

/* ---- attributes ------------------------------------------------------------------ */

void kernfs_attr(struct kernfs_node *node, struct port_attr *attr)
{
	s64 birth = node->birth_ns + clock_realtime_offset_ns();

	*attr = (struct port_attr){
		.node = node->ino, .mode = node->mode, .nlink = S_ISDIR(node->mode) ? 2 : 1,
		.uid = node->uid, .gid = node->gid, .rdev = node->rdev,
		.atime_ns = birth, .mtime_ns = birth, .ctime_ns = birth,
	};
	if (node->ops && node->ops->size)
		attr->size = node->ops->size(node->private);
}

static const struct kernfs_node *kernfs_top(const struct kernfs_node *node)
{
	while (node->parent)
		node = node->parent;
	return node;
}

bool kernfs_is_proc(const struct kernfs_node *node)
{
	return !strcmp(kernfs_top(node)->name, "proc");
}

/* Each tree is a separate device. */
u64 kernfs_dev(const struct kernfs_node *node)
{
	return MKDEV(0, 64 + (kernfs_top(node)->ino & 0xff));
}

static int kernfs_stat(struct file *f, struct stat *st)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	struct port_attr attr;

	kernfs_attr(node, &attr);
	attr_to_stat(&attr, kernfs_dev(node), st);
	return 0;
}

void kernfs_fill_statfs(const struct kernfs_node *node, struct statfs *st)
{
	*st = (struct statfs){ .f_type = kernfs_is_proc(node) ? 0x9fa0 : 0x62656572,
			       .f_bsize = PAGE_SIZE, .f_frsize = PAGE_SIZE, .f_namelen = 255 };
}

/*
 * As on Linux, the owner may change modes and root may change owners; the changes last until the
 * machine stops.  Nodes that are made on demand (/proc/PID) store nothing: a change of mode is
 * refused, other changes have no effect.
 */
int kernfs_setattr(struct kernfs_node *node, const struct port_setattr *set)
{
	const struct credentials *c = &current->process->cred;
	bool kept = !list_empty(&node->sibling) || !node->parent;

	if (c->fsuid && (c->fsuid != node->uid || (set->valid & (PORT_SET_UID | PORT_SET_GID))))
		return -EPERM;
	if (!kept)
		return set->valid & PORT_SET_MODE ? -EPERM : 0;
	mutex_lock(&kernfs_mutex);
	if (set->valid & PORT_SET_MODE)
		WRITE_ONCE(node->mode, (node->mode & S_IFMT) | (set->mode & 07777));
	if (set->valid & PORT_SET_UID)
		WRITE_ONCE(node->uid, set->uid);
	if (set->valid & PORT_SET_GID)
		WRITE_ONCE(node->gid, set->gid);
	mutex_unlock(&kernfs_mutex);
	return 0;
}

static int kernfs_setattr_file(struct file *f, const struct setattr *attr)
{
	struct port_setattr set;

	setattr_to_port(attr, &set);
	return kernfs_setattr(kernfs_open_of(f)->node, &set);
}

static int kernfs_statfs(struct file *f, struct statfs *st)
{
	kernfs_fill_statfs(kernfs_open_of(f)->node, st);
	return 0;
}

/* ---- directories ------------------------------------------------------------------ */

static unsigned kernfs_dtype(umode_t mode)
{
	return (mode & S_IFMT) >> 12;
}

/* Lists linked children with a number above *pos; -E2BIG when the sink is full. */
static int kernfs_list_children(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	struct kernfs_node *child;
	int error = 0;

	mutex_lock(&kernfs_mutex);
	list_for_each_entry(child, &dir->children, sibling) {
		if ((loff_t)child->ino <= *pos || child->unlisted)
			continue;
		if (!sink->emit(sink, &(struct dir_entry){
				.name = child->name, .len = strlen(child->name), .ino = child->ino,
				.type = kernfs_dtype(child->mode), .next = child->ino })) {
			error = -E2BIG;
			break;
		}
		*pos = child->ino;
	}
	mutex_unlock(&kernfs_mutex);
	return error;
}

/* Shifts the cookies of one part of a directory, so that they differ from those of other parts. */
struct kernfs_shifted_sink {
	struct dir_sink sink;
	struct dir_sink *outer;
	loff_t shift;
	bool full;
};

static bool kernfs_emit_shifted(struct dir_sink *sink, const struct dir_entry *entry)
{
	struct kernfs_shifted_sink *s = container_of(sink, struct kernfs_shifted_sink, sink);
	struct dir_entry shifted = *entry;

	shifted.next += s->shift;
	s->full = !s->outer->emit(s->outer, &shifted);
	return !s->full;
}

static bool kernfs_known_name(void *arg, const char *name)
{
	return kernfs_exists(arg, name);
}

static int kernfs_list_dots(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	const struct dir_entry dots[] = {
		{ ".", 1, dir->ino, DT_DIR, 1 },
		{ "..", 2, dir->parent ? dir->parent->ino : dir->ino, DT_DIR, 2 },
	};

	if (*pos < 1) {
		if (!sink->emit(sink, &dots[0]))
			return -E2BIG;
		*pos = 1;
	}
	if (*pos < 2) {
		if (!sink->emit(sink, &dots[1]))
			return -E2BIG;
		*pos = 2;
	}
	return 0;
}

/* Lists static children, then children made on demand, then mount points without a node. */
static int kernfs_readdir(struct file *f, struct dir_sink *sink, loff_t *pos)
{
	struct kernfs_node *dir = kernfs_open_of(f)->node;
	struct kernfs_shifted_sink shifted = {
		.sink.emit = kernfs_emit_shifted, .outer = sink, .shift = KERNFS_DYN_COOKIE };
	loff_t part;
	int error = 0;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	if (dir->removed)
		return -ENOENT;
	if (*pos < KERNFS_DYN_COOKIE) {
		error = kernfs_list_dots(dir, sink, pos);
		if (!error)
			error = kernfs_list_children(dir, sink, pos);
		if (error)
			return error == -E2BIG ? 0 : error;
		*pos = KERNFS_DYN_COOKIE;
	}
	if (*pos < KERNFS_MOUNT_COOKIE && dir->dyn) {
		part = *pos - KERNFS_DYN_COOKIE;
		error = dir->dyn->iterate(dir, &shifted.sink, &part);
		*pos = part + KERNFS_DYN_COOKIE;
		if (error || shifted.full)
			return error;
	}
	part = *pos < KERNFS_MOUNT_COOKIE ? 0 : *pos - KERNFS_MOUNT_COOKIE;
	shifted.shift = KERNFS_MOUNT_COOKIE;
	error = mount_iterate(f->path, &shifted.sink, &part, kernfs_known_name, dir);
	*pos = part + KERNFS_MOUNT_COOKIE;
	return error;
}

static const struct file_ops kernfs_ops = {
	.read = kernfs_read,
	.write = kernfs_write,
	.stat = kernfs_stat,
	.readdir = kernfs_readdir,
	.lseek = kernfs_lseek,
	.ioctl = kernfs_ioctl,
	.poll = kernfs_poll,
	.truncate = kernfs_truncate,
	.setattr = kernfs_setattr_file,
	.statfs = kernfs_statfs,
	.map = kernfs_map,
	.release = kernfs_release,
};

/* ---- opening ------------------------------------------------------------------------ */

static int kernfs_check_open(struct kernfs_node *node, unsigned flags)
{
	const struct kernfs_file_ops *ops = node->ops;
	unsigned acc = flags & O_ACCMODE;
	bool rd = acc != O_WRONLY, wr = acc != O_RDONLY;
	unsigned mask = (rd ? MAY_READ : 0) | (wr ? MAY_WRITE : 0);

	if (flags & PORT_OPEN_EXEC) {
		if (!S_ISREG(node->mode))
			return -EACCES;
		mask = MAY_EXEC;
	}
	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (flags & O_PATH)
		return flags & O_DIRECTORY && !S_ISDIR(node->mode) ? -ENOTDIR : 0;
	if (S_ISLNK(node->mode))
		return flags & O_DIRECTORY ? -ENOTDIR : -ELOOP;
	if (S_ISDIR(node->mode) && (wr || (flags & O_CREAT)))
		return -EISDIR;
	if (!S_ISDIR(node->mode)) {
		if (flags & O_DIRECTORY)
			return -ENOTDIR;
		if (!ops || (!ops->stream && !ops->ask &&
			     ((rd && !ops->show) || (wr && !ops->store))))
			return -EACCES;
	}
	return mode_permission(node->mode, node->uid, node->gid, mask);
}

int kernfs_open_node(struct kernfs_node *node, const char *path, unsigned flags,
		     struct file **out)
{
	const struct file_ops *stream = kernfs_stream(node);
	struct kernfs_open *o;
	struct file *f;
	int error = kernfs_check_open(node, flags);

	if (error)
		return error;
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	f = o ? file_alloc(&kernfs_ops, flags, node->mode & S_IFMT, path) : NULL;
	if (!f) {
		kfree(o);
		return -ENOMEM;
	}
	mutex_init_rank(&o->lock, "kernfs_open", RANK_FILE_SEQ);
	kernfs_get(node);
	o->node = node;
	/* a file that was not read yet counts as changed */
	o->event = atomic_read(&node->event) - 1;
	f->private = o;
	f->seekable = true;
	f->whole = !S_ISCHR(f->mode);
	if (!stream)
		f->poll_wq = &kernfs_event_wait;
	if (stream && stream->open && !(flags & O_PATH))
		error = stream->open(f);
	if (error) {
		file_put(f);
		return error;
	}
	if ((flags & O_TRUNC) && file_may_write(f) && node->ops && node->ops->truncate)
		node->ops->truncate(node->private);
	*out = f;
	return 0;
}
