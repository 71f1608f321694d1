/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init_module(2) and finit_module(2): copy the file and the parameter line into kernel memory,
 * then call the loader.  Superuser only.
 */
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include "internal.h"

#define MODULE_ARGS_MAX			(16 * 1024UL)
#define MODULE_INIT_IGNORE_MODVERSIONS	1
#define MODULE_INIT_IGNORE_VERMAGIC	2
#define MODULE_INIT_COMPRESSED_FILE	4

/* The parameter line as a kmalloc'ed string, or an error pointer. */
static char *module_copy_args(const char __user *uargs)
{
	char *line = kmalloc(MODULE_ARGS_MAX, GFP_KERNEL), *args;
	ssize_t n;

	if (!line)
		return ERR_PTR(-ENOMEM);
	n = strncpy_from_user(line, uargs, MODULE_ARGS_MAX);
	if (n == -ENAMETOOLONG)
		n = -E2BIG;
	args = n < 0 ? ERR_PTR(n) : kstrdup(line, GFP_KERNEL);
	kfree(line);
	return args ? args : ERR_PTR(-ENOMEM);
}

static int module_load_user(const void *image, size_t len, const char __user *uargs)
{
	char *args = module_copy_args(uargs);

	return IS_ERR(args) ? (int)PTR_ERR(args) : module_load_image(image, len, args);
}

SYSCALL_DEFINE3(init_module, const void __user *, uimage, unsigned long, len,
		const char __user *, uargs)
{
	void *image;
	int error;

	if (!is_superuser())
		return -EPERM;
	if (len < sizeof(Elf64_Ehdr))
		return -ENOEXEC;
	if (len > ELFMOD_MAX_SIZE)
		return -EFBIG;
	image = elfmod_alloc(len);
	if (!image)
		return -ENOMEM;
	error = copy_from_user(image, uimage, len);
	if (!error)
		error = module_load_user(image, len, uargs);
	elfmod_free(image);
	return error;
}

/* Reads all of @f into newly allocated memory. */
static int module_read_file(struct file *f, void **image, size_t *len)
{
	struct write_claim unchanged = { 0 };
	struct stat st;
	unsigned held;
	ssize_t n;
	int error;

	if ((f->flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if ((f->mode & S_IFMT) != S_IFREG)
		return -EINVAL;
	error = file_stat(f, &st);
	if (error)
		return error;
	if (st.st_size <= 0)
		return -EINVAL;
	if ((u64)st.st_size > ELFMOD_MAX_SIZE)
		return -EFBIG;
	*image = elfmod_alloc(st.st_size);
	if (!*image)
		return -ENOMEM;
	error = file_deny_write(f, &unchanged);
	if (error) {
		elfmod_free(*image);
		return error;
	}
	held = transfer_hold_signals();
	n = file_read_kernel(f, *image, st.st_size, 0);
	transfer_release_signals(held);
	write_claim_drop(&unchanged);
	if (n < 0) {
		elfmod_free(*image);
		return n;
	}
	*len = n;
	return 0;
}

SYSCALL_DEFINE3(finit_module, int, fd, const char __user *, uargs, int, flags)
{
	struct file *f;
	void *image;
	size_t len = 0;
	int error;

	if (!is_superuser())
		return -EPERM;
	if (flags & ~(MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC |
		      MODULE_INIT_COMPRESSED_FILE))
		return -EINVAL;
	if (flags & MODULE_INIT_COMPRESSED_FILE)
		return -EOPNOTSUPP;
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	error = module_read_file(f, &image, &len);
	file_put(f);
	if (error)
		return error;
	error = module_load_user(image, len, uargs);
	elfmod_free(image);
	return error;
}
