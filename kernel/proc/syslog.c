/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syslog(2): the log as text, in the form that dmesg and klogd read.
 *
 * Each line of a record is "<LEVEL>[ seconds.micros] text\n".  A caller gets only whole records;
 * SYSLOG_ACTION_READ_ALL returns the newest ones that fit. syslog_mutex protects the position of
 * SYSLOG_ACTION_READ, which all callers share.
 */
#include <neurath/arch.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/mutex.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/syscall.h>
#include <neurath/task.h>
#include <neurath/uaccess.h>
#include <neurath/wait.h>

enum {
	SYSLOG_CLOSE, SYSLOG_OPEN, SYSLOG_READ, SYSLOG_READ_ALL, SYSLOG_READ_CLEAR, SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF, SYSLOG_CONSOLE_ON, SYSLOG_CONSOLE_LEVEL, SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

#define SYSLOG_BUFFER_SIZE	(256 * 1024)
#define SYSLOG_LEVEL_MAX	8
#define SYSLOG_QUIET_LEVEL	1

/* One record and its text; a record has no more lines than characters. */
struct syslog_work {
	struct printk_record rec;
	char text[16 * 1024];
};

static DEFINE_MUTEX_RANK(syslog_mutex, RANK_MUTEX_ANY);
static u64 syslog_read_seq;		/* (syslog_mutex) */
static int syslog_saved_level = -1;	/* (syslog_mutex) level before CONSOLE_OFF */

static size_t syslog_format(struct syslog_work *w)
{
	const char *line = w->rec.text;
	size_t n = 0;

	for (;;) {
		const char *end = strchr(line, '\n');
		int len = end ? (int)(end - line) : (int)strlen(line);

		n += (size_t)scnprintf(w->text + n, sizeof(w->text) - n, "<%u>[%5lu.%06lu] %.*s\n",
				       w->rec.level, w->rec.time_ns / NSEC_PER_SEC,
				       w->rec.time_ns % NSEC_PER_SEC / NSEC_PER_USEC, len, line);
		if (!end)
			return n;
		line = end + 1;
	}
}

/* The size in bytes of the text of all records from @seq on. */
static size_t syslog_total(struct syslog_work *w, u64 seq)
{
	size_t total = 0;

	while (printk_read(&seq, &w->rec) == 0)
		total += syslog_format(w);
	return total;
}

/* Copies whole records from *@seq on, as many as fit. */
static ssize_t syslog_copy(struct syslog_work *w, u64 *seq, char __user *buf, size_t len)
{
	size_t done = 0;
	u64 next = *seq;

	while (printk_read(&next, &w->rec) == 0) {
		size_t n = syslog_format(w);

		if (n > len - done)
			break;
		if (copy_to_user(buf + done, w->text, n))
			return done ? (ssize_t)done : -EFAULT;
		done += n;
		*seq = next;
	}
	return (ssize_t)done;
}

static ssize_t syslog_read_all(struct syslog_work *w, char __user *buf, size_t len)
{
	u64 seq = printk_clear_seq();
	size_t total = syslog_total(w, seq);

	while (total > len && printk_read(&seq, &w->rec) == 0)
		total -= min(total, syslog_format(w));
	return syslog_copy(w, &seq, buf, len);
}

/* Waits until there is at least one record. */
static ssize_t syslog_read(struct syslog_work *w, char __user *buf, size_t len)
{
	ssize_t ret;

	do {
		ret = wait_event_interruptible(printk_wait, READ_ONCE(syslog_read_seq) <
					       printk_next_seq());
		if (ret)
			return ret;
		mutex_lock(&syslog_mutex);
		ret = syslog_copy(w, &syslog_read_seq, buf, len);
		mutex_unlock(&syslog_mutex);
	} while (ret == 0 && READ_ONCE(syslog_read_seq) == printk_next_seq());
	return ret;
}

static long syslog_console(unsigned int action, size_t level)
{
	long ret = 0;

	mutex_lock(&syslog_mutex);
	if (action == SYSLOG_CONSOLE_OFF) {
		if (syslog_saved_level < 0)
			syslog_saved_level = console_loglevel;
		console_loglevel = SYSLOG_QUIET_LEVEL;
	} else if (action == SYSLOG_CONSOLE_ON) {
		if (syslog_saved_level >= 0)
			console_loglevel = syslog_saved_level;
		syslog_saved_level = -1;
	} else if (level >= 1 && level <= SYSLOG_LEVEL_MAX) {
		console_loglevel = (int)level;
		syslog_saved_level = -1;
	} else {
		ret = -EINVAL;
	}
	mutex_unlock(&syslog_mutex);
	return ret;
}

static long syslog_text(unsigned int action, char __user *buf, size_t len)
{
	struct syslog_work *w = kmalloc(sizeof(*w), GFP_KERNEL);
	long ret = 0;

	if (!w)
		return -ENOMEM;
	switch (action) {
	case SYSLOG_READ:
		ret = syslog_read(w, buf, len);
		break;
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		ret = syslog_read_all(w, buf, len);
		if (ret >= 0 && action == SYSLOG_READ_CLEAR)
			printk_clear();
		break;
	case SYSLOG_SIZE_UNREAD:
		ret = (long)syslog_total(w, READ_ONCE(syslog_read_seq));
		break;
	}
	kfree(w);
	return ret;
}

SYSCALL_DEFINE3(syslog, int, action, char __user *, buf, int, len)
{
	bool reads = action == SYSLOG_READ || action == SYSLOG_READ_ALL ||
		     action == SYSLOG_READ_CLEAR;

	/* Every user may read, only the administrator may consume. */
	if (action != SYSLOG_READ_ALL && action != SYSLOG_SIZE_BUFFER && !is_superuser())
		return -EPERM;
	if (reads && (!buf || len < 0))
		return -EINVAL;
	if (reads && len == 0)
		return 0;

	switch (action) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
	case SYSLOG_SIZE_UNREAD:
		return syslog_text((unsigned int)action, buf, (size_t)len);
	case SYSLOG_CLEAR:
		printk_clear();
		return 0;
	case SYSLOG_CONSOLE_OFF:
	case SYSLOG_CONSOLE_ON:
	case SYSLOG_CONSOLE_LEVEL:
		return syslog_console((unsigned int)action, len < 0 ? 0 : (size_t)len);
	case SYSLOG_SIZE_BUFFER:
		return SYSLOG_BUFFER_SIZE;
	}
	return -EINVAL;
}
