/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * replies.c - the file layer of the kernel and its calls, with a server that answers anything: any status, any
 * readiness, data at any address with any length, redirections, listings. The input chooses the requests of the
 * client and the answers of the server.
 *
 * The client's call and the server's port_reply_recv() are the kernel's own. When the client would sleep, the server runs.
 * A read returns only bytes that the server has written, a count is never larger than what was asked for, each
 * name of a listing is a name, and at the end no memory is left.
 *
 * world: kernel
 * sources: kernel/ipc/call.c kernel/ipc/reply_recv.c kernel/ipc/lease.c kernel/ipc/port.c kernel/ipc/note.c
 * sources: kernel/ipc/changes.c kernel/fs/file_port.c kernel/fs/port_path.c kernel/fs/kept.c kernel/fs/write_access.c
 * sources: kernel/base/uaccess.c kernel/lib/path_text.c
 * length: 1024
 */
#include <neurath/file.h>
#include <neurath/init.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/port.h>
#include <neurath/ptregs.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/string.h>
#include <uapi/stat.h>
#include "../../../kernel/fs/file_port.h"
#include "../../../kernel/fs/fs_internal.h"
#include "../lib/kernel.h"

#define CANARY		0xa5		/* never in the server's data */
#define SERVER_DATA	(PORT_IO_MAX + 4096)

static struct fuzz_input input;
static struct task client, server;
static struct process client_process, server_process;
static struct files server_files;
static struct file *server_slots[1];
static struct file server_file;
static struct port *port;
static struct mount *mount;

/* The memory of the server, which its pointers should name. */
static struct {
	struct port_reply reply;
	u8 message[256] __aligned(8);
	u8 data[SERVER_DATA] __aligned(8);
} memory;

/* ---- the rest of the kernel ------------------------------------------------------------------- */

/* Of the two addresses one is of the server: the bytes that it does not have are a fault. */
size_t uaccess_copy(void *dst, const void *src, size_t n)
{
	const u8 *start = (const u8 *)&memory, *end = start + sizeof(memory);
	const u8 *user = (const u8 *)src >= start && (const u8 *)src < end ? src : dst;
	size_t room = user >= start && user < end ? (size_t)(end - user) : 0;

	memcpy(dst, src, min(n, room));
	return n - min(n, room);
}

u64 clock_ns(void)
{
	static u64 now;

	return now += 1000;
}

bool wake_up_process(struct task *t)
{
	return true;
}

void task_put(struct task *t)
{
	t->refs.counter--;
}

void INIT_WORK(struct work_struct *work, work_func_t func)
{
	work->func = func;
}

struct file *file_alloc(const struct file_ops *ops, unsigned flags, umode_t mode, const char *path)
{
	struct file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	f->ops = ops;
	f->flags = flags;
	f->refs.counter = 1;
	spin_lock_init_rank(&f->lock, "file", 0);
	return f;
}

void file_put(struct file *f)
{
	if (--f->refs.counter)
		return;
	if (f->private)
		f->ops->release(f);
	kfree(f);
}

int mount_add(const char *path, const struct mount *what)
{
	mount = kzalloc(sizeof(*mount) + 8, GFP_KERNEL);
	*mount = *what;
	return 0;
}

int path_redirect(struct path_request *rq, const char *base, const char *target)
{
	kfree(rq->redirect);
	rq->redirect = kstrdup(target, GFP_KERNEL);
	return -EREDIRECT;
}

int fifo_open(u64 fs, u64 node, umode_t mode, struct file *f)
{
	return -ENXIO;
}

bool tty_ioctl_sizes(unsigned cmd, size_t *in, size_t *out)
{
	return false;
}

unsigned transfer_hold_signals(void)
{
	return 0;
}

void transfer_release_signals(unsigned held)
{
}

/* Trace points that are off. */
char point_begin[256] __asm__("trace_point_call_begin"), point_end[256] __asm__("trace_point_call_end");
const struct file_ops port_fd_ops;

/* ---- the server ---------------------------------------------------------------------------------- */

long __x64_sys_port_reply_recv(const struct pt_regs *regs);

static long reply_recv(bool answer, bool receive)
{
	struct pt_regs regs = { .rdi = 0, .rsi = answer ? (unsigned long)&memory.reply : 0,
				.rdx = receive ? (unsigned long)memory.message : 0, .r10 = 0 };

	return __x64_sys_port_reply_recv(&regs);
}

