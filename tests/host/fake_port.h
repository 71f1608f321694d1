/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_port.h - the kernel's side of ports, for tests of servers on the host: a test makes a call, the
 * server's own loop (srv_round) receives the call, answers it and moves data through leases.  Checks that
 * each request gets one answer.  One C file of a program includes it.
 */
#ifndef TESTS_FAKE_PORT_H
#define TESTS_FAKE_PORT_H

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <srv.h>

#define FAKE_CALLS 64

struct fake_call {
	uint64_t tag;			/* 0: the slot is free */
	const void *in;
	void *out;
	uint32_t in_len, out_len;
	bool answered;
	struct port_reply reply;
	bool broken;			/* leases fail with -EFAULT, as for bad client memory */
};

static struct fake_call fake_calls[FAKE_CALLS];
static union port_message fake_message;	/* the next message, if its words are not all 0 */
static bool fake_has_message;
static struct port_reply fake_pending;	/* the answer that the server's loop holds */
static uint64_t fake_next_tag = 1;
static unsigned fake_ready_mask;		/* what poll(2) would tell */
static int fake_signals[32];
static unsigned fake_nr_signals;

static struct fake_call *fake_find(uint64_t tag)
{
	for (int i = 0; i < FAKE_CALLS; i++)
		if (tag && fake_calls[i].tag == tag)
			return &fake_calls[i];
	return NULL;
}

static inline long fake_answer(struct port_reply *reply)
{
	struct fake_call *call = fake_find(reply->tag);
	uint32_t len;

	if (!call || call->answered)
		return -ESRCH;
	call->answered = true;
	call->reply = *reply;
	if (reply->ready & PORT_READY_SET)
		fake_ready_mask = reply->ready & ~PORT_READY_SET;
	len = reply->len < call->out_len ? reply->len : call->out_len;
	if (len)
		memcpy(call->out, (void *)(uintptr_t)reply->data, len);
	reply->tag = 0;
	return 0;
}

long port_reply_recv(long port, struct port_reply *reply, union port_message *message,
		     int64_t timeout_ns)
{
	if (reply && reply->tag && fake_answer(reply) < 0)
		return -ESRCH;
	if (!message)
		return 0;
	if (!fake_has_message)
		return -EAGAIN;
	*message = fake_message;
	fake_has_message = false;
	return 0;
}

static long fake_lease(uint64_t tag, uint64_t offset, size_t len, uint32_t size)
{
	struct fake_call *call = fake_find(tag);

	if (!call || call->answered)
		return -ESRCH;
	if (call->broken)
		return -EFAULT;
	if (offset > size)
		return 0;
	return len < size - offset ? (long)len : (long)(size - offset);
}

long lease_read(long port, uint64_t tag, uint64_t offset, void *buf, size_t len)
{
	struct fake_call *call = fake_find(tag);
	long n = fake_lease(tag, offset, len, call ? call->in_len : 0);

	if (n > 0)
		memcpy(buf, (const char *)call->in + offset, n);
	return n;
}

long lease_write(long port, uint64_t tag, uint64_t offset, const void *buf, size_t len)
{
	struct fake_call *call = fake_find(tag);
	long n = fake_lease(tag, offset, len, call ? call->out_len : 0);

	if (n > 0)
		memcpy((char *)call->out + offset, buf, n);
	return n;
}

long port_create(unsigned flags, unsigned level)
{
	return 3;
}

long port_in_group(long port, uint64_t tag, uint32_t gid)
{
	return 0;
}

long port_mount(long port, const char *path, uint64_t root)
{
	return 0;
}

long port_adopt(const char *path, unsigned flags, unsigned level)
{
	return -ENOENT;
}

/* The open handles, as the kernel knows them; and memory that a new server finds after its predecessor "died". */
static uint64_t fake_handles[64];
static size_t fake_nr_handles;
static size_t fake_memory_size;

long port_handles(long port, uint64_t *handles, size_t room)
{
	for (size_t i = 0; i < fake_nr_handles && i < room; i++)
		handles[i] = fake_handles[i];
	return fake_nr_handles;
}

long port_memory(long port, void *addr, size_t size)
{
	if (fake_memory_size)
		return fake_memory_size == size ? 0 : -EINVAL;
	if (mmap(addr, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != addr)
		return -ENOMEM;
	fake_memory_size = size;
	return 0;
}

long port_discard(long port, void *addr, size_t size)
{
	return madvise(addr, size, MADV_REMOVE) ? -errno : 0;
}

long port_ready(long port, uint64_t handle, unsigned mask)
{
	fake_ready_mask = mask;
	return 0;
}

long port_irq(long port, unsigned irq, unsigned bit)
{
	return 0;
}

long irq_ack(long port, unsigned irq)
{
	return 0;
}

long ctty_signal(long port, uint64_t node, int signal)
{
	if (fake_nr_signals < 32)
		fake_signals[fake_nr_signals++] = signal;
	return 0;
}

long ioport_grant(unsigned first, unsigned count)
{
	return 0;
}

/* Gives one message to the server's loop, and takes the answer. */
static inline void fake_deliver(struct srv *srv, const union port_message *message)
{
	fake_message = *message;
	fake_has_message = true;
	assert(srv_round(srv, &fake_pending) == 0);
	assert(!fake_has_message);
	assert(srv_round(srv, &fake_pending) == 0);
}

static inline void fake_note(struct srv *srv, unsigned kind, unsigned reason, uint64_t value)
{
	union port_message message = { .note = { 0, kind, reason, value } };

	fake_deliver(srv, &message);
}

/* Makes a call, which may be answered later. The slot stays in use until fake_end(). */
static inline struct fake_call *fake_begin(struct srv *srv, struct port_request req,
					   const void *in, void *out, bool broken)
{
	union port_message message;
	struct fake_call *call = fake_calls;

	while (call->tag)
		call++;
	assert(call < fake_calls + FAKE_CALLS);
	*call = (struct fake_call){ .tag = fake_next_tag++, .in = in, .out = out, .broken = broken,
				    .in_len = req.in_len, .out_len = req.out_len };
	req.tag = call->tag;
	if (req.in_len <= PORT_INLINE && req.in_len)
		memcpy(req.data, in, req.in_len);
	memset(&message, 0, sizeof(message));
	message.request = req;
	fake_deliver(srv, &message);
	return call;
}

static inline struct port_reply fake_end(struct fake_call *call)
{
	assert(call->answered);
	call->tag = 0;
	return call->reply;
}

/* Makes a call that is answered at once. */
static inline struct port_reply fake_do(struct srv *srv, struct port_request req, const void *in,
					void *out)
{
	return fake_end(fake_begin(srv, req, in, out, false));
}

#endif
