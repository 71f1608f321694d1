/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces as text files: `trace` shows the contents of the rings and keeps them; `trace_pipe`
 * returns each record once, and waits for more.  Both exist for all CPUs together and for each
 * CPU.  /sys/kernel/livepatch/timeline is like `trace` for the rings of live patching, in lines
 * for programs: "NANOSECONDS CPU PID EVENT text".
 *
 * An open file has its own cursor, and text that has been made and not read yet. trace_mutex is
 * held while lines are made, and not while they are copied to the program.
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include "internal.h"

/* The limit of text that is made ahead, plus one line. */
#define READER_BYTES	8192

struct trace_reader {
	struct trace_cursor cursor;
	struct seq_file text;
	size_t done;			/* bytes of text that the program has */
	int only;			/* CPU, or -1 */
	unsigned buffers;
	bool begun;			/* the header was written, or this is a pipe */
	struct graph_cpu *graph;	/* made when it is needed */
};

static struct trace_reader *reader_of(const struct file *f)
{
	return kernfs_stream_data(f);
}

static int reader_open(struct file *f, unsigned buffers, bool consume)
{
	int only = (int)(long)kernfs_private(kernfs_of_file(f)) - 1, error;
	struct trace_reader *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	error = trace_cursor_start(&r->cursor, buffers, only, consume);
	if (error) {
		kfree(r);
		return error;
	}
	r->only = only;
	r->buffers = buffers;
	r->begun = consume;
	kernfs_set_stream_data(f, r);
	return 0;
}

static void reader_release(struct file *f)
{
	struct trace_reader *r = reader_of(f);

	trace_cursor_end(&r->cursor);
	trace_graph_text_free(r->graph);
	seq_free(&r->text);
	kfree(r);
}

/* Whether the text is that of the function graph tracer; without memory it is not. */
static bool reader_is_graph(struct trace_reader *r)
{
	if (r->buffers != BIT(TRACE_MAIN) || strcmp(READ_ONCE(trace_tracer), "function_graph"))
		return false;
	if (!r->graph)
		r->graph = trace_graph_text_new();
	return r->graph != NULL;
}

static void reader_show_header(struct trace_reader *r, bool graph)
{
	if (graph)
		trace_graph_show_header(&r->text);
	else if (r->buffers == BIT(TRACE_MAIN))
		trace_show_header(&r->text, r->only);
}

/* Makes some text; false if there are no records for it. */
static bool reader_fill(struct trace_reader *r)
{
	bool graph = reader_is_graph(r);
	const struct trace_item *item;

	seq_free(&r->text);
	r->done = 0;
	mutex_lock(&trace_mutex);
	if (!r->begun)
		reader_show_header(r, graph);
	r->begun = true;
	while (r->text.count < READER_BYTES && !r->text.overflow &&
	       (item = trace_cursor_next(&r->cursor))) {
		if (graph)
			trace_graph_show_item(&r->text, r->graph, &r->cursor, item);
		else if (r->buffers == BIT(TRACE_MAIN))
			trace_show_item(&r->text, item);
		else
			trace_show_plain(&r->text, item);
	}
	mutex_unlock(&trace_mutex);
	return r->text.count != 0;
}

/* Copies text that was made and not read yet: 0 = none. */
static ssize_t reader_give(struct trace_reader *r, struct iobuf *to)
{
	ssize_t n = 0;

	if (r->text.overflow)
		return -ENOMEM;
	if (r->done < r->text.count)
		n = iobuf_put(to, r->text.buf + r->done, r->text.count - r->done);
	if (n > 0)
		r->done += (size_t)n;
	return n;
}

/* ---- trace ------------------------------------------------------------------------------ */

static int trace_open(struct file *f)
{
	return reader_open(f, BIT(TRACE_MAIN), false);
}

static int timeline_open(struct file *f)
{
	return reader_open(f, BIT(TRACE_KLP) | BIT(TRACE_AROUND), false);
}

static void trace_truncate(void *private)
{
	mutex_lock(&trace_mutex);
	trace_buffer_clear(TRACE_MAIN, (int)(long)private - 1);
	mutex_unlock(&trace_mutex);
}

static ssize_t trace_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct trace_reader *r = reader_of(f);
	ssize_t n;

	if (*pos == 0 && r->begun) {
		/* Starts again from the beginning. */
		trace_cursor_end(&r->cursor);
		trace_graph_text_free(r->graph);
		r->graph = NULL;
		seq_free(&r->text);
		r->done = 0;
		r->begun = false;
		n = trace_cursor_start(&r->cursor, r->buffers, r->only, false);
		if (n)
			return n;
	}
	n = reader_give(r, to);
	if (!n && reader_fill(r))
		n = reader_give(r, to);
	if (n > 0)
		*pos += n;
	return n;
}

/* `> trace` has cleared the trace; written text has no effect. */
static ssize_t trace_swallow(struct file *f, struct iobuf *from, loff_t *pos)
{
	return (ssize_t)from->len;
}

static const struct file_ops trace_stream = {
	.open = trace_open,
	.read = trace_read,
	.write = trace_swallow,
	.release = reader_release,
};
const struct kernfs_file_ops trace_file_ops = {
	.stream = &trace_stream, .truncate = trace_truncate };

static const struct file_ops timeline_stream = {
	.open = timeline_open,
	.read = trace_read,
	.release = reader_release,
};
static const struct kernfs_file_ops timeline_ops = { .stream = &timeline_stream };
/* Unlisted: scripts take each entry of this folder for a patch. */
SET_ENTRY(kernfs, struct kernfs_def, trace_timeline) = {
	.path = "/sys/kernel/livepatch/timeline", .mode = S_IFREG | 0400, .ops = &timeline_ops,
	.unlisted = true,
};

/* ---- trace_pipe ------------------------------------------------------------------------- */

static int trace_pipe_open(struct file *f)
{
	f->poll_wq = &trace_wait;
	return reader_open(f, BIT(TRACE_MAIN), true);
}

/* True if there is text, old or new.  Armed first: a later record wakes the reader. */
static bool pipe_has_text(struct trace_reader *r)
{
	if (r->done < r->text.count)
		return true;
	trace_wait_arm(TRACE_ARM_ANY);
	return reader_fill(r);
}

/* As on Linux it ends when tracing is off and something was read before. */
static bool pipe_ends(loff_t pos)
{
	return pos && !READ_ONCE(trace_main_enabled);
}

static ssize_t trace_pipe_read(struct file *f, struct iobuf *to, loff_t *pos)
{
	struct trace_reader *r = reader_of(f);
	bool text = pipe_has_text(r);
	ssize_t n;

	if (!text && !pipe_ends(*pos)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		n = wait_event_interruptible(trace_wait, (text = pipe_has_text(r)) ||
							 pipe_ends(*pos));
		if (n)
			return n;
	}
	n = text ? reader_give(r, to) : 0;
	if (n > 0)
		*pos += n;
	return n;
}

static unsigned trace_pipe_poll(struct file *f)
{
	struct trace_reader *r = reader_of(f);

	return pipe_has_text(r) ? POLLIN | POLLRDNORM : 0;
}

static const struct file_ops trace_pipe_stream = {
	.open = trace_pipe_open,
	.read = trace_pipe_read,
	.poll = trace_pipe_poll,
	.release = reader_release,
};
const struct kernfs_file_ops trace_pipe_ops = { .stream = &trace_pipe_stream };
