/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables: they map small integers to open file descriptions.  Threads share a table,
 * fork copies it.
 *
 * files->lock (a spinlock) protects the arrays.  The slots, their close-on-exec bits and the set
 * of used slots are in one block, which doubles when it is full.  Growing allocates outside of
 * the lock and checks again.  References on descriptions are dropped outside of the lock: the
 * last one may post a note to a server.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/file.h>
#include "../fs/fs_internal.h"

#define FILES_INITIAL	64	/* all sizes are powers of two from here on */
#define FILES_KMALLOC	(32 * 1024UL)	/* larger blocks need not be contiguous */

static size_t files_block_size(unsigned slots)
{
	return slots * sizeof(struct file *) + slots / 8 +
	       idset_words(slots) * sizeof(unsigned long);
}

static struct file **files_alloc_block(unsigned slots)
{
	size_t bytes = files_block_size(slots);

	return bytes > FILES_KMALLOC ? vzalloc(bytes) : kzalloc(bytes, GFP_KERNEL);
}

static void files_free_block(struct file **block, unsigned slots)
{
	if (files_block_size(slots) > FILES_KMALLOC)
		vfree(block);
	else
		kfree(block);
}

/* Installs the empty @block in @files. */
static void files_set_block(struct files *files, struct file **block, unsigned slots)
{
	files->slot = block;
	files->cloexec = (unsigned long *)(block + slots);
	files->size = slots;
	idset_init(&files->used, slots, files->cloexec + slots / 64);
}

static struct files *files_alloc(unsigned slots)
{
	struct files *files = kzalloc(sizeof(*files), GFP_KERNEL);
	struct file **block = files ? files_alloc_block(slots) : NULL;

	if (!block) {
		kfree(files);
		return NULL;
	}
	atomic_set(&files->refs, 1);
	spin_lock_init_rank(&files->lock, "files", RANK_FILES);
	files_set_block(files, block, slots);
	return files;
}

/* The owner replaces its pointer under pi_lock before it drops its reference. */
struct files *task_get_files(struct task *t)
{
	unsigned long flags;
	struct files *files;

	spin_lock_irqsave(&t->pi_lock, flags);
	files = t->files;
	if (files)
		files_get(files);
	spin_unlock_irqrestore(&t->pi_lock, flags);
	return files;
}

/* Caller holds the lock, or @files is not shared yet. */
#define files_for_each_fd(files, fd) \
	for (unsigned fd = idset_next_used(&(files)->used, 0); fd < (files)->size; \
	     fd = idset_next_used(&(files)->used, fd + 1))

size_t files_memory(struct files *files)
{
	size_t bytes = sizeof(*files);

	spin_lock(&files->lock);
	bytes += files_block_size(files->size);
	files_for_each_fd(files, fd)
		bytes += file_memory(files->slot[fd]);
	spin_unlock(&files->lock);
	return bytes;
}

struct files *files_create(void)
{
	return files_alloc(FILES_INITIAL);
}

struct files *files_copy(struct files *old)
{
	unsigned size = READ_ONCE(old->size);
	struct files *new;

	for (;;) {
		new = files_alloc(size);
		if (!new)
			return NULL;
		spin_lock(&old->lock);
		if (old->size <= size)
			break;
		size = old->size;	/* the table grew meanwhile */
		spin_unlock(&old->lock);
		files_put(new);
	}
	files_for_each_fd(old, fd) {
		new->slot[fd] = old->slot[fd];
		file_get(new->slot[fd]);
	}
	memcpy(new->cloexec, old->cloexec, old->size / 8);
	idset_copy(&new->used, &old->used);
	spin_unlock(&old->lock);
	return new;
}

void files_get(struct files *files)
{
	atomic_inc(&files->refs);
}

bool files_shared(const struct files *files)
{
	return atomic_read(&files->refs) > 1;
}

void files_put(struct files *files)
{
	if (!atomic_dec_and_test(&files->refs))
		return;
	files_for_each_fd(files, fd)
		file_put(files->slot[fd]);
	files_free_block(files->slot, files->size);
	kfree(files);
}

/* ---- use -------------------------------------------------------------------- */

struct file *files_get_fd(struct files *files, int fd)
{
	struct file *f = NULL;

	spin_lock(&files->lock);
	if (fd >= 0 && (unsigned)fd < files->size)
		f = files->slot[fd];
	if (f)
		file_get(f);
	spin_unlock(&files->lock);
	return f;
}

struct file *fd_get_any(int fd)
{
	return files_get_fd(current->files, fd);
}

struct file *fd_get(int fd)
{
	struct file *f = fd_get_any(fd);

	if (f && unlikely(f->flags & O_PATH)) {
		file_put(f);
		f = NULL;
	}
	return f;
}

