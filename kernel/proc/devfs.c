/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of /dev without devices: null, zero, full, random, urandom, kmsg, and tty, which
 * stands for the controlling terminal.  Real devices are mount points of servers below /dev.
 *
 * kmsg: the file offset is the sequence number of the next record.  One read returns one record,
 * one write makes one record.
 */
#include <neurath/kernfs.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/random.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>

#define DEVFS_NODE(name, devpath, perm, streamops, dev) \
	static const struct kernfs_file_ops name##_ops = { .stream = streamops }; \
	SET_ENTRY(kernfs, struct kernfs_def, name##_node) = { \
		.path = devpath, .mode = S_IFCHR | (perm), .ops = &name##_ops, .rdev = dev }

KERNFS_DIR(devfs_dir, "/dev", 0755, NULL);
KERNFS_LINK(devfs_fd, "/dev/fd", "/proc/self/fd");
KERNFS_LINK(devfs_stdin, "/dev/stdin", "/proc/self/fd/0");
KERNFS_LINK(devfs_stdout, "/dev/stdout", "/proc/self/fd/1");
KERNFS_LINK(devfs_stderr, "/dev/stderr", "/proc/self/fd/2");

/* ---- null, zero, full ------------------------------------------------------------ */

static ssize_t devfs_read_nothing(struct file *f, struct iobuf *to, loff_t *pos)
{
	return 0;
}

static ssize_t devfs_swallow(struct file *f, struct iobuf *from, loff_t *pos)
{
	return from->len;
}

static ssize_t devfs_write_full(struct file *f, struct iobuf *from, loff_t *pos)
{
	return -ENOSPC;
}

static loff_t devfs_lseek(struct file *f, loff_t off, int whence)
{
	return 0;
}

/* Fills @to page by page with the output of @make. */
static ssize_t devfs_produce(struct iobuf *to, void (*make)(void *buf, size_t n))
{
	u8 *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t done = 0, n = 0;

	if (!buf)
		return -ENOMEM;
	while (to->len) {
		size_t want = min(to->len, PAGE_SIZE);

		make(buf, want);
		n = iobuf_put(to, buf, want);
		if (n <= 0)
			break;
		done += n;
		cond_resched();
		if (to->len && signal_pending(current)) {
			kfree(buf);
			return -ERESTARTSYS;
		}
	}
	kfree(buf);
	return done ? done : n;
}

static void devfs_make_zeros(void *buf, size_t n)
{
	memset(buf, 0, n);
}

static ssize_t devfs_read_zero(struct file *f, struct iobuf *to, loff_t *pos)
{
	return devfs_produce(to, devfs_make_zeros);
}

static const struct file_ops devfs_null_stream = {
	.read = devfs_read_nothing, .write = devfs_swallow, .lseek = devfs_lseek };
static const struct file_ops devfs_zero_stream = {
	.read = devfs_read_zero, .write = devfs_swallow, .lseek = devfs_lseek };
static const struct file_ops devfs_full_stream = {
	.read = devfs_read_zero, .write = devfs_write_full, .lseek = devfs_lseek };

DEVFS_NODE(devfs_null, "/dev/null", 0666, &devfs_null_stream, MKDEV(1, 3));
DEVFS_NODE(devfs_zero, "/dev/zero", 0666, &devfs_zero_stream, MKDEV(1, 5));
DEVFS_NODE(devfs_full, "/dev/full", 0666, &devfs_full_stream, MKDEV(1, 7));

/* ---- random ------------------------------------------------------------------------ */

static ssize_t devfs_read_random(struct file *f, struct iobuf *to, loff_t *pos)
{
	return devfs_produce(to, random_bytes);
}

static ssize_t devfs_write_random(struct file *f, struct iobuf *from, loff_t *pos)
{
	u8 seed[64];
	ssize_t done = 0, n = 0;

	while (from->len) {
		n = iobuf_get(from, seed, min(from->len, sizeof(seed)));
		if (n <= 0)
			break;
		random_add(seed, n);
		done += n;
		cond_resched();
		if (from->len && signal_pending(current))
			return -ERESTARTSYS;
	}
	return done ? done : n;
}

static const struct file_ops devfs_random_stream = {
	.read = devfs_read_random, .write = devfs_write_random, .lseek = devfs_lseek };

DEVFS_NODE(devfs_random, "/dev/random", 0666, &devfs_random_stream, MKDEV(1, 8));
DEVFS_NODE(devfs_urandom, "/dev/urandom", 0666, &devfs_random_stream, MKDEV(1, 9));

/* ---- kmsg --------------------------------------------------------------------------- */

static int kmsg_open(struct file *f)
{
	f->pos = printk_first_seq();
	f->poll_wq = &printk_wait;
	return 0;
}

/* "prio,seq,usec,flags;text\n", with control characters escaped. */
static size_t kmsg_format(char *buf, size_t size, u64 seq, const struct printk_record *rec)
{
	size_t n = scnprintf(buf, size, "%u,%lu,%lu,-;", rec->level, (unsigned long)seq,
			     (unsigned long)(rec->time_ns / NSEC_PER_USEC));

	for (unsigned i = 0; i < rec->len && n + 6 < size; i++) {
		unsigned char c = rec->text[i];

		if (c < 32 || c == 127 || c == '\\')
			n += scnprintf(buf + n, size - n, "\\x%02x", c);
		else
			buf[n++] = c;
	}
	buf[n++] = '\n';
	return n;
}

static ssize_t kmsg_read_one(struct iobuf *to, loff_t *pos, struct printk_record *rec, char *text)
{
	u64 seq = *pos;
	size_t n;
	int error = printk_read(&seq, rec);

	if (error)
		return error;
	if (*pos < (loff_t)printk_first_seq() && seq - 1 != (u64)*pos) {
		*pos = seq - 1;		/* records were lost: report this once */
		return -EPIPE;
	}
	n = kmsg_format(text, PAGE_SIZE, seq - 1, rec);
	if (n > to->len)
		return -EINVAL;
	*pos = seq;
	return iobuf_put(to, text, n);
}

static ssize_t kmsg_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct printk_record *rec = kmalloc(sizeof(*rec), GFP_KERNEL);
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	ssize_t ret = -ENOMEM;

	while (rec && text) {
		ret = kmsg_read_one(to, pos, rec, text);
		if (ret != -EAGAIN || (f->flags & O_NONBLOCK))
			break;
		ret = wait_event_interruptible(printk_wait, (u64)*pos < printk_next_seq());
		if (ret)
			break;
	}
	kfree(text);
	kfree(rec);
	return ret;
}

