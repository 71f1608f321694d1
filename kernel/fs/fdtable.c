/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables: small integers -> open file descriptions, shared by threads,
 * copied by fork.
 *
 * files->lock (a spinlock) protects the arrays.  Growing allocates outside it and
 * checks again.  Descriptions are put outside it: the last one may end in a note to
 * a server.
 */
#include <neurath/bug.h>
#include <neurath/mm.h>
#include <neurath/process.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/file.h>
#include "fs_internal.h"

#define FILES_INITIAL	64	/* a multiple of 64, as all sizes */

static size_t files_block_size(unsigned slots)
{
	return slots * sizeof(struct file *) + slots / 8;
}

static struct file **files_alloc_block(unsigned slots)
{
	return kzalloc(files_block_size(slots), GFP_KERNEL);
}

static unsigned long *files_cloexec_of(struct file **block, unsigned slots)
{
	return (unsigned long *)(block + slots);
}

static struct files *files_alloc(unsigned slots)
{
	struct files *files = kzalloc(sizeof(*files), GFP_KERNEL);

	if (!files)
		return NULL;
	files->slot = files_alloc_block(slots);
	if (!files->slot) {
		kfree(files);
		return NULL;
	}
	atomic_set(&files->refs, 1);
	spin_lock_init_rank(&files->lock, "files", RANK_FILES);
	files->size = slots;
	files->cloexec = files_cloexec_of(files->slot, slots);
	return files;
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
		size = old->size;	/* grew meanwhile */
		spin_unlock(&old->lock);
		files_put(new);
	}
	for (unsigned fd = 0; fd < old->size; fd++) {
		new->slot[fd] = old->slot[fd];
		if (new->slot[fd])
			file_get(new->slot[fd]);
	}
	memcpy(new->cloexec, old->cloexec, old->size / 8);
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
	for (unsigned fd = 0; fd < files->size; fd++) {
		if (files->slot[fd])
			file_put(files->slot[fd]);
	}
	kfree(files->slot);
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

struct file *fd_get(int fd)
{
	return files_get_fd(current->files, fd);
}

int files_next_fd(struct files *files, int fd)
{
	int found = -1;

	spin_lock(&files->lock);
	for (unsigned i = fd < 0 ? 0 : fd; i < files->size && found < 0; i++) {
		if (files->slot[i])
			found = i;
	}
	spin_unlock(&files->lock);
	return found;
}

/* Takes the description out of the table: its reference is the caller's.  Under lock. */
static struct file *files_take_locked(struct files *files, unsigned fd)
{
	struct file *f = files->slot[fd];

	assert_spin_held(&files->lock);
	files->slot[fd] = NULL;
	files->cloexec[fd / 64] &= ~BIT(fd % 64);
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
	for (unsigned fd = 0; fd < files->size; fd++) {
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
	return min_t(u64, process_rlimit(RLIMIT_NOFILE), OPEN_MAX);
}

/* Makes room for descriptor @fd; files->lock is taken inside. */
static int files_grow(struct files *files, unsigned fd)
{
	unsigned size = align_up(max(fd + 1, 2 * READ_ONCE(files->size)), 64u);
	struct file **block = files_alloc_block(size), **old = block;

	if (!block)
		return -ENOMEM;
	spin_lock(&files->lock);
	if (files->size < size) {
		old = files->slot;
		memcpy(block, old, files->size * sizeof(*block));
		memcpy(files_cloexec_of(block, size), files->cloexec, files->size / 8);
		files->slot = block;
		files->cloexec = files_cloexec_of(block, size);
		files->size = size;
	}
	spin_unlock(&files->lock);
	kfree(old);
	return 0;
}

static void files_set_locked(struct files *files, unsigned fd, struct file *f, bool cloexec)
{
	assert_spin_held(&files->lock);
	files->slot[fd] = f;
	files->cloexec[fd / 64] &= ~BIT(fd % 64);
	if (cloexec)
		files->cloexec[fd / 64] |= BIT(fd % 64);
}

int fd_install(struct file *f, int min, bool cloexec)
{
	struct files *files = current->files;
	unsigned limit = files_limit();
	unsigned fd = min;

	for (;;) {
		spin_lock(&files->lock);
		while (fd < files->size && files->slot[fd])
			fd++;
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
	int ret = -EBADF;

	spin_lock(&files->lock);
	if (fd >= 0 && (unsigned)fd < files->size && files->slot[fd])
		ret = (files->cloexec[fd / 64] >> (fd % 64)) & 1;
	spin_unlock(&files->lock);
	return ret;
}

int fd_set_cloexec(int fd, bool cloexec)
{
	struct files *files = current->files;
	int ret = -EBADF;

	spin_lock(&files->lock);
	if (fd >= 0 && (unsigned)fd < files->size && files->slot[fd]) {
		files_set_locked(files, fd, files->slot[fd], cloexec);
		ret = 0;
	}
	spin_unlock(&files->lock);
	return ret;
}
