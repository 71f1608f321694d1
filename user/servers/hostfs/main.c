/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hostfs server: finds the device, attaches to the host's folder, mounts itself at /host.
 *
 * Ends with status 0 if the machine has no such device: that is no failure, and init leaves it at
 * that.  A device that breaks ends it with status 1; the next one begins with a reset.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hostfs.h"

#define MOUNT_TAG	"host"
#define MOUNT_POINT	"/host"
#define LEVEL		2	/* calls nobody once it serves */
#define IRQ_BIT		0

static struct srv hostfs = { .name = "hostfs" };
static int attached = -EINPROGRESS;

struct srv *hostfs_server(void)
{
	return &hostfs;
}

static int64_t serve(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	if (file_ops[req->op])
		return job_begin(file_ops[req->op], req);
	return name_ops[req->op] ? job_begin(name_ops[req->op], req) : -EOPNOTSUPP;
}

static void take_close(struct srv *srv, uint64_t handle)
{
	open_close(handle);
}

static void take_irq(struct srv *srv, uint64_t bits)
{
	if (jobs_interrupt() == 0)
		return;
	srv_log(srv, "the device is broken");
	exit(1);
}

static void start_waiting(struct srv *srv)
{
	jobs_start_waiting();
}

static int64_t run_attach(struct job *job)
{
	attached = client_attach(job);
	return 0;
}

/* The first job talks to the host before any other: who asks already has to wait. */
static int attach(void)
{
	struct port_reply pending = { 0 };
	int rc = 0;

	job_begin_own(run_attach, 0);
	while (rc == 0 && attached == -EINPROGRESS)
		rc = srv_round(&hostfs, &pending);
	return rc < 0 ? rc : attached;
}

static int start(const char **what)
{
	int rc;

	*what = "cannot create a port";
	rc = srv_take_over(&hostfs, MOUNT_POINT, PORT_CANCEL_OK | PORT_REATTACH, LEVEL);
	if (rc >= 0)
		rc = keep_open(&hostfs);
	if (rc == 0)
		rc = virtio_start(MOUNT_TAG, hostfs.port, IRQ_BIT, what);
	if (rc < 0)
		return rc;
	*what = "no memory for requests";
	rc = jobs_init(&hostfs);
	if (rc < 0)
		return rc;
	*what = "the host does not speak 9P2000.L";
	rc = attach();
	if (rc < 0)
		return rc;
	*what = "cannot mount on " MOUNT_POINT;
	rc = srv_mount(&hostfs, MOUNT_POINT, 0);
	if (rc == 0)
		jobs_open();
	return rc;
}

int main(void)
{
	const char *what;
	int rc;

	for (int op = PORT_OPEN; op <= PORT_OP_MAX; op++)
		if (op != PORT_IOCTL)
			hostfs.op[op] = serve;
	hostfs.close = take_close;
	hostfs.irq = take_irq;
	hostfs.cancel = job_cancel;
	hostfs.after = start_waiting;
	rc = start(&what);
	if (rc == -ENODEV)
		return 0;
	if (rc < 0) {
		srv_log(&hostfs, "%s: %s", what, strerror(-rc));
		return 1;
	}
	srv_started();
	srv_run(&hostfs);
	return 1;
}
