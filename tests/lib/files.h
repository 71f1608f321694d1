/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - small helpers of guest suites that read and write control files and modules. */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tap.h"

/* The whole contents as a string in a static buffer; NULL with errno if the file cannot be read. */
static inline const char *file_text(const char *path)
{
	static char text[1 << 18];
	size_t n = 0;
	ssize_t got = -1;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return NULL;
	while (n < sizeof(text) - 1 && (got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += got;
	close(fd);
	text[n] = '\0';
	return got < 0 ? NULL : text;
}

/* 0, or -1 with errno. */
static inline int file_put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, text, strlen(text));
	if (close(fd) || done < 0)
		return -1;
	return 0;
}

static inline int file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The bytes of a file, from malloc(). */
static inline unsigned char *file_bytes(const char *path, size_t *size)
{
	struct stat st;
	unsigned char *bytes;
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	bytes = malloc(st.st_size + 1);
	*size = 0;
	while (*size < (size_t)st.st_size) {
		ssize_t got = read(fd, bytes + *size, st.st_size - *size);

		CHECK(got > 0);
		*size += got;
	}
	close(fd);
	return bytes;
}

static inline int module_insert(const char *name, const char *args)
{
	char path[128];
	int fd, ret, error;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, args, 0);
	error = errno;
	close(fd);
	errno = error;
	return ret;
}

static inline int module_insert_bytes(const void *bytes, size_t n, const char *args)
{
	return syscall(SYS_init_module, bytes, n, args);
}

static inline int module_delete(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK);
}

#endif
