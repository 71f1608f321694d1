/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seq_file: collects the text of a kernfs show method in a growing buffer.  Lack of memory is
 * recorded, and the read fails as a whole.  One owner at a time; no locks.
 */
#include <neurath/export.h>
#include <stdarg.h>
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/string.h>

#define SEQ_MAX	(PAGE_SIZE << PAGE_MAX_ORDER)

/* Makes room for @n more bytes. */
static bool seq_reserve(struct seq_file *m, size_t n)
{
	size_t size = m->size ? m->size : PAGE_SIZE;
	char *buf;

	if (m->overflow)
		return false;
	if (m->count + n <= m->size)
		return true;
	while (size < m->count + n)
		size *= 2;
	buf = size <= SEQ_MAX ? krealloc(m->buf, size, GFP_KERNEL) : NULL;
	if (!buf) {
		m->overflow = true;
		return false;
	}
	m->buf = buf;
	m->size = size;
	return true;
}

void seq_write(struct seq_file *m, const void *data, size_t n)
{
	if (!seq_reserve(m, n))
		return;
	memcpy(m->buf + m->count, data, n);
	m->count += n;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	size_t room;
	int n;

	if (!seq_reserve(m, 1))
		return;
	room = m->size - m->count;
	va_start(args, fmt);
	n = vsnprintf(m->buf + m->count, room, fmt, args);
	va_end(args);
	if ((size_t)n >= room) {
		if (!seq_reserve(m, n + 1))
			return;
		va_start(args, fmt);
		n = vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
		va_end(args);
	}
	m->count += n;
}

void seq_free(struct seq_file *m)
{
	kfree(m->buf);
	m->buf = NULL;
	m->size = 0;
	m->count = 0;
	m->overflow = false;
}

EXPORT_SYMBOL(seq_printf);
EXPORT_SYMBOL(seq_puts);
EXPORT_SYMBOL(seq_putc);
EXPORT_SYMBOL(seq_write);
