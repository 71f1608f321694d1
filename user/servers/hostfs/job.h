/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Jobs: one for each request in progress.  A job has its own stack, so that a request that needs
 * several messages to the host is a plain sequence of calls. job_call() switches back to the
 * event loop until the answer has come.  There is one thread, and a job runs until it waits; so
 * code between two calls needs no locks.
 *
 *	idle -> running -> waiting -> running -> ... -> answered -> (cleanup) -> idle
 *
 * The client gets its answer before the cleanup.  Requests that find no idle job wait in the
 * order of arrival.
 *
 * Cancelling: when the client must return while a message is in progress, a flush is sent to the
 * host.  The message then ends in one of two ways: with its normal answer, which counts, or
 * without an answer, and then the host has not executed it (-EINTR).  A job that has changed
 * something sets job->committed and is not cancelled any more, unless its client is dead.  Then
 * it sends no further message, because the file that the message names may have been closed.
 */
#ifndef HOSTFS_JOB_H
#define HOSTFS_JOB_H

#include <srv.h>
#include "p9.h"
#include "virtio.h"

/* each may flush while its message is in progress */
#define JOBS		(VIRTIO_CHAINS / 2)
#define JOB_SMALL	8192			/* room for a message without its data */
#define JOB_FIDS	4

struct job {
	unsigned number;
	unsigned tag;	/* of its messages: its number, except for the very first message */
	bool busy;
	void *stack, *sp;
	/* The request. */
	int64_t (*run)(struct job *job);
	struct port_request req;
	bool has_client;		/* to be answered */
	bool cancelled;			/* the client must return */
	bool committed;			/* something has changed */
	bool gone;			/* the client is dead, and its open files may be closed */
	uint32_t group;			/* of new files: access_make() */
	struct port_reply reply;
	/* The message in progress. */
	bool waiting;			/* for the message, */
	bool flushing;			/* for the flush of it */
	bool tidying;			/* must not be cancelled */
	uint32_t answer_len;		/* 0: the host has dropped it */
	struct dma out, in, data, flush;
	struct p9_writer w;
	struct p9_reader r;
	/* Fids on the host that end with the job. */
	uint32_t fids[JOB_FIDS];
	unsigned nr_fids;
	/* Paths of the request, split into names; the path of a redirect. */
	char path[2][SRV_PATH_MAX];
	char redirect[SRV_PATH_MAX];
};

/* How open files are closed (file.c): without a waiting client, and postponed closes. */
struct job_closing {
	void (*close)(uint64_t handle);
	void (*close_pending)(void);
};

/* Memory for all jobs; after virtio_start(). 0 or -errno. */
int jobs_init(struct srv *srv, const struct job_closing *closing);
/* From now on requests are started; earlier ones wait. */
void jobs_open(void);
/*
 * Runs @run for @req, now or when a job is idle, and answers. -ENOMEM; -EIO if the process that
 * died had begun it; else SRV_PARKED.
 */
int64_t job_begin(int64_t (*run)(struct job *job), const struct port_request *req);
/* Starts @run without a client.  False = not now: no job is idle, or the caller is a job. */
bool job_begin_own(int64_t (*run)(struct job *job), uint64_t handle);
/* The client of @tag must return: true if a job has the tag. */
bool job_cancel(struct srv *srv, uint64_t tag, unsigned reason);
/* An interrupt: lets jobs continue. -EIO: the device is broken, and no job continues. */
int jobs_interrupt(void);
/*
 * Starts waiting requests on idle jobs: called by the event loop after each message.
 */
void jobs_start_waiting(void);

/*
 * Sends job->w, begun by job_message(), and waits.  @data_len bytes at @data_at of job->data are
 * part of the message (@data_in false) or room for the data of its answer. 0 with the answer in
 * job->r; the host's error; -EINTR cancelled; -EIO invalid answer; -ENAMETOOLONG it did not fit.
 */
int job_call(struct job *job, unsigned type, uint32_t data_at, uint32_t data_len, bool data_in);
void job_message(struct job *job, unsigned type);

#endif
