/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/ports_trace, for srvtrace(1): writing "ID" turns tracing of a port on, "-ID" turns it
 * off.  One read returns one call as a line; the file offset is the number of the next call.  An
 * open file starts with new calls; a gap in the numbers means that calls were lost.
 *
 *	NUMBER TIME_NS DURATION_NS PORT PID OP FLAGS HANDLE ARG0 ARG1 IN OUT MOVED ERROR STATUS AUX
 *	INPUT_IN_HEX|- COMM
 */
#include <neurath/kernfs.h>
#include <neurath/port_trace.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>

#define TRACE_LINE	512

static int ports_trace_open(struct file *f)
{
	f->pos = (loff_t)port_trace_end();
	f->poll_wq = &port_trace_wait;
	return 0;
}

static size_t ports_trace_format(char *line, size_t size, const struct port_trace_record *r)
{
	u32 shown = r->in_len <= PORT_INLINE ? min(r->in_len, (u32)PORT_TRACE_INPUT) : 0;
	int n = scnprintf(line, size, "%llu %llu %llu %llu %d %u %u %llu %llu %llu "
			  "%u %u %u %d %lld %llu ",
			  (unsigned long long)r->number, (unsigned long long)r->since_ns,
			  (unsigned long long)r->duration_ns, (unsigned long long)r->port, r->pid,
			  r->op, r->flags, (unsigned long long)r->handle,
			  (unsigned long long)r->arg[0], (unsigned long long)r->arg[1], r->in_len,
			  r->out_len, r->moved, r->error, (long long)r->status,
			  (unsigned long long)r->aux);

	for (u32 i = 0; i < shown; i++)
		n += scnprintf(line + n, size - (size_t)n, "%02x", r->input[i]);
	n += scnprintf(line + n, size - (size_t)n, "%s %s\n", shown ? "" : "-", r->comm);
	return (size_t)n;
}

static ssize_t ports_trace_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct port_trace_record record;
	u64 number = (u64)*pos;
	char line[TRACE_LINE];
	size_t n;
	int error;

	while (!port_trace_read(&number, &record)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait_event_interruptible(port_trace_wait, number < port_trace_end());
		if (error)
			return error;
	}
	n = ports_trace_format(line, sizeof(line), &record);
	if (n > to->len)
		return -EINVAL;
	*pos = (loff_t)number;
	return iobuf_put(to, line, n);
}

static ssize_t ports_trace_write(struct file *f, struct iobuf *from, loff_t *pos)
{
	size_t len = from->len;
	char text[24];
	ssize_t n;
	unsigned long id;
	int error;

	if (!len || len >= sizeof(text))
		return -EINVAL;
	n = iobuf_get(from, text, len);
	if (n < 0)
		return n;
	text[n] = '\0';
	error = kstrtoul(text + (text[0] == '-'), 10, &id);
	if (!error)
		error = port_trace_set(id, text[0] != '-');
	return error ? error : n;
}

static unsigned ports_trace_poll(struct file *f)
{
	return (u64)f->pos < port_trace_end() ? POLLIN | POLLRDNORM : 0;
}

static const struct file_ops ports_trace_stream = {
	.open = ports_trace_open, .read = ports_trace_read, .write = ports_trace_write,
	.poll = ports_trace_poll };
static const struct kernfs_file_ops ports_trace_ops = { .stream = &ports_trace_stream };
KERNFS_FILE(ports_trace, "/proc/ports_trace", S_IFREG | 0600, &ports_trace_ops, NULL);
