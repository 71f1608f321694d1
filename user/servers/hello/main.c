/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hello: a complete small server, which docs/writing-a-server.md explains.  It serves one file,
 * /srv/hello, which greets the name that was written into it last.  Started by hand: `hello &`.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <srv.h>

#define PATH	"/srv/hello"
#define HANDLE	1		/* one handle for all opens: there is no state for each open */

static char text[80] = "Hello, world!\n";
static struct port_attr attr = { .node = 1, .version = 1, .mode = S_IFREG | 0666, .nlink = 1 };

static int64_t hello_stat(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	attr.size = strlen(text);
	return srv_data(reply, 0, &attr, sizeof(attr));
}

static int64_t hello_open(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	reply->aux = HANDLE;
	return hello_stat(srv, req, reply);
}

static int64_t hello_read(struct srv *srv, const struct port_request *req, struct port_reply *reply)
{
	uint64_t size = strlen(text), pos = req->arg[0] < size ? req->arg[0] : size;
	uint64_t n = req->out_len < size - pos ? req->out_len : size - pos;

	return srv_data(reply, (int64_t)n, text + pos, n);
}

static int64_t hello_write(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	char name[64];
	int64_t n = srv_input(srv, req, name, sizeof(name) - 1);

	if (n < 0)
		return n == -EMSGSIZE ? -ENOSPC : n;
	name[n] = '\0';
	name[strcspn(name, "\n")] = '\0';
	snprintf(text, sizeof(text), "Hello, %s!\n", name);
	attr.version++;
	return n;
}

static int64_t hello_trunc(struct srv *srv, const struct port_request *req,
			   struct port_reply *reply)
{
	return 0;	/* `>` requests it; the next write replaces the whole contents anyway */
}

int main(void)
{
	static struct srv hello = { .name = "hello", .single_file = true, .op = {
		[PORT_OPEN] = hello_open, [PORT_STAT] = hello_stat, [PORT_READ] = hello_read,
		[PORT_WRITE] = hello_write, [PORT_TRUNC] = hello_trunc } };
	int ret = srv_start(&hello, 0, 3);

	if (ret == 0)
		ret = srv_mount(&hello, PATH, 0);
	if (ret < 0) {
		fprintf(stderr, "hello: cannot serve %s: %s\n", PATH, strerror(-ret));
		return 1;
	}
	srv_started();
	srv_run(&hello);
	return 1;
}