/* Attributes, as a good server has them in part. */
static void put_attr(void)
{
	static const u32 modes[] = { S_IFREG | 0644, S_IFREG, S_IFDIR | 0755, S_IFCHR, S_IFLNK, S_IFIFO, 0, ~0u };
	struct port_attr *attr = (struct port_attr *)memory.data;

	attr->node = fuzz_number(&input, 1);
	attr->mode = modes[fuzz_below(&input, 8)];
	attr->size = fuzz_number(&input, 2);
	attr->version = fuzz_number(&input, 1);
	attr->mtime_ns = fuzz_number(&input, 8);
}

static void put_entries(void)
{
	size_t at = 0;

	for (unsigned n = fuzz_below(&input, 6); n && at < 3000; n--) {
		struct port_dirent *entry = (struct port_dirent *)(memory.data + at);
		size_t len;
		const u8 *name = fuzz_bytes(&input, fuzz_below(&input, 20), &len);
		unsigned wrong = fuzz_number(&input, 1);

		entry->node = 1;
		entry->next = at + 1;
		memset(entry->name, 0, 32);
		memcpy(entry->name, name, len);
		entry->reclen = wrong < 200 ? align_up(sizeof(*entry) + len + 1, 8UL) : fuzz_number(&input, 2);
		at += align_up(sizeof(*entry) + len + 1, 8UL);
	}
}

static void put_text(void)
{
	static const char *const texts[] = { "/a/b", "x", "", "../../..", "a//b/" };
	size_t len;
	const u8 *any = fuzz_bytes(&input, fuzz_below(&input, 16), &len);

	memcpy(memory.data, any, len);
	if (!len)
		strcpy((char *)memory.data, texts[fuzz_below(&input, 5)]);
}

static s64 any_status(const struct port_request *req)
{
	switch (fuzz_below(&input, 8)) {
	case 0:
		return 0;
	case 1:
		return req->out_len;
	case 2:
		return PORT_REDIRECT;
	case 3:
		return -(s64)fuzz_number(&input, 2);
	case 4:
		return (s64)fuzz_number(&input, 8);
	case 5:
		return req->in_len;
	default:
		return fuzz_number(&input, 2);
	}
}

static void compose(const struct port_request *req)
{
	memset(memory.data, 'd', sizeof(memory.data));
	switch (fuzz_below(&input, 4)) {
	case 0:
		put_attr();
		break;
	case 1:
		put_entries();
		break;
	case 2:
		put_text();
	}
	for (size_t i = 0; i < 4096; i++)
		if (memory.data[i] == CANARY)
			memory.data[i] = 0;
	memory.reply.tag = fuzz_below(&input, 16) ? req->tag : fuzz_number(&input, 1);
	memory.reply.status = any_status(req);
	memory.reply.aux = fuzz_below(&input, 4) ? fuzz_number(&input, 2) : fuzz_number(&input, 8);
	memory.reply.ready = fuzz_below(&input, 2) ? PORT_READY_SET | fuzz_number(&input, 2) : fuzz_number(&input, 4);
	memory.reply.len = fuzz_below(&input, 4) ? fuzz_number(&input, 2) : fuzz_number(&input, 4);
	memory.reply.data = (unsigned long)memory.data;
	if (fuzz_below(&input, 8) == 0)
		memory.reply.data += fuzz_below(&input, 2) ? SERVER_DATA - fuzz_number(&input, 2) : fuzz_number(&input, 8);
}

/* One turn: receives what there is, and answers it. */
static void server_turn(void)
{
	const struct port_request *req = (const struct port_request *)memory.message;
	struct port_request copy;

	kernel_current = &server;
	memset(memory.message, 0, sizeof(memory.message));
	if (reply_recv(false, true) == 0 && req->tag) {
		copy = *req;
		compose(&copy);
		reply_recv(true, false);
		/* A client that got no answer would never return: it gets an error. */
		memory.reply = (struct port_reply){ .tag = copy.tag, .status = -EIO };
		reply_recv(true, false);
	}
	kernel_current = &client;
}

void (schedule)(void)
{
	server_turn();
}

bool schedule_until(u64 deadline)
{
	return true;
}

/* ---- the client ------------------------------------------------------------------------------------ */

static bool take_entry(struct dir_sink *sink, const struct dir_entry *entry)
{
	CHECK(entry->len && entry->len <= 255 && strnlen(entry->name, entry->len) == entry->len);
	CHECK(!memchr(entry->name, '/', entry->len));
	return fuzz_below(&input, 8);
}