int files_next_fd(struct files *files, int fd)
{
	unsigned found;

	spin_lock(&files->lock);
	found = idset_next_used(&files->used, max(fd, 0));
	if (found >= files->size)
		found = -1U;
	spin_unlock(&files->lock);
	return (int)found;
}

/* Removes the description from the table; the caller gets its reference.  Under lock. */
static struct file *files_take_locked(struct files *files, unsigned fd)
{
	struct file *f = files->slot[fd];

	assert_spin_held(&files->lock);
	files->slot[fd] = NULL;
	files->cloexec[fd / 64] &= ~BIT(fd % 64);
	if (f)
		idset_remove(&files->used, fd);
	return f;
}

int fd_close(int fd)
{
	struct files *files = current->files;
	struct file *f = NULL;

	spin_lock(&files->lock);
	if (fd >= 0 && (unsigned)fd < files->size)
		f = files_take_locked(files, fd);
	spin_unlock(&files->lock);
	if (!f)
		return -EBADF;
	file_put(f);
	return 0;
}

void files_close_on_exec(struct files *files)
{
	for (int fd = files_next_fd(files, 0); fd >= 0; fd = files_next_fd(files, fd + 1)) {
		struct file *f = NULL;

		spin_lock(&files->lock);
		if (files->cloexec[fd / 64] & BIT(fd % 64))
			f = files_take_locked(files, fd);
		spin_unlock(&files->lock);
		if (f)
			file_put(f);
	}
}

/* ---- installing ---------------------------------------------------------------- */

static unsigned files_limit(void)
{
	return min_t(u64, process_rlimit(RLIMIT_NOFILE), NR_OPEN);
}

/* Makes room for descriptor @fd; files->lock is taken inside. */
static int files_grow(struct files *files, unsigned fd)
{
	struct file **block, **old;
	unsigned size, old_size;
	struct idset used;

	for (size = READ_ONCE(files->size); size <= fd;)
		size *= 2;
	old = block = files_alloc_block(size);
	old_size = size;
	if (!block)
		return -ENOMEM;
	spin_lock(&files->lock);
	if (files->size < size) {
		old = files->slot;
		old_size = files->size;
		used = files->used;
		memcpy(block, old, old_size * sizeof(*block));
		memcpy(block + size, files->cloexec, old_size / 8);
		files_set_block(files, block, size);
		idset_copy(&files->used, &used);
	}
	spin_unlock(&files->lock);
	files_free_block(old, old_size);
	return 0;
}

static void files_set_locked(struct files *files, unsigned fd, struct file *f, bool cloexec)
{
	assert_spin_held(&files->lock);
	files->slot[fd] = f;
	idset_add(&files->used, fd);
	files->cloexec[fd / 64] &= ~BIT(fd % 64);
	if (cloexec)
		files->cloexec[fd / 64] |= BIT(fd % 64);
}

int fd_install(struct file *f, int min, bool cloexec)
{
	struct files *files = current->files;
	unsigned limit = files_limit(), fd;

	for (;;) {
		spin_lock(&files->lock);
		fd = max(idset_next_free(&files->used, min), (unsigned)min);
		if (fd < files->size && fd < limit) {
			files_set_locked(files, fd, f, cloexec);
			spin_unlock(&files->lock);
			return fd;
		}
		spin_unlock(&files->lock);
		if (fd >= limit)
			return -EMFILE;
		if (files_grow(files, fd))
			return -ENOMEM;
	}
}

int fd_replace(struct file *f, unsigned fd, bool cloexec)
{
	struct files *files = current->files;
	struct file *old;

	if (fd >= files_limit())
		return -EBADF;
	if (fd >= READ_ONCE(files->size) && files_grow(files, fd))
		return -ENOMEM;
	spin_lock(&files->lock);
	old = files_take_locked(files, fd);
	files_set_locked(files, fd, f, cloexec);
	spin_unlock(&files->lock);
	if (old)
		file_put(old);
	return fd;
}

int fd_get_cloexec(int fd)
{
	struct files *files = current->files;
	int error = -EBADF;

	spin_lock(&files->lock);
	if (fd >= 0 && (unsigned)fd < files->size && files->slot[fd])
		error = (files->cloexec[fd / 64] >> (fd % 64)) & 1;
	spin_unlock(&files->lock);
	return error;
}

int fd_set_cloexec(int fd, bool cloexec)
{
	struct files *files = current->files;
	int error = -EBADF;

	spin_lock(&files->lock);
	if (fd >= 0 && (unsigned)fd < files->size && files->slot[fd]) {
		files_set_locked(files, fd, files->slot[fd], cloexec);
		error = 0;
	}
	spin_unlock(&files->lock);
	return error;
}
