/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: one for each request in progress.  A job has a stack of its own, so that a request that
 * takes several messages to the host is written as a plain sequence of calls; job_call() switches
 * back to the event loop until the answer is there.  There is one thread; a job runs until it
 * waits, so what lies between two calls needs no locks.
 *
 *	idle -> running -> waiting -> running -> ... -> answered -> (tidying up) -> idle
 *
 * The client has its answer before the job tidies up.  Requests that find no idle job wait in order
 * of arrival.
 *
 * Cancelling: when the client is wanted back while a message is under way, a flush goes to the
 * host.  The message then ends in one of two ways: with its normal answer, which counts, or
 * without one, and then the host has not done it (-EINTR).  A job that has changed something
 * says so
 * (job->committed) and is not cancelled any more, unless its client is dead: then no further
 * message goes out, because the file it names may have been closed.
 */
#ifndef HOSTFS_JOB_H
#define HOSTFS_JOB_H

#include <srv.h>
#include "p9.h"
#include "virtio.h"

#define JOBS		(VIRTIO_CHAINS / 2)	/* each may flush while its message is under way */
#define JOB_SMALL	8192			/* room for a message without its data */
#define JOB_FIDS	4

struct job {
	unsigned number;
	unsigned tag;			/* of its messages: its number, but for the first of all */
	bool busy;
	void *stack, *sp;
	/* The request. */
	int64_t (*run)(struct job *job);
	struct port_request req;
	bool has_client;		/* to be answered */
	bool cancelled;			/* the client wants to go */
	bool committed;			/* something has changed */
	bool gone;			/* the client is dead, and its open files may be closed */
	struct port_reply reply;
	/* The message under way. */
	bool waiting;			/* for the message, */
	bool flushing;			/* for the flush of it */
	bool tidying;			/* not to be cancelled */
	uint32_t answer_len;		/* 0: the host has dropped it */
	struct dma out, in, data, flush;
	struct p9_writer w;
	struct p9_reader r;
	/* Names on the host that end with the job. */
	uint32_t fids[JOB_FIDS];
	unsigned nr_fids;
	/* Paths of the request, cut into names; where to look instead. */
	char path[2][SRV_PATH_MAX];
	char redirect[SRV_PATH_MAX];
};

/* Memory for all jobs; after virtio_start(). 0 or -errno. */
int jobs_init(struct srv *srv);
/* Requests are begun from now on; those that came before wait. */
void jobs_open(void);
/*
 * Runs @run for @req, now or when a job is idle; answers.  -ENOMEM, -EIO if the process that died
 * had begun it, else SRV_PARKED.
 */
int64_t job_begin(int64_t (*run)(struct job *job), const struct port_request *req);
/* Starts @run without a client; false = not now: no job is idle, or a job asks. */
bool job_begin_own(int64_t (*run)(struct job *job), uint64_t handle);
/* The client of @tag is wanted back: true if it is one of ours. */
bool job_cancel(struct srv *srv, uint64_t tag, unsigned reason);
/* An interrupt: lets jobs go on.  -EIO: the device is broken, nothing goes on any more. */
int jobs_interrupt(void);
/*
 * Starts what waits for idle jobs: after each message that the server takes, from the event
 * loop.
 */
void jobs_start_waiting(void);

/*
 * Sends job->w, begun by job_message(), and waits.  @data_len bytes at @data_at of job->data are
 * part of the message (@data_in false) or room for the data of its answer.  0 and the answer in
 * job->r; the host's error; -EINTR cancelled; -EIO nonsense; -ENAMETOOLONG it did not fit.
 */
int job_call(struct job *job, unsigned type, uint32_t data_at, uint32_t data_len, bool data_in);
void job_message(struct job *job, unsigned type);

#endif