static void read_file(struct file *f)
{
	size_t len = fuzz_below(&input, 4) ? fuzz_number(&input, 1) : fuzz_number(&input, 3) % (3 * PORT_IO_MAX);
	u8 *buffer = host_alloc(len + 1);
	struct iobuf to = iobuf_kernel(buffer, len);
	loff_t pos = fuzz_number(&input, 2), before = pos;
	ssize_t n;

	memset(buffer, CANARY, len + 1);
	n = f->ops->read(f, &to, &pos);
	CHECK(n <= (ssize_t)len && buffer[len] == CANARY);
	for (ssize_t i = 0; i < n; i++)
		CHECK(buffer[i] != CANARY);
	CHECK(pos >= before);
	host_free(buffer);
}

static void write_file(struct file *f)
{
	size_t len = fuzz_below(&input, 4) ? fuzz_number(&input, 1) : fuzz_number(&input, 3) % (3 * PORT_IO_MAX);
	u8 *buffer = host_alloc(len + 1);
	struct iobuf from = iobuf_kernel(buffer, len);
	loff_t pos = fuzz_number(&input, 2);

	memset(buffer, 'w', len + 1);
	CHECK(f->ops->write(f, &from, &pos) <= (ssize_t)len);
	host_free(buffer);
}

static void use_file(struct file *f)
{
	struct dir_sink sink = { take_entry };
	struct setattr set = { .valid = fuzz_number(&input, 1) };
	struct statfs statfs;
	struct stat st;
	loff_t pos = 0;

	switch (fuzz_below(&input, 8)) {
	case 0:
	case 1:
		return read_file(f);
	case 2:
		return write_file(f);
	case 3:
		f->ops->readdir(f, &sink, &pos);
		break;
	case 4:
		f->ops->stat(f, &st);
		break;
	case 5:
		f->ops->truncate(f, fuzz_number(&input, 8));
		break;
	case 6:
		f->ops->setattr(f, &set);
		f->ops->sync(f);
		break;
	case 7:
		f->ops->statfs(f, &statfs);
		f->ops->poll(f);
	}
}

static void use_path(void)
{
	static const u8 ops[] = { PORT_OPEN, PORT_OPEN, PORT_OPEN, PORT_STAT, PORT_STATFS, PORT_READLINK, PORT_MKNOD, PORT_UNLINK,
				  PORT_RENAME, PORT_SYMLINK, PORT_SETATTR, PORT_TRUNC };
	const struct port_setattr set = { .valid = 1 };
	struct path_request rq = { .op = ops[fuzz_below(&input, sizeof(ops))], .target = "target", .set = &set,
				   .rest = "a/b", .path = (char *)"/a/b" };
	int error;

	rq.arg0 = fuzz_number(&input, 2);
	if (rq.op == PORT_RENAME)
		rq.rest2 = "c";
	error = mount->ops->perform(mount, &rq);
	CHECK(error <= 0 && error > -4096);
	if (rq.file && !error) {
		for (unsigned n = fuzz_below(&input, 8); n; n--)
			use_file(rq.file);
		file_put(rq.file);
	}
	kfree(rq.redirect);
	kfree(rq.link);
}

/* ---- one input --------------------------------------------------------------------------------------- */

static void begin(void)
{
	kernel_begin();
	kernel_current = &client;
	client.process = &client_process;
	server.process = &server_process;
	client.mm = server.mm = (struct mm *)&memory;
	client.refs.counter = server.refs.counter = 1;
	life_call(task_born, &client);
	port = port_create(fuzz_number(&input, 1) & (PORT_CANCEL_OK | PORT_FILES | PORT_STABLE), 1);
	server_file = (struct file){ .ops = &port_fd_ops, .private = port };
	server_slots[0] = &server_file;
	server_files = (struct files){ .refs = { 1 }, .size = 1, .slot = server_slots };
	server.files = &server_files;
	CHECK_EQ(port_set_owner(port, &server_process, &server_file), 0);
	CHECK_EQ(mount_add_port((char [2]){ "/" }, port, 42), 0);
}

static void end(void)
{
	/* The notes of closed files are received. */
	for (int i = 0; i < 100; i++)
		server_turn();
	port_die(port);
	mount->ops->release(mount);
	kfree(mount);
	if (server.served)
		port_put(server.served);
	server.served = NULL;
	port_put(port);
	life_call(task_gone, &client);
	life_call(task_freed, &client);
	kernel_end();
}

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	static bool ready;

	if (!ready)
		write_access_init();
	ready = true;
	input = (struct fuzz_input){ bytes, bytes + size };
	begin();
	while (fuzz_left(&input))
		use_path();
	end();
	return 0;
}
