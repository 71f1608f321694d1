/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Open file descriptions and descriptor tables; kernel/file and kernel/fs implement them.  A
 * description is one of: a handle at a server (file_port.c), a pipe, a kernfs node (including
 * boot modules), a port.  All functions except file_get() need process context and may sleep.
 */
#ifndef NEURATH_FILE_H
#define NEURATH_FILE_H

#include <neurath/atomic.h>
#include <neurath/idset.h>
#include <neurath/mutex.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <neurath/wait.h>
#include <neurath/write_claim.h>
#include <uapi/fcntl.h>
#include <uapi/poll.h>
#include <uapi/stat.h>

struct file;
struct files;
struct vmobject;

struct dir_entry {
	const char *name;		/* @len bytes, without NUL */
	size_t len;
	u64 ino;
	unsigned type;			/* DT_ */
	loff_t next;			/* the position behind the entry */
};

/* Receives directory entries; false = the caller's buffer is full. */
struct dir_sink {
	bool (*emit)(struct dir_sink *sink, const struct dir_entry *entry);
};

/*
 * A missing method means -EINVAL (read, write), -ENOTDIR, -ENOTTY, or always ready.
 *
 * If read or write is interrupted during a wait, it returns a restart code even if bytes have
 * moved; the iobuf says how many. transfer.h describes the effect.
 */
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
	/* Bytes in addition to struct file, divided among its references; for the OOM killer. */
	size_t (*memory)(const struct file *f);
};

/* Legend: (!) constant after opening, (l) lock, (p) pos_lock, (a) atomic. */
struct file {
	const struct file_ops *ops;	/* (!) */
	atomic_t refs;
	spinlock_t lock;
	unsigned flags;			/* (l) O_ flags; F_SETFL changes some; read racily */
	umode_t mode;			/* (!) S_IF type */
	/* Removes its flock(), if it has one: set once, before the last file_put(). */
	void (*drop_lock)(struct file *f);
	bool seekable;			/* (!) else lseek returns ESPIPE, and pos is not used */
	bool whole;			/* (!) signals do not shorten a transfer: transfer.h */
	struct mutex pos_lock;		/* held during reads and writes that use pos */
	loff_t pos;			/* (p) */
	/* (!) absolute, for /proc and *at calls; kmalloc'ed; may be NULL */
	char *path;
	void *private;			/* (!) owned by the backend */
	struct wait_queue_head waitq;	/* readiness changed */
	struct wait_queue_head *poll_wq;	/* (!) the queue for poll: &waitq by default */
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
 * For exec: the file must be regular with x permission; otherwise -EACCES.  If the caller may not
 * read it, *@readable is false, and the caller must not expose its contents.
 */
int file_open_exec(const char *path, struct file **out, bool *readable);

/* Forbids writes to @f until write_claim_drop(): 0, or -ETXTBSY if it is being written. (task) */
int file_deny_write(struct file *f, struct write_claim *c);
/* Reads at @pos into kernel memory; short only at end of file.  May be interrupted. */
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t pos);
/*
 * One transfer at *@pos; advances *@pos.  A write advances the iobuf by its result, or by what it
 * has moved before an interruption: callers repeat it until the iobuf is empty.
 */
ssize_t file_read(struct file *f, struct iobuf *to, loff_t *pos);
ssize_t file_write(struct file *f, struct iobuf *from, loff_t *pos);
/* Gets the right to use f->pos for a transfer, if the file has one: 0, or a restart code. */
static __always_inline int file_lock_pos(struct file *f)
{
	if (!f->seekable || likely(!mutex_lock_interruptible(&f->pos_lock)))
		return 0;
	/* Nothing has happened: as on Linux, a regular file does not return EINTR. */
	return f->whole ? -ERESTARTNOINTR : -ERESTARTSYS;
}

static __always_inline void file_unlock_pos(struct file *f)
{
	if (f->seekable)
		mutex_unlock(&f->pos_lock);
}
/* Checks that a regular file may grow to @size bytes: else sends SIGXFSZ, -EFBIG. (task) */
int file_check_size(u64 size);
int file_stat(struct file *f, struct stat *st);
unsigned file_poll(struct file *f);
/*
 * The identity of the contents now (asks the server): true and *@key, or false if the contents
 * may not be cached.
 */
