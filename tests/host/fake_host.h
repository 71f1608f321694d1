/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_host.h - hostfs in the same process, with a host that gives well-formed answers with any contents, and
 * damages some of them; random requests; and checks of the replies. The program that includes this file has
 * CHECK() and any(), which makes all choices.
 */
#ifndef TESTS_FAKE_HOST_H
#define TESTS_FAKE_HOST_H

#include <fcntl.h>
#include <stdio.h>
#include "fake_port.h"
#include "hostfs.h"

static struct srv srv = { .name = "hostfs" };
static struct job job;
static uint8_t out[JOB_SMALL], in[JOB_SMALL], data[PORT_IO_MAX];

struct srv *hostfs_server(void)
{
	return &srv;
}

/* There is one process, so every handle belongs to this one. */
uint64_t keep_handle(uint32_t index)
{
	return index;
}

bool keep_is_ours(uint64_t handle)
{
	return true;
}
/* An answer in @buf of @len bytes: head and then @body. */
static size_t answer(uint8_t *buf, unsigned type, unsigned tag, const void *body, size_t len)
{
	size_t size = P9_HEAD + len;

	for (int i = 0; i < 4; i++)
		buf[i] = size >> 8 * i;
	buf[4] = type;
	buf[5] = tag;
	buf[6] = tag >> 8;
	if (len)
		memcpy(buf + P9_HEAD, body, len);
	return size;
}

/* ---- a host that says anything ------------------------------------------------------ */

/* A number below @below, by the program that includes this file. */
static uint32_t any(uint32_t below);
static unsigned damage;		/* one of so many answers is damaged; 0: no answer is */
static bool cancelling;
static unsigned walked, clunked;

/* The body of the answer, and its length. */
static uint8_t body[PORT_IO_MAX + 64];
static size_t body_len;

static void say(uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		body[body_len++] = value >> 8 * i;
}

static void say_qid(void)
{
	static const uint8_t types[] = { 0, P9_QID_DIR, P9_QID_DIR, P9_QID_DIR, P9_QID_SYMLINK, 0xff };

	say(types[any(sizeof(types))], 1);
	say(any(100), 4);
	say(any(1000), 8);
}

static void say_string(size_t len)
{
	say(len, 2);
	for (size_t i = 0; i < len; i++)
		say("abc/.xyz"[any(8)], 1);
}

static void say_attr(void)
{
	static const uint32_t modes[] = { S_IFREG | 0644, S_IFDIR | 0755, S_IFLNK | 0777, S_IFIFO | 0600,
					  S_IFCHR | 0600, S_IFREG | 0755, S_IFDIR | 01777, 0 };

	say(~0ull, 8);
	say_qid();
	say(modes[any(8)], 4);
	say(any(2) * 1000, 4);
	say(any(2) * 1000, 4);
	for (int i = 0; i < 15; i++)
		say(any(4) ? any(1000000) : ~0ull >> any(64), 8);
}

static void say_entries(uint32_t room)
{
	size_t start = body_len, before;

	say(0, 4);
	for (;;) {
		before = body_len;
		say_qid();
		say(1 + any(1000), 8);
		say(any(16), 1);
		say_string(any(20) ? 1 + any(20) : 1 + any(300));
		if (body_len - start - 4 > room || !any(30))
			break;
	}
	if (body_len - start - 4 > room)
		body_len = before;
	for (int i = 0; i < 4; i++)
		body[start + i] = (body_len - start - 4) >> 8 * i;
}

static void compose(unsigned type, const uint8_t *message, uint32_t data_len)
{
	unsigned names;

	body_len = 0;
	switch (type) {
	case P9_WALK:
		names = message[15] | message[16] << 8;
		if (names && !any(8))
			names = any(names);
		say(names, 2);
		for (unsigned i = 0; i < names; i++)
			say_qid();
		break;
	case P9_GETATTR:
		say_attr();
		break;
	case P9_READLINK:
		say_string(any(10) ? any(40) : any(5000));
		break;
	case P9_READ:
		data_len = any(4) ? data_len : any(data_len + 1);
		say(data_len, 4);
		for (uint32_t i = 0; i < data_len; i++)
			body[body_len++] = (uint8_t)i;
		break;
	case P9_READDIR:
		say_entries(data_len);
		break;
	case P9_WRITE:
		say(any(4) ? data_len : any(data_len + 1), 4);
		break;
	case P9_VERSION:
		say(any(2) ? PORT_IO_MAX + P9_IO_HEAD : any(200000), 4);
		say(8, 2);
		memcpy(body + body_len, any(8) ? "9P2000.L" : "9P2000.u", 8);
		body_len += 8;
		break;
	case P9_STATFS:
		for (int i = 0; i < 60; i++)
			say(any(256), 1);
		break;
	case P9_LOPEN:
	case P9_LCREATE:
		say_qid();
		say(0, 4);
		break;
	case P9_ATTACH:
	case P9_SYMLINK:
	case P9_MKNOD:
	case P9_MKDIR:
		say_qid();
		break;
	}
}

