/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Jobs, their stacks, and the messages for which they wait; job.h is the contract. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "hostfs.h"

#define STACK_BYTES	32768
#define GUARD_BYTES	4096
#define FLUSH_BYTES	64		/* a flush and its answer, side by side */
#define FLUSH_TAG(job)	((job)->number + JOBS)

/* Requests that wait for a job. */
struct waiting {
	struct waiting *next;
	int64_t (*run)(struct job *job);
	struct port_request req;
};

static struct srv *server;
static const struct job_closing *closing;
static struct job jobs[JOBS];
static unsigned nr_jobs;
static bool is_open;			/* requests are begun */
static struct waiting *first_waiting;
static struct job *current;		/* the job that runs, NULL: the event loop */
static void *loop_sp;

/* ---- stacks ------------------------------------------------------------------------- */

/*
 * Saves callee-saved registers on the stack, stores the stack in *@save and continues at @load.
 */
void job_switch(void **save, void *load);
__asm__(".text\n"
	".globl job_switch\n"
	".type job_switch, @function\n"
	"job_switch:\n"
	"	push %rbp\n"
	"	push %rbx\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rbx\n"
	"	pop %rbp\n"
	"	ret\n"
	".size job_switch, . - job_switch\n");

#define SAVED_REGISTERS	6

static void job_wait(struct job *job)
{
	job_switch(&job->sp, loop_sp);
}

static void job_resume(struct job *job)
{
	current = job;
	job_switch(&loop_sp, job->sp);
	current = NULL;
}

static void job_answer(struct job *job, int64_t status)
{
	if (!job->has_client)
		return;
	job->has_client = false;
	job->reply.tag = job->req.tag;
	job->reply.status = status;
	/* A client that has died meanwhile is no error: its tag is dead. */
	if (port_reply_recv(server->port, &job->reply, NULL, 0) == -ESRCH &&
	    job->req.op == PORT_OPEN && status >= 0)
		closing->close(job->reply.aux);
	keep_ended(job->req.tag);
}

/* The code of every job, from the top of its stack. */
static void job_main(void)
{
	struct job *job = current;

	job_answer(job, job->run(job));
	client_drop_fids(job);
	job->busy = false;
	job_wait(job);
	abort();			/* an idle job has no state to continue with */
}

static void job_enter(struct job *job)
{
	void **top = (void **)((char *)job->stack + STACK_BYTES);

	/* As if job_main() had been called: the stack is 8 below a multiple of 16. */
	*--top = NULL;
	*--top = (void *)job_main;
	top -= SAVED_REGISTERS;
	memset(top, 0, SAVED_REGISTERS * sizeof(*top));
	job->sp = top;
	job_resume(job);
}

/* ---- start -------------------------------------------------------------------------- */

static struct job *job_idle(void)
{
	for (unsigned i = 0; i < nr_jobs; i++)
		if (!jobs[i].busy)
			return &jobs[i];
	return NULL;
}

static void job_start(struct job *job, int64_t (*run)(struct job *job),
		      const struct port_request *req)
{
	job->busy = true;
	job->run = run;
	job->req = *req;
	job->has_client = req->tag != 0;
	job->cancelled = job->committed = job->gone = job->tidying = false;
	job->nr_fids = 0;
	memset(&job->reply, 0, sizeof(job->reply));
	if (job->has_client)
		keep_begins(req);
	job_enter(job);
}

void jobs_start_waiting(void)
{
	struct waiting *w;
	struct job *job;

	closing->close_pending();
	while (is_open && first_waiting && (job = job_idle()) != NULL) {
		w = first_waiting;
		first_waiting = w->next;
		job_start(job, w->run, &w->req);
		free(w);
	}
}

int64_t job_begin(int64_t (*run)(struct job *job), const struct port_request *req)
{
	struct job *job = first_waiting || !is_open ? NULL : job_idle();
	struct waiting *w, **link;

	if (keep_was_begun(req->tag))
		return -EIO;
	if (job) {
		job_start(job, run, req);
		return SRV_PARKED;
	}
	w = malloc(sizeof(*w));
	if (!w)
		return -ENOMEM;
	*w = (struct waiting){ .run = run, .req = *req };
	for (link = &first_waiting; *link; link = &(*link)->next)
		;
	*link = w;
	return SRV_PARKED;
}

void jobs_open(void)
{
	is_open = true;
	jobs_start_waiting();
}

bool job_begin_own(int64_t (*run)(struct job *job), uint64_t handle)
{
	struct port_request req = { .handle = handle };
	/*
	 * A job cannot start another one: both would return to the event loop at the same place.
	 */
	struct job *job = current ? NULL : job_idle();

	if (job)
		job_start(job, run, &req);
	return job;
}

