/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.c - small files of the kernel, names of modules, and complaints. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "klp.h"

void complain(const char *fmt, ...)
{
	va_list args;

	fputs("klp: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- files of the kernel ------------------------------------------------------------- */

int read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);
	int ret = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (ret < 0)
		return ret;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return 0;
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	int error = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

void attribute_path(char path[PATH_BYTES], const char *patch, const char *attribute)
{
	snprintf(path, PATH_BYTES, ROOT "/%s/%s", patch, attribute);
}

int get_number(const char *patch, const char *attribute)
{
	char path[PATH_BYTES], text[32];
	int ret;

	attribute_path(path, patch, attribute);
	ret = read_text(path, text, sizeof(text));
	return ret < 0 ? ret : atoi(text);
}

int set_number(const char *patch, const char *attribute, const char *value)
{
	char path[PATH_BYTES];

	attribute_path(path, patch, attribute);
	return write_text(path, value);
}

void module_name(char name[NAME_BYTES], const char *text)
{
	const char *slash = strrchr(text, '/');
	size_t len;

	snprintf(name, NAME_BYTES, "%s", slash ? slash + 1 : text);
	len = strlen(name);
	if (len > 3 && strcmp(name + len - 3, ".ko") == 0)
		name[len - 3] = '\0';
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
}

bool is_loaded(const char *patch)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), ROOT "/%s", patch);
	return access(path, F_OK) == 0;
}

bool check_loaded(const char *patch)
{
	if (is_loaded(patch))
		return true;
	complain("%s: no such patch; `klp list` shows what is loaded", patch);
	return false;
}

int open_module(const char *file)
{
	static const char *const forms[] = { MODULES "/%s", MODULES "/%s.ko" };
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	char path[PATH_BYTES];

	for (unsigned i = 0; fd < 0 && errno == ENOENT && !strchr(file, '/') && i < 2; i++) {
		snprintf(path, sizeof(path), forms[i], file);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000L + now.tv_nsec / 1000000;
}
