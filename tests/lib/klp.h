/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp.h - helpers of all guest tests of live patching: modules, the files of a patch, waits for a
 * transition.
 *
 * Each wait here ends by the event itself; the runner finds a test that waits without end.
 */
#ifndef TESTS_KLP_H
#define TESTS_KLP_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include "tap.h"

#define KLP_SYSFS	"/sys/kernel/livepatch"
#define MODULE_DIR	"/lib/modules"

/* The whole file as a string without its last newline, or "" if it cannot be read. */
static inline const char *slurp(const char *path, char *buf, size_t size)
{
	ssize_t got, total = 0;
	int fd = open(path, O_RDONLY);

	buf[0] = 0;
	if (fd < 0)
		return buf;
	while ((got = read(fd, buf + total, size - 1 - total)) > 0)
		total += got;
	close(fd);
	buf[total] = 0;
	if (total && buf[total - 1] == '\n')
		buf[total - 1] = 0;
	return buf;
}

/* 0, or the errno of the write (or of the open). */
static inline int spit(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0644), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		error = errno;
	close(fd);
	return error;
}

/* Loads the module; returns 0 or errno. */
static inline int insmod_args(const char *file, const char *args)
{
	char path[128];
	int fd, error = 0;

	snprintf(path, sizeof(path), MODULE_DIR "/%s.ko", file);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno;
	if (syscall(SYS_finit_module, fd, args, 0))
		error = errno;
	close(fd);
	return error;
}

static inline int insmod(const char *file)
{
	return insmod_args(file, "");
}

static inline int rmmod(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? errno : 0;
}

static inline void nap(long us)
{
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

/* The first character of /sys/kernel/livepatch/PATCH/FILE as a digit; -1 if the file does not exist. */
static inline int klp_read(const char *patch, const char *file)
{
	char path[512], buf[64];

	snprintf(path, sizeof(path), KLP_SYSFS "/%s/%s", patch, file);
	slurp(path, buf, sizeof(buf));
	return buf[0] ? atoi(buf) : -1;
}

static inline int klp_write(const char *patch, const char *file, const char *text)
{
	char path[512];

	snprintf(path, sizeof(path), KLP_SYSFS "/%s/%s", patch, file);
	return spit(path, text);
}

static inline bool klp_exists(const char *patch)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), KLP_SYSFS "/%s", patch);
	return stat(path, &st) == 0;
}

/* Waits until the patch is no longer in transition, or is gone. */
static inline void klp_wait(const char *patch)
{
	while (klp_read(patch, "transition") == 1)
		nap(500);
}

/* Waits until the patch is disabled completely and its module can be unloaded. */
static inline void klp_wait_gone(const char *patch)
{
	char path[512], buf[32];

	while (klp_exists(patch))
		nap(500);
	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", patch);
	while (strcmp(slurp(path, buf, sizeof(buf)), "0") != 0)
		nap(500);
}

static inline void klp_unload(const char *patch)
{
	CHECK_EQ(klp_write(patch, "enabled", "0"), 0);
	klp_wait_gone(patch);
	CHECK_EQ(rmmod(patch), 0);
}

static inline int patch_state(pid_t pid)
{
	char path[64], buf[32];

	snprintf(path, sizeof(path), "/proc/%d/patch_state", pid);
	slurp(path, buf, sizeof(buf));
	return buf[0] ? atoi(buf) : -99;
}

static inline uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The kernel log since the last klp_log_clear(), in a static buffer. */
static inline const char *klp_log(void)
{
	static char log[256 * 1024];
	int n = klogctl(3, log, sizeof(log) - 1);	/* SYSLOG_ACTION_READ_ALL */

	log[n > 0 ? n : 0] = 0;
	return log;
}

static inline void klp_log_clear(void)
{
	klogctl(5, NULL, 0);				/* SYSLOG_ACTION_CLEAR */
}

/* The time of the first line since klp_log_clear() that contains @text, in microseconds. */
static inline uint64_t klp_log_us(const char *text)
{
	const char *line = strstr(klp_log(), text);
	unsigned long seconds, micros;

	CHECK(line != NULL);
	while (*line != '[')
		line--;
	CHECK_EQ(sscanf(line, "[ %lu.%lu]", &seconds, &micros), 2);
	return (uint64_t)seconds * 1000000 + micros;
}

/* The "livepatch: ..." lines of the log, without level and time. */
static inline const char *klp_log_lines(void)
{
	static char lines[64 * 1024];
	const char *at = klp_log();
	size_t n = 0;

	while (at && *at && n < sizeof(lines) - 512) {
		const char *end = strchr(at, '\n'), *text = strstr(at, "livepatch: ");
		size_t length = end ? (size_t)(end - at) : strlen(at);

		if (text && text < at + length) {
			text += strlen("livepatch: ");
			length = (size_t)(at + length - text);
			memcpy(lines + n, text, length);
			n += length;
			lines[n++] = '\n';
		}
		at = end ? end + 1 : NULL;
	}
	lines[n] = 0;
	return lines;
}

/* xorshift: every random choice of a test comes from TAP_SEED by this function. */
static inline uint32_t prng(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Included at the end, because it uses the functions above. */
#include "klp_clean.h"

#endif
