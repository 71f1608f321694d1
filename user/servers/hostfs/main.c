/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hostfs server: finds the device, attaches to the host's folder, mounts itself at /host.
 *
 * It ends with status 0 if the machine has no such device: this is no failure, and init does not
 * restart it.  A device that breaks ends it with status 1; the next process begins with a reset.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hostfs.h"

#define MOUNT_TAG	"host"
#define MOUNT_POINT	"/host"
#define LEVEL		2	/* calls no server once it serves */
#define IRQ_BIT		0

static struct srv hostfs = { .name = "hostfs" };
static int attached = -EINPROGRESS;

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

/* The first job talks to the host before all others: earlier requests must wait. */
static int attach(void)
{
	struct port_reply pending = { 0 };
	int ret = 0;

	job_begin_own(run_attach, 0);
	while (ret == 0 && attached == -EINPROGRESS)
		ret = srv_round(&hostfs, &pending);
	return ret < 0 ? ret : attached;
}

static int start(const char **what)
{
	int ret;

	*what = "cannot create a port";
	ret = srv_take_over(&hostfs, MOUNT_POINT, PORT_CANCEL_OK | PORT_FILES | PORT_REATTACH,
			   LEVEL);
	if (ret >= 0)
		ret = keep_open(&hostfs);
	if (ret == 0)
		ret = virtio_start(MOUNT_TAG, hostfs.port, IRQ_BIT, what);
	if (ret < 0)
		return ret;
	*what = "no memory for requests";
	ret = jobs_init(&hostfs, &file_closing);
	if (ret < 0)
		return ret;
	*what = "the host does not speak 9P2000.L";
	ret = attach();
	if (ret < 0)
		return ret;
	*what = "cannot mount on " MOUNT_POINT;
	ret = srv_mount(&hostfs, MOUNT_POINT, 0);
	if (ret == 0)
		jobs_open();
	return ret;
}

int main(void)
{
	const char *what;
	int ret;

	for (int op = PORT_OPEN; op <= PORT_OP_MAX; op++)
		if (op != PORT_IOCTL)
			hostfs.op[op] = serve;
	hostfs_set_server(&hostfs);
	hostfs.close = take_close;
	hostfs.irq = take_irq;
	hostfs.cancel = job_cancel;
	hostfs.after = start_waiting;
	ret = start(&what);
	if (ret == -ENODEV)
		return 0;
	if (ret < 0) {
		srv_log(&hostfs, "%s: %s", what, strerror(-ret));
		return 1;
	}
	srv_started();
	srv_run(&hostfs);
	return 1;
}
