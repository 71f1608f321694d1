/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernfs seen from a file descriptor: opening, reading text that a show method makes,
 * writing to a store method, streams, directories.  Paths are in kernfs_path.c.
 *
 * Locks: struct kernfs_open is protected by f->pos_lock for reads with the file's
 * own offset; pread on a shared description takes kernfs_open.lock itself.
 * Methods run between kernfs_enter() and kernfs_leave(), with no lock of kernfs but
 * that one, which ranks outermost together with the offset.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include "fs_internal.h"
#include "kernfs_internal.h"

#define KERNFS_DYN_COOKIE	(1L << 40)	/* cookies of dynamic entries are above */
#define KERNFS_MOUNT_COOKIE	(1L << 50)	/* and those of mount points above these */

/* f->private of every kernfs file. */
struct kernfs_open {
	struct kernfs_node *node;	/* (!) with a reference */
	struct mutex lock;		/* protects seq; held around show */
	struct seq_file seq;
	bool filled;			/* (lock) seq holds one pass of show */
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

static const struct file_ops *kernfs_stream(const struct kernfs_node *node)
{
	return node->ops ? node->ops->stream : NULL;
}

/* ---- reading and writing ------------------------------------------------------ */

/* Caller holds o->lock. */
static int kernfs_fill(struct file *f, struct kernfs_open *o)
{
	struct kernfs_node *node = o->node;
	int ret;

	assert_mutex_held(&o->lock);
	seq_free(&o->seq);
	o->filled = false;
	o->seq.node = node;
	o->seq.file = f;
	o->seq.private = node->private;
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
	ssize_t ret = mutex_lock_interruptible(&o->lock);

	if (ret)
		return ret;
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
	return node->ops && node->ops->show ? kernfs_read_text(f, to, pos) : -EINVAL;
}

static ssize_t kernfs_write_text(struct kernfs_node *node, struct iobuf *from, loff_t *pos)
{
	size_t n = min_t(size_t, from->len, PAGE_SIZE - 1);
	char *buf = n ? kmalloc(n + 1, GFP_KERNEL) : NULL;
	ssize_t ret;

	if (!n)
		return 0;	/* nothing is no value: no method has to think of it */
	if (!buf)
		return -ENOMEM;
	ret = iobuf_get(from, buf, n);
	if (ret >= 0) {
		buf[ret] = '\0';
		if (kernfs_enter(node)) {
			ret = node->ops->store(buf, ret, node->private);
			kernfs_leave(node);
		} else {
			ret = -ENODEV;
		}
	}
	kfree(buf);
	if (ret > 0)
		*pos += ret;
	return ret;
}

static ssize_t kernfs_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	const struct file_ops *stream = kernfs_stream(node);

	if (stream)
		return stream->write ? stream->write(f, from, pos) : -EINVAL;
	return node->ops && node->ops->store ? kernfs_write_text(node, from, pos) : -EINVAL;
}

