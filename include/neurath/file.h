/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open file descriptions and descriptor tables.  kernel/fs owns it.  A
 * description is one of: a handle at a server (file_port.c), a pipe, a kernfs
 * node (among them boot modules), a port.  All but file_get() are process
 * context and may sleep.
 */
#ifndef NEURATH_FILE_H
#define NEURATH_FILE_H

#include <neurath/atomic.h>
#include <neurath/mutex.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <neurath/wait.h>
#include <uapi/fcntl.h>
#include <uapi/poll.h>
#include <uapi/stat.h>

struct file;
struct files;
struct vmobject;

/* Receives directory entries; false = the caller's buffer is full. */
struct dir_sink {
	bool (*emit)(struct dir_sink *sink, const char *name, size_t len, u64 ino, unsigned type,
		     loff_t next);
};

/* A missing method means: -EINVAL (read, write), -ENOTDIR, -ENOTTY, always ready, as fitting. */
struct file_ops {
	ssize_t (*read)(struct file *f, struct iobuf *to, loff_t *pos);
	ssize_t (*write)(struct file *f, struct iobuf *from, loff_t *pos);
	int (*open)(struct file *f);		/* streams of kernfs only */
	int (*stat)(struct file *f, struct stat *st);
	int (*readdir)(struct file *f, struct dir_sink *sink, loff_t *pos);
	/* instead of the usual rule */
	loff_t (*lseek)(struct file *f, loff_t off, int whence);
	long (*ioctl)(struct file *f, unsigned cmd, unsigned long arg);
	unsigned (*poll)(struct file *f);	/* POLL* bits now; waiters use f->poll_wq */
	int (*truncate)(struct file *f, loff_t size);
	int (*setattr)(struct file *f, const struct setattr *attr);
	int (*sync)(struct file *f);
	int (*statfs)(struct file *f, struct statfs *st);
	/* Pages for a mapping without a copy (boot modules): an object with a reference. */
	int (*map)(struct file *f, struct vmobject **out);
	void (*release)(struct file *f);	/* last reference; may not fail or block */
};

/* Legend: (!) constant after opening, (l) lock, (p) pos_lock, (a) atomic. */
struct file {
	const struct file_ops *ops;	/* (!) */
	atomic_t refs;
	spinlock_t lock;
	unsigned flags;			/* (l) O_ flags; F_SETFL changes some; read racily */
	umode_t mode;			/* (!) S_IF type */
	/* flock() has been used: set once, before the last file_put() */
	bool flocked;
	bool seekable;			/* (!) else lseek gives ESPIPE, and there is no pos */
	struct mutex pos_lock;		/* held across reads and writes that use pos */
	loff_t pos;			/* (p) */
	/* (!) absolute, for /proc and *at calls; kmalloc'ed; may be NULL */
	char *path;
	void *private;			/* (!) the backend's */
	struct wait_queue_head waitq;	/* readiness changed */
	struct wait_queue_head *poll_wq;	/* (!) what poll waits on: &waitq by default */
	/*
	 * Identity of the contents for the page cache: (port id, node, version); all 0 =
	 * do not cache.  Refreshed by file_stat(). (l)
	 */
	u64 cache_key[3];
};

static inline bool file_may_read(const struct file *f)
{
	return (f->flags & (O_ACCMODE | O_PATH)) == O_RDONLY ||
	       (f->flags & (O_ACCMODE | O_PATH)) == O_RDWR;
}

static inline bool file_may_write(const struct file *f)
{
	return !(f->flags & O_PATH) && (f->flags & O_ACCMODE) != O_RDONLY;
}

void file_get(struct file *f);
void file_put(struct file *f);
/* One reference; @path is copied, may be NULL.  NULL = no memory. */
struct file *file_alloc(const struct file_ops *ops, unsigned flags, umode_t mode, const char *path);

/*
 * For exec: must be a regular file with x permission; -EACCES otherwise.  It need not be
 * *@readable for the caller, who then must not get at its contents.
 */