/* An optional "<N>" sets the priority; the facility in its upper bits is dropped. */
static const char *kmsg_priority(const char *text, unsigned *level)
{
	unsigned n = 0;
	const char *p = text + 1;

	*level = 4;
	if (text[0] != '<')
		return text;
	while (*p >= '0' && *p <= '9')
		n = n * 10 + (*p++ - '0');
	if (*p != '>' || p == text + 1)
		return text;
	*level = n & 7;
	return p + 1;
}

static ssize_t kmsg_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	size_t n = from->len;
	const char *text;
	unsigned level;
	char *buf;
	ssize_t got;

	if (n >= 1024)
		return -EINVAL;
	buf = kmalloc(n + 1, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	got = iobuf_get(from, buf, n);
	if (got > 0) {
		while (n && buf[n - 1] == '\n')
			n--;
		buf[n] = '\0';
		text = kmsg_priority(buf, &level);
		printk(KERN_SOH "%c%s\n", '0' + level, text);
	}
	kfree(buf);
	return got;
}

static loff_t kmsg_lseek(struct file *f, loff_t off, int whence)
{
	if (off)
		return -ESPIPE;
	switch (whence) {
	case SEEK_SET:
		return printk_first_seq();
	case SEEK_DATA:
		return printk_clear_seq();
	case SEEK_END:
		return printk_next_seq();
	}
	return -EINVAL;
}

static unsigned kmsg_poll(struct file *f)
{
	return POLLOUT | POLLWRNORM |
	       ((u64)READ_ONCE(f->pos) < printk_next_seq() ? POLLIN | POLLRDNORM : 0);
}

static const struct file_ops devfs_kmsg_stream = {
	.open = kmsg_open, .read = kmsg_read, .write = kmsg_write, .lseek = kmsg_lseek,
	.poll = kmsg_poll };

DEVFS_NODE(devfs_kmsg, "/dev/kmsg", 0644, &devfs_kmsg_stream, MKDEV(1, 11));

/* ---- tty ------------------------------------------------------------------------------ */

/* Opening /dev/tty opens the controlling terminal. */
static int devfs_follow_tty(void *private, struct file **out)
{
	*out = ctty_get_file(NULL);
	return *out ? 0 : -ENXIO;
}

static const struct kernfs_file_ops devfs_tty_ops = { .follow = devfs_follow_tty };

SET_ENTRY(kernfs, struct kernfs_def, devfs_tty_node) = {
	.path = "/dev/tty", .mode = S_IFCHR | 0666, .ops = &devfs_tty_ops, .rdev = MKDEV(5, 0) };