int jobs_init(struct srv *srv, const struct job_closing *file_closing)
{
	server = srv;
	closing = file_closing;
	for (nr_jobs = 0; nr_jobs < JOBS && nr_jobs < virtio_chains() / 2; nr_jobs++) {
		struct job *job = &jobs[nr_jobs];
		char *stack = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		struct dma all;
		int ret;

		if (stack == MAP_FAILED || mprotect(stack, GUARD_BYTES, PROT_NONE) < 0)
			return -ENOMEM;
		job->stack = stack + GUARD_BYTES;
		job->number = job->tag = nr_jobs;
		ret = virtio_alloc(&all, PORT_IO_MAX + 2 * JOB_SMALL + FLUSH_BYTES);
		if (ret < 0)
			return ret;
		job->data = (struct dma){ all.memory, all.bus, PORT_IO_MAX };
		job->out = (struct dma){ all.memory + PORT_IO_MAX, all.bus + PORT_IO_MAX,
					 JOB_SMALL };
		job->in = (struct dma){ job->out.memory + JOB_SMALL, job->out.bus + JOB_SMALL,
					JOB_SMALL };
		job->flush = (struct dma){ job->in.memory + JOB_SMALL, job->in.bus + JOB_SMALL,
					   FLUSH_BYTES };
	}
	return 0;
}

/* ---- messages ----------------------------------------------------------------------- */

void job_message(struct job *job, unsigned type)
{
	p9_begin(&job->w, job->out.memory, job->out.size, type, job->tag);
}

/* Asks the host to drop the present message; there is at most one such request. */
static void job_flush(struct job *job)
{
	const uint32_t half = FLUSH_BYTES / 2;
	struct virtio_part parts[2] = {
		{ .bus = job->flush.bus },
		{ .bus = job->flush.bus + half, .len = half, .in = true },
	};
	struct p9_writer w;

	p9_begin(&w, job->flush.memory, half, P9_FLUSH, FLUSH_TAG(job));
	p9_put(&w, job->number, 2);
	parts[0].len = p9_end(&w, 0);
	job->flushing = true;
	virtio_submit(2 * job->number + 1, parts, 2);
}

int job_call(struct job *job, unsigned type, uint32_t data_at, uint32_t data_len, bool data_in)
{
	uint32_t head = data_in ? P9_COUNTED : job->in.size;
	struct virtio_part parts[3];
	unsigned count = 0;
	size_t len = p9_end(&job->w, data_in ? 0 : data_len);
	struct virtio_part data = { .bus = job->data.bus + data_at, .len = data_len,
				    .in = data_in };

	if (!len)
		return -ENAMETOOLONG;
	if (!job->tidying && (job->gone || (job->cancelled && !job->committed)))
		return -EINTR;
	parts[count++] = (struct virtio_part){ .bus = job->out.bus, .len = len };
	if (data_len && !data_in)
		parts[count++] = data;
	parts[count++] = (struct virtio_part){ .bus = job->in.bus, .len = head, .in = true };
	if (data_len && data_in)
		parts[count++] = data;
	job->waiting = true;
	virtio_submit(2 * job->number, parts, count);
	job_wait(job);
	if (!job->answer_len)
		return job->cancelled ? -EINTR : -EIO;
	return p9_open(&job->r, &(struct p9_answer){ job->in.memory, head, job->answer_len }, type,
		       job->tag);
}

static void job_done(unsigned chain, uint32_t len)
{
	struct job *job = &jobs[chain / 2];

	if (chain % 2) {
		job->flushing = false;
	} else {
		job->waiting = false;
		job->answer_len = len;
	}
	/* The tag may be reused when no message that names it is in progress. */
	if (!job->waiting && !job->flushing)
		job_resume(job);
}

int jobs_interrupt(void)
{
	int error = virtio_poll(job_done);

	if (error == 0)
		virtio_ack();
	return error;
}

/* ---- cancelling --------------------------------------------------------------------- */

static void job_interrupt(struct job *job, bool gone)
{
	job->cancelled = true;
	job->gone = gone;
	if (job->waiting && !job->flushing && !job->committed && !job->tidying)
		job_flush(job);
}

static bool cancel_waiting(struct srv *srv, uint64_t tag, unsigned reason)
{
	struct port_reply reply = { .tag = tag, .status = -EINTR };
	struct waiting **link, *w;

	for (link = &first_waiting; (w = *link) != NULL; link = &w->next) {
		if (w->req.tag != tag)
			continue;
		*link = w->next;
		free(w);
		if (reason != PORT_CANCEL_GONE)
			port_reply_recv(srv->port, &reply, NULL, 0);
		return true;
	}
	return false;
}

bool job_cancel(struct srv *srv, uint64_t tag, unsigned reason)
{
	for (unsigned i = 0; i < nr_jobs; i++) {
		if (jobs[i].busy && jobs[i].has_client && jobs[i].req.tag == tag) {
			job_interrupt(&jobs[i], reason == PORT_CANCEL_GONE);
			return true;
		}
	}
	return cancel_waiting(srv, tag, reason);
}