int file_open_exec(const char *path, struct file **out, bool *readable);
/* A whole read at @pos into kernel memory; short only at end of file. */
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos);
/* One transfer at @pos, or at f->pos and moving it when @pos is NULL. */
ssize_t file_read(struct file *f, struct iobuf *to, loff_t *pos);
ssize_t file_write(struct file *f, struct iobuf *from, loff_t *pos);
/* A regular file of current's may become @size bytes long: else SIGXFSZ is sent, -EFBIG. (task) */
int file_check_size(u64 size);
int file_stat(struct file *f, struct stat *st);
unsigned file_poll(struct file *f);
/*
 * The identity of the contents now (asks the server): true and *@key, or false if
 * they may not be cached.
 */
bool file_cache_identity(struct file *f, u64 key[3]);

#define MAY_EXEC	1
#define MAY_WRITE	2
#define MAY_READ	4
/* 0 or -EACCES for current's ids: those for files, and the real ones (access(2)). */
int mode_permission(umode_t mode, uid_t uid, gid_t gid, unsigned mask);
int mode_permission_real(umode_t mode, uid_t uid, gid_t gid, unsigned mask);

/* ---- descriptor tables -------------------------------------------------- */
#define OPEN_MAX	1024

/* Legend: (l) lock.  For fdtable.c, and the inlined look-up below. */
struct files {
	atomic_t refs;
	spinlock_t lock;
	unsigned size;			/* (l) slots */
	struct file **slot;		/* (l) */
	unsigned long *cloexec;		/* (l) a bit a slot; follows the slots in one block */
};

struct files *files_create(void);
struct files *files_copy(struct files *old);	/* fork; NULL = no memory */
void files_get(struct files *files);
bool files_shared(const struct files *files);	/* with another task */
void files_put(struct files *files);		/* last one closes all */
void files_close_on_exec(struct files *files);
/*
 * For /proc/PID/fd: description @fd of another table with a reference; next used fd >= fd,
 * or -1.
 */
struct file *files_get_fd(struct files *files, int fd);
int files_next_fd(struct files *files, int fd);
/* Description of @fd with a reference, or NULL. */
struct file *fd_get(int fd);
/*
 * The same for the length of a system call that closes nothing and starts no task; also
 * across sleeps.  Without a reference where nobody shares the table, for then only current
 * could close it.  To be given back by fd_return() if not NULL. (task)
 */
static __always_inline struct file *fd_borrow(int fd, bool *counted)
{
	struct files *files = current->files;

	/*
	 * Acquire: what a thread that is gone did to the slots is seen with its reference
	 * given up.  One that /proc holds for a moment only costs the slow way.
	 */
	*counted = smp_load_acquire(&files->refs.counter) != 1;
	if (unlikely(*counted))
		return files_get_fd(files, fd);
	return (unsigned)fd < files->size ? files->slot[fd] : NULL;
}

static inline void fd_return(struct file *f, bool counted)
{
	if (unlikely(counted))
		file_put(f);
}
/* Lowest free descriptor >= @min for @f (takes over the reference): fd, -EMFILE, -ENOMEM. */
int fd_install(struct file *f, int min, bool cloexec);
int fd_close(int fd);				/* 0, -EBADF */
/* Puts @f at @fd, closing what was there; takes over the reference on success. */
int fd_replace(struct file *f, unsigned fd, bool cloexec);
int fd_get_cloexec(int fd);			/* 0, 1, -EBADF */
int fd_set_cloexec(int fd, bool cloexec);

/* ---- paths ----------------------------------------------------------------- */
#define PATH_MAX	4096
/*
 * Copies a user path and makes it absolute (relative to @dfd or cwd) and lexically
 * normal, below current's root.  A kmalloc'ed string, or an error pointer.  It ends
 * in '/' if the user's text demands a directory ("x/", "x/.").
 */
char *path_from_user(int dfd, const char __user *upath);
/* The same of a path in kernel memory, which is not empty. */
char *path_from_kernel(int dfd, const char *text);

void fs_init(void);

#endif