static loff_t kernfs_lseek(struct file *f, loff_t off, int whence)
{
	struct kernfs_node *node = kernfs_open_of(f)->node;
	const struct file_ops *stream = kernfs_stream(node);
	loff_t base = 0, pos;

	if (stream && stream->lseek)
		return stream->lseek(f, off, whence);
	/* Directories, and links opened as such, have no methods. */
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
	const struct file_ops *stream = kernfs_stream(kernfs_open_of(f)->node);

	return stream && stream->poll ? stream->poll(f) :
	       POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

static int kernfs_map(struct file *f, struct vmobject **out)
{
	const struct file_ops *stream = kernfs_stream(kernfs_open_of(f)->node);

	return stream && stream->map ? stream->map(f, out) : -ENODEV;
}

/* The contents belong to the kernel: emptying is accepted and means nothing. */
static int kernfs_truncate(struct file *f, loff_t size)
{
	return 0;
}

static void kernfs_release(struct file *f)
{
	struct kernfs_open *o = kernfs_open_of(f);

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

/* Each tree is a device of its own. */
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
 * As on Linux, the owner may change modes, and root owners, until the machine ends.
 * Of nodes that are made on demand (/proc/PID) there is nothing to remember: their
 * modes are refused, the rest has no effect.
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

/* Linked children with a number above *pos; -E2BIG when the sink is full. */
static int kernfs_list_children(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	struct kernfs_node *child;
	int ret = 0;

	mutex_lock(&kernfs_mutex);
	list_for_each_entry(child, &dir->children, sibling) {
		if ((loff_t)child->ino <= *pos)
			continue;
		if (!sink->emit(sink, child->name, strlen(child->name), child->ino,
				kernfs_dtype(child->mode), child->ino)) {
			ret = -E2BIG;
			break;
		}
		*pos = child->ino;
	}
	mutex_unlock(&kernfs_mutex);
	return ret;
}

/* Shifts the cookies of a part of a directory out of the way of the others. */
struct kernfs_shifted_sink {
	struct dir_sink sink;
	struct dir_sink *outer;
	loff_t shift;
	bool full;
};

static bool kernfs_emit_shifted(struct dir_sink *sink, const char *name, size_t len, u64 ino,
				unsigned type, loff_t next)
{
	struct kernfs_shifted_sink *s = container_of(sink, struct kernfs_shifted_sink, sink);

	s->full = !s->outer->emit(s->outer, name, len, ino, type, next + s->shift);
	return !s->full;
}

static bool kernfs_known_name(void *arg, const char *name)
{
	return kernfs_exists(arg, name);
}

static int kernfs_list_dots(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	struct kernfs_node *parent = dir->parent ? dir->parent : dir;

	if (*pos < 1) {
		if (!sink->emit(sink, ".", 1, dir->ino, DT_DIR, 1))
			return -E2BIG;
		*pos = 1;
	}
	if (*pos < 2) {
		if (!sink->emit(sink, "..", 2, parent->ino, DT_DIR, 2))
			return -E2BIG;
		*pos = 2;
	}
	return 0;
}

/* Static children, then those made on demand, then mount points that have no node. */
static int kernfs_readdir(struct file *f, struct dir_sink *sink, loff_t *pos)
{
	struct kernfs_node *dir = kernfs_open_of(f)->node;
	struct kernfs_shifted_sink shifted = {
		.sink.emit = kernfs_emit_shifted, .outer = sink, .shift = KERNFS_DYN_COOKIE };
	loff_t part;
	int ret = 0;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	if (dir->removed)
		return -ENOENT;
	if (*pos < KERNFS_DYN_COOKIE) {
		ret = kernfs_list_dots(dir, sink, pos);
		if (!ret)
			ret = kernfs_list_children(dir, sink, pos);
		if (ret)
			return ret == -E2BIG ? 0 : ret;
		*pos = KERNFS_DYN_COOKIE;
	}
	if (*pos < KERNFS_MOUNT_COOKIE && dir->dyn) {
		part = *pos - KERNFS_DYN_COOKIE;
		ret = dir->dyn->iterate(dir, &shifted.sink, &part);
		*pos = part + KERNFS_DYN_COOKIE;
		if (ret || shifted.full)
			return ret;
	}
	part = *pos < KERNFS_MOUNT_COOKIE ? 0 : *pos - KERNFS_MOUNT_COOKIE;
	shifted.shift = KERNFS_MOUNT_COOKIE;
	ret = mount_iterate(f->path, &shifted.sink, &part, kernfs_known_name, dir);
	*pos = part + KERNFS_MOUNT_COOKIE;
	return ret;
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

	if (flags & PORT_OPEN_EXEC)
		mask = MAY_EXEC;
	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (flags & O_PATH)
		return 0;
	if (S_ISLNK(node->mode))
		return -ELOOP;
	if (S_ISDIR(node->mode) && (wr || (flags & O_CREAT)))
		return -EISDIR;
	if (!S_ISDIR(node->mode)) {
		if (flags & O_DIRECTORY)
			return -ENOTDIR;
		if (!ops || (!ops->stream && ((rd && !ops->show) || (wr && !ops->store))))
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
	int ret = kernfs_check_open(node, flags);

	if (ret)
		return ret;
	o = kzalloc(sizeof(*o), GFP_KERNEL);
	f = o ? file_alloc(&kernfs_ops, flags, node->mode & S_IFMT, path) : NULL;
	if (!f) {
		kfree(o);
		return -ENOMEM;
	}
	mutex_init_rank(&o->lock, "kernfs_open", RANK_FILE_SEQ);
	kernfs_get(node);
	o->node = node;
	f->private = o;
	f->seekable = true;
	if (stream && stream->open && !(flags & O_PATH))
		ret = stream->open(f);
	if (ret) {
		file_put(f);
		return ret;
	}
	*out = f;
	return 0;
}