bool file_cache_identity(struct file *f, u64 key[3]);

#define MAY_EXEC	1
#define MAY_WRITE	2
#define MAY_READ	4
/* 0 or -EACCES for current's ids: the ids for files, and the real ids (access(2)). */
int mode_permission(umode_t mode, uid_t uid, gid_t gid, unsigned mask);
int mode_permission_real(umode_t mode, uid_t uid, gid_t gid, unsigned mask);

/* ---- descriptor tables -------------------------------------------------- */
/* The maximum of descriptors, whatever RLIMIT_NOFILE is: /proc/sys/fs/nr_open. */
#define NR_OPEN	(1U << 20)

/* Legend: (l) lock.  For fdtable.c, and the inlined look-up below. */
struct files {
	atomic_t refs;
	spinlock_t lock;
	unsigned size;			/* (l) slots */
	struct file **slot;		/* (l) one block for all of these: first the slots, */
	unsigned long *cloexec;		/* (l) then one bit for each slot, */
	struct idset used;	/* (l) then the words of this set: slots that are not NULL */
};

struct files *files_create(void);
struct files *files_copy(struct files *old);	/* fork; NULL = no memory */
void files_get(struct files *files);
struct files *task_get_files(struct task *t);	/* with a reference, or NULL (irq) */
size_t file_memory(const struct file *f);	/* bytes, divided among its references */
/* Bytes in use for the table and its part of its open files. (task) */
size_t files_memory(struct files *files);
bool files_shared(const struct files *files);	/* with another task */
void files_put(struct files *files);		/* the last one closes all */
void files_close_on_exec(struct files *files);
/*
 * For /proc/PID/fd: description @fd of another task's table with a reference; the next used fd >=
 * fd, or -1.
 */
struct file *files_get_fd(struct files *files, int fd);
int files_next_fd(struct files *files, int fd);
/*
 * The description of @fd with a reference, or NULL.  An O_PATH description names a file without
 * opening it: only calls that use the name or copy the descriptor accept it.
 */
struct file *fd_get(int fd);
struct file *fd_get_any(int fd);
/*
 * Like fd_get(), for one system call that closes no descriptor and starts no task; it may
 * sleep.  If no other task shares the table, no reference is taken: only current could close
 * the file.  Give the result back by fd_return() if it is not NULL. (task)
 */
static __always_inline struct file *fd_borrow(int fd, bool *counted)
{
	struct files *files = current->files;

	/*
	 * Acquire: this sees a departed thread's changes of the slots, since they precede the
	 * release of its reference.  A reference that /proc holds for a moment only costs the
	 * slow path.
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
/* Installs @f at the lowest free fd >= @min; consumes the reference. fd, -EMFILE, -ENOMEM. */
int fd_install(struct file *f, int min, bool cloexec);
int fd_close(int fd);				/* 0, -EBADF */
/* Installs @f at @fd and closes the old file; consumes the reference on success. */
int fd_replace(struct file *f, unsigned fd, bool cloexec);
int fd_get_cloexec(int fd);			/* 0, 1, -EBADF */
int fd_set_cloexec(int fd, bool cloexec);

/* ---- paths ----------------------------------------------------------------- */
#define PATH_MAX	4096
/*
 * Copies a user path, makes it absolute (relative to @dfd or cwd), and normalises its text below
 * current's root.  Returns a kmalloc'ed string, or an error pointer.  The result ends in '/' if
 * the user's text requires a directory ("x/", "x/.").
 */
char *path_from_user(int dfd, const char __user *upath);
/* The same for a path in kernel memory, which must not be empty. */
char *path_from_kernel(int dfd, const char *text);

/*
 * The name of the absolute @path below current's root; outside of the root, @path itself.
 * kmalloc'ed, or an error pointer.
 */
char *path_as_seen(const char *path);

void fs_init(void);

#endif
