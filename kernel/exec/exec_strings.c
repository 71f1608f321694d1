/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The argument and environment strings of execve, collected in kernel memory. */
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <neurath/uaccess.h>
#include "exec_image.h"

#define EXEC_STRINGS_FIRST	1024

static int exec_strings_grow(struct exec_strings *s, size_t need)
{
	size_t size = s->size ? s->size : EXEC_STRINGS_FIRST;
	char *buf;

	if (need > EXEC_STRINGS_MAX)
		return -E2BIG;
	while (size < need)
		size *= 2;
	if (size == s->size)
		return 0;
	buf = krealloc(s->buf, size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	s->buf = buf;
	s->size = size;
	return 0;
}

/* Grows the buffer until the string fits. */
static int exec_strings_add_one(struct exec_strings *s, const char __user *ustr)
{
	ssize_t len;
	int error;

	for (;;) {
		len = s->size > s->used ?
			strncpy_from_user(s->buf + s->used, ustr, s->size - s->used) :
			-ENAMETOOLONG;
		if (len != -ENAMETOOLONG)
			break;
		if (s->size - s->used >= EXEC_STRING_MAX)
			return -E2BIG;
		error = exec_strings_grow(s, s->size + 1);
		if (error)
			return error;
	}
	if (len < 0)
		return len;
	if (len + 1 > (ssize_t)EXEC_STRING_MAX)
		return -E2BIG;
	s->used += len + 1;
	s->count++;
	return 0;
}

int exec_strings_add_user(struct exec_strings *s, const char __user *const __user *list)
{
	const char __user *ustr;
	int error;

	/* Linux accepts a missing list as an empty one. */
	if (!list)
		return 0;
	for (;; list++) {
		if (get_user(ustr, list))
			return -EFAULT;
		if (!ustr)
			return 0;
		error = exec_strings_add_one(s, ustr);
		if (error)
			return error;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
}

int exec_strings_add(struct exec_strings *s, const char *string)
{
	size_t n = strlen(string) + 1;
	int error = exec_strings_grow(s, s->used + n);

	if (error)
		return error;
	memcpy(s->buf + s->used, string, n);
	s->used += n;
	s->count++;
	return 0;
}

int exec_strings_prepend(struct exec_strings *s, const char *string)
{
	size_t n = strlen(string) + 1;
	int error = exec_strings_grow(s, s->used + n);

	if (error)
		return error;
	memmove(s->buf + n, s->buf, s->used);
	memcpy(s->buf, string, n);
	s->used += n;
	s->count++;
	return 0;
}

void exec_strings_drop_first(struct exec_strings *s)
{
	size_t n;

	if (!s->count)
		return;
	n = strlen(s->buf) + 1;
	memmove(s->buf, s->buf + n, s->used - n);
	s->used -= n;
	s->count--;
}

void exec_strings_free(struct exec_strings *s)
{
	kfree(s->buf);
	*s = (struct exec_strings){ 0 };
}