/* Acts as the device: the first bytes of the answer go to @head, the rest to the room for data. */
static uint32_t deliver(const uint8_t *all, size_t len, uint32_t head, uint32_t at, uint32_t room)
{
	size_t first = len < head ? len : head;

	memcpy(job.in.memory, all, first);
	if (len <= head)
		return len;
	if (len - head > room)
		len = head + room;
	memcpy(job.data.memory + at, all + head, len - head);
	return len;
}

void job_message(struct job *j, unsigned type)
{
	p9_begin(&j->w, j->out.memory, j->out.size, type, j->tag);
}

int job_call(struct job *j, unsigned type, uint32_t at, uint32_t len, bool data_in)
{
	static uint8_t all[sizeof(body) + P9_HEAD];
	uint32_t head = data_in ? P9_COUNTED : j->in.size;
	size_t sent = p9_end(&j->w, data_in ? 0 : len), size;
	bool refused = type != P9_CLUNK && !any(12);

	CHECK(at <= PORT_IO_MAX && len <= PORT_IO_MAX - at);
	if (!sent)
		return -ENAMETOOLONG;
	if (!j->tidying && cancelling && !any(10)) {
		j->cancelled = true;
		return -EINTR;
	}
	if (refused)
		size = answer(all, P9_ERROR + 1, j->tag, (uint32_t[]){ 1 + any(130) }, 4);
	else {
		compose(type, j->out.memory, len);
		size = answer(all, type + 1, j->tag, body, body_len);
	}
	if (damage && !any(damage)) {
		if (any(2))
			size = any(size + 1);
		for (unsigned n = any(6); n && size; n--)
			all[any(size)] = any(256);
	}
	j->answer_len = deliver(all, size, head, at, data_in ? len : 0);
	if (!j->answer_len)
		return -EIO;
	int rc = p9_open(&j->r, &(struct p9_answer){ j->in.memory, head, j->answer_len }, type, j->tag);

	if (type == P9_CLUNK)
		clunked++;
	return rc;
}

bool job_begin_own(int64_t (*run)(struct job *job), uint64_t handle)
{
	struct port_request saved = job.req;

	CHECK_EQ(job.nr_fids, 0);
	job.req = (struct port_request){ .handle = handle };
	CHECK_EQ(run(&job), 0);
	client_drop_fids(&job);
	job.req = saved;
	return true;
}

/* ---- whole requests ----------------------------------------------------------------- */

static void setup(void)
{
	damage = 0;
	job = (struct job){ .number = 1, .tag = 1, .out = { out, 0, sizeof(out) },
			    .in = { in, 0, sizeof(in) }, .data = { data, 0, sizeof(data) } };
	while (client_attach(&job) < 0)
		;
}

static bool within(uint64_t address, uint32_t len, const void *start, size_t size)
{
	return address >= (uintptr_t)start && address + len <= (uintptr_t)start + size;
}

/* Checks that a listing is well-formed, as the kernel does. */
static void check_listing(const uint8_t *at, uint32_t n, uint32_t room)
{
	CHECK(n <= room);
	while (n) {
		const struct port_dirent *d = (const void *)at;

		CHECK(n >= sizeof(*d) && d->reclen <= n && d->reclen % 8 == 0 && d->next);
		CHECK(strnlen(d->name, d->reclen - sizeof(*d)) < d->reclen - offsetof(struct port_dirent, name));
		at += d->reclen;
		n -= d->reclen;
	}
}

static void check_reply(const struct port_request *req, int64_t status)
{
	const struct port_reply *reply = &job.reply;

	CHECK(status == PORT_REDIRECT || status >= -4095);
	if (status == PORT_REDIRECT)
		CHECK(srv_by_path(req) && reply->len == (uint32_t)reply->aux);
	if (status < 0 && status != PORT_REDIRECT)
		return;
	if (reply->len)
		CHECK(within(reply->data, reply->len, data, sizeof(data)) ||
		      within(reply->data, reply->len, job.redirect, sizeof(job.redirect)));
	if (req->op == PORT_READ)
		CHECK(status <= req->out_len && status == reply->len);
	if (req->op == PORT_WRITE)
		CHECK(status <= req->in_len);
	if (req->op == PORT_READDIR)
		check_listing((void *)(uintptr_t)reply->data, status, req->out_len);
}

