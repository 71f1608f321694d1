/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/fd: a link for each open descriptor.  A link shows the path, or the kind of the
 * description.  An open of the link opens the path again or shares the description (kernfs).
 */
#include <neurath/mm.h>
#include <uapi/stat.h>
#include "internal.h"

struct proc_fd {
	struct task *task;
	int fd;
};

static void proc_fd_release(void *private)
{
	struct proc_fd *e = private;

	task_put(e->task);
	kfree(e);
}

static struct file *proc_fd_take(struct task *t, int fd)
{
	struct files *files = task_get_files(t);
	struct file *f = files ? files_get_fd(files, fd) : NULL;

	if (files)
		files_put(files);
	return f;
}

static struct file *proc_fd_file(struct task *t, int fd)
{
	for (;;) {
		struct mm *mm = proc_get_mm(t);
		struct file *f;

		if (IS_ERR(mm))
			return NULL;
		f = proc_fd_take(t, fd);
		if (proc_put_mm_unchanged(t, mm))
			return f;
		if (f)
			file_put(f);
	}
}

static char *proc_fd_readlink(void *private)
{
	struct proc_fd *e = private;
	struct file *f = proc_fd_file(e->task, e->fd);
	char text[48], *copy;
	struct stat st;

	if (!f)
		return ERR_PTR(-ENOENT);
	if (!f->path && !file_stat(f, &st))
		snprintf(text, sizeof(text), "%s:[%lu]",
			 S_ISFIFO(f->mode) ? "pipe" : "anon_inode", (unsigned long)st.st_ino);
	else
		strscpy(text, "anon_inode:[?]", sizeof(text));
	copy = f->path ? path_as_seen(f->path) : kstrdup(text, GFP_KERNEL);
	file_put(f);
	return copy ? copy : ERR_PTR(-ENOMEM);
}

static int proc_fd_follow(void *private, struct file **out)
{
	struct proc_fd *e = private;

	*out = proc_fd_file(e->task, e->fd);
	return *out ? 0 : -ENOENT;
}

static const struct kernfs_file_ops proc_fd_ops = {
	.readlink = proc_fd_readlink, .follow = proc_fd_follow };

static int proc_fd_lookup(struct kernfs_node *dir, const char *name, struct kernfs_node **out)
{
	struct task *t = kernfs_private(dir);
	int fd = proc_parse_number(name);
	struct file *f = fd >= 0 ? proc_fd_file(t, fd) : NULL;
	struct proc_fd *e;

	if (!f)
		return -ENOENT;
	file_put(f);
	e = kmalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	task_get(t);
	e->task = t;
	e->fd = fd;
	*out = kernfs_new(dir, name, &(struct kernfs_attr){
		.mode = S_IFLNK | 0777, .ops = &proc_fd_ops,
		.private = e, .release = proc_fd_release });
	if (!*out) {
		proc_fd_release(e);
		return -ENOMEM;
	}
	return 0;
}

static int proc_fd_iterate(struct kernfs_node *dir, struct dir_sink *sink, loff_t *pos)
{
	struct task *t = kernfs_private(dir);
	struct mm *mm = proc_get_mm(t);
	struct files *files;
	int fd;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (mm)
		mm_put(mm);
	files = task_get_files(t);
	if (!files)
		return 0;
	while ((fd = files_next_fd(files, *pos)) >= 0) {
		char name[16];
		int len = snprintf(name, sizeof(name), "%d", fd);

		if (!sink->emit(sink, &(struct dir_entry){ name, len, (1UL << 33) + fd, DT_LNK,
							   fd + 1 }))
			break;
		*pos = fd + 1;
	}
	files_put(files);
	return 0;
}

const struct kernfs_dyn_dir proc_fd_dir = {
	.lookup = proc_fd_lookup, .iterate = proc_fd_iterate };