/* The handles of open files that the server has returned. */
static uint64_t handles[64];
static unsigned nr_handles;

static size_t random_path(char *path)
{
	static const char *const names[] = { "a", "dir", "link", "file.c", "x.y", "longer-name" };
	size_t len = 0;

	for (unsigned n = any(30) ? any(5) : any(60); n; n--)
		len += sprintf(path + len, "%s%s", len ? "/" : "", names[any(6)]);
	return len;
}

/* Writes the input of a random request; returns its length. */
static uint32_t random_input(struct port_request *req, char *input)
{
	size_t len = 0, first;

	if (req->op == PORT_WRITE)
		return any(3) ? any(200) : any(PORT_IO_MAX);
	if (req->op == PORT_SETATTR) {
		for (; len < sizeof(struct port_setattr); len++)
			input[len] = any(256);
		((struct port_setattr *)input)->valid &= 63;
	}
	if (!srv_by_path(req))
		return len;
	first = random_path(input + len);
	if (req->op == PORT_RENAME || req->op == PORT_LINK || req->op == PORT_SYMLINK) {
		req->arg[0] = any(50) ? first : any(20000);
		return first + random_path(input + first);
	}
	return len + first;
}

static void random_request(void)
{
	static char input[PORT_IO_MAX];
	static const uint8_t by_handle[] = { PORT_READ, PORT_WRITE, PORT_READDIR, PORT_SYNC, PORT_STAT,
					     PORT_TRUNC, PORT_SETATTR, PORT_STATFS };
	static const uint8_t by_path[] = { PORT_OPEN, PORT_OPEN, PORT_OPEN, PORT_STAT, PORT_MKNOD,
					   PORT_UNLINK, PORT_RENAME, PORT_LINK, PORT_SYMLINK,
					   PORT_READLINK, PORT_SETATTR, PORT_STATFS };
	struct port_request *req = &job.req;
	struct fake_call *call = fake_calls;
	int64_t status;

	*req = (struct port_request){ .uid = any(2) * 1000, .gid = any(2) * 1000,
				      .flags = any(2) ? PORT_REQ_PATH : 0 };
	req->op = srv_by_path(req) ? by_path[any(sizeof(by_path))] : by_handle[any(sizeof(by_handle))];
	req->handle = nr_handles && any(10) ? handles[any(nr_handles)] : any(200);
	req->arg[0] = req->op == PORT_OPEN ? any(4) | any(2) * O_CREAT | any(2) * O_EXCL |
		any(2) * O_TRUNC | any(4) / 3 * O_DIRECTORY | any(2) * O_APPEND : any(1u << 31);
	req->arg[1] = any(2) ? any(65536) : 0;
	req->out_len = any(3) ? 4096 : any(PORT_IO_MAX + 1);
	req->in_len = random_input(req, input);
	*call = (struct fake_call){ .tag = 1, .in = input, .in_len = req->in_len };
	req->tag = 1;
	if (req->in_len <= PORT_INLINE)
		memcpy(req->data, input, req->in_len);
	job.cancelled = job.committed = false;
	memset(&job.reply, 0, sizeof(job.reply));
	status = srv_by_path(req) && name_ops[req->op] ? name_ops[req->op](&job) : file_ops[req->op](&job);
	check_reply(req, status);
	if (req->op == PORT_OPEN && status >= 0 && nr_handles < 64)
		handles[nr_handles++] = job.reply.aux;
	else if (req->op == PORT_OPEN && status >= 0)
		walked = 1;			/* the file is closed below */
	client_drop_fids(&job);
	CHECK_EQ(job.nr_fids, 0);
	if (walked) {
		open_close(job.reply.aux);
		walked = 0;
	}
}

/* Closes all files. Then every fid that was ever used is free; the next walk shows whether this is true. */
static void close_all(void)
{
	while (nr_handles)
		open_close(handles[--nr_handles]);
}

/* The number of the next fid. It grows if fids were lost. */
static uint32_t next_fid(void)
{
	struct p9_qid qids[P9_WALK_MAX];
	uint32_t fid;
	unsigned old = damage;

	damage = 0;
	cancelling = false;
	while (client_walk(&job, ROOT_FID, (char *[]){ NULL }, &fid, qids) < 0)
		;
	client_drop_fids(&job);
	damage = old;
	return fid;
}

#endif
