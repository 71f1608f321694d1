/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of a call: making it, waiting, giving up; and completion, which
 * both sides meet in.  The state table is in include/neurath/port.h, the rules of
 * cancelling in docs/ipc.md.
 *
 * Rules kept here: a call is completed exactly once, by call_complete(), under
 * port->lock; a tag is taken from one counter and never used again, so a late answer
 * cannot hit another call; cancelling and dying allocate nothing.
 *
 * call_server() and call_wait() are on the stack of every task that waits for a
 * server.  They are kept tiny, so that there is little reason to patch them.
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "ipc_internal.h"

/* A request without its inline data. */
#define CALL_REQ_HEAD		__builtin_offsetof(struct port_request, data)
#define CALL_REPORT_AFTER	(2 * NSEC_PER_SEC)

/* Of a constant length: the compiler moves words instead of calling. */
static __always_inline void call_copy_head(struct port_request *to, const struct port_request *from)
{
	__builtin_memcpy(to, from, CALL_REQ_HEAD);
}

static atomic_long_t call_last_tag;

/* ---- completion (either side, under port->lock) --------------------------------- */

static struct list_head *call_bucket(struct port *port, u64 tag)
{
	return &port->active[tag % PORT_HASH];
}

struct call *call_find(struct port *port, u64 tag)
{
	struct call *c;

	assert_spin_held(&port->lock);
	list_for_each_entry(c, call_bucket(port, tag), node) {
		if (c->req.tag == tag)
			return c->flags & CALL_ABORTED ? NULL : c;
	}
	return NULL;
}

void call_finish(struct call *c, s64 status, u64 aux)
{
	assert_spin_held(&c->port->lock);
	assert((c->state == CALL_QUEUED || c->state == CALL_ACTIVE) && c->pins == 0);
	list_del_init(&c->node);
	c->status = status;
	c->aux = aux;
	/* A GONE note outlives the call; any other is pointless now. */
	if (c->cancel.note.reason != PORT_CANCEL_GONE)
		port_unlink_note(c->port, &c->cancel);
	/* Release: pairs with the acquire in call_prepare_sleep(). */
	smp_store_release(&c->state, CALL_DONE);
}

void call_complete(struct call *c, s64 status, u64 aux)
{
	call_finish(c, status, aux);
	/* Under the lock: the client takes it before it goes on, so the task is still there. */
	wake_up_process(c->task);
}

void call_abort(struct call *c, s64 status)
{
	if (c->pins) {
		c->flags |= CALL_ABORTED;
		c->status = status;
	} else {
		call_complete(c, status, 0);
	}
}

void call_requeue(struct call *c, struct list_head *at)
{
	assert_spin_held(&c->port->lock);
	assert(c->state == CALL_ACTIVE && !c->pins);
	/* What was said and copied for the old server is void. */
	port_unlink_note(c->port, &c->cancel);
	c->flags = CALL_ORPHANED;
	c->moved = 0;
	c->small_len = 0;
	c->report_ns = clock_ns() + CALL_REPORT_AFTER;
	WRITE_ONCE(c->state, CALL_QUEUED);
	list_move_tail(&c->node, at);
	/* It may be interrupted now: call_sleep_state(). */
	wake_up_process(c->task);
}

void call_pin(struct call *c)
{
	assert_spin_held(&c->port->lock);
	c->pins++;
}

bool call_unpin(struct call *c)
{
	assert_spin_held(&c->port->lock);
	assert(c->pins > 0);
	c->pins--;
	if (!(c->flags & CALL_ABORTED))
		return true;
	if (c->pins == 0)
		call_complete(c, c->status, 0);
	return false;
}

size_t call_take_first(struct port *port, struct port_request *req)
{
	struct call *c = list_first_entry_or_null(&port->calls, struct call, node);
	size_t inlined;

	assert_spin_held(&port->lock);
	if (!c)
		return 0;
	WRITE_ONCE(c->state, CALL_ACTIVE);
	c->report_ns = 0;
	list_move_tail(&c->node, call_bucket(port, c->req.tag));
	call_copy_head(req, &c->req);
	inlined = c->req.in_len <= PORT_INLINE ? c->req.in_len : 0;
	if (inlined)
		memcpy(req->data, c->req.data, inlined);
	return CALL_REQ_HEAD + inlined;
}

/* ---- giving up --------------------------------------------------------------------- */

/* A call that may be made again at once, invisibly: nothing has happened. */
static int call_restart_code(const struct port *port)
{
	/* Nobody expects EINTR from a disk file: such calls restart after handlers, too. */
	return port->flags & PORT_CANCEL_OK ? -ERESTARTSYS : -ERESTARTNOINTR;
}

static void call_post_cancel(struct call *c, u32 reason)
{
	struct port *port = c->port;

	c->flags |= CALL_CANCEL_SENT;
	c->cancel.note = (struct port_note){
		.kind = PORT_NOTE_CANCEL, .reason = reason, .value = c->req.tag };
	if (!c->cancel.queued) {
		c->cancel.queued = true;
		list_add_tail(&c->cancel.node, &port->notes);
		port_wake_receiver(port);
	}
}

/* Fatal signal on an ACTIVE call: the tag dies, the server is told to forget it. */
static void call_die(struct call *c)
{
	if (c->flags & CALL_ABORTED)
		return;
	if (c->port->flags & PORT_CANCEL_OK) {
		call_post_cancel(c, PORT_CANCEL_GONE);
		port_get(c->port);
		c->cancel_port = c->port;
	}
	call_abort(c, -EINTR);
}

/*
 * A signal or a kick while the call is not done: the middle columns of the table in
 * docs/ipc.md.
 */
static void call_interrupt(struct call *c)
{
	struct port *port = c->port;
	bool kick = !test_task_flag(current, TIF_SIGPENDING);
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	if (c->state == CALL_QUEUED) {
		call_complete(c, call_restart_code(port), 0);
	} else if (c->state == CALL_ACTIVE) {
		if (fatal_signal_pending(current)) {
			call_die(c);
		} else if ((port->flags & PORT_CANCEL_OK) && !(c->flags & CALL_CANCEL_SENT)) {
			call_post_cancel(c, kick ? PORT_CANCEL_KICK : PORT_CANCEL_SIGNAL);
			c->report_ns = clock_ns() + CALL_REPORT_AFTER;
		}
	}
	spin_unlock_irqrestore(&port->lock, flags);
}

static const char *call_op_name(unsigned op)
{
	static const char *const names[PORT_OP_MAX + 1] = {
#define CALL_OP_NAME(name, nr, doc) [nr] = #name,
		PORT_OPS(CALL_OP_NAME)
#undef CALL_OP_NAME
	};

	return op <= PORT_OP_MAX && names[op] ? names[op] : "?";
}

/* ---- waiting -------------------------------------------------------------------------- */

/* What may wake the client now: after a cancel, and on ports without it, only death. */
static unsigned call_sleep_state(struct call *c)
{
	if (c->flags & CALL_ABORTED)
		return TASK_UNINTERRUPTIBLE;
	if (READ_ONCE(c->state) == CALL_QUEUED)
		return TASK_INTERRUPTIBLE;
	if ((c->flags & CALL_CANCEL_SENT) || !(c->port->flags & PORT_CANCEL_OK))
		return TASK_KILLABLE;
	return TASK_INTERRUPTIBLE;
}

/* Sets the state to sleep in; false = done. */
static bool call_prepare_sleep(struct call *c)
{
	for (;;) {
		unsigned state = call_sleep_state(c);

		set_current_state(state);
		/* Acquire: pairs with the release in call_complete(). */
		if (smp_load_acquire(&c->state) == CALL_DONE)
			break;
		/* QUEUED became ACTIVE meanwhile: the state to sleep in may be another. */
		if (state != call_sleep_state(c))
			continue;
		if (!signal_pending_state(state, current))
			return true;
		__set_current_state(TASK_RUNNING);
		call_interrupt(c);
	}
	__set_current_state(TASK_RUNNING);
	return false;
}

/* Once, when the time for it has come: the call may have got on meanwhile. */
static void call_report(struct call *c)
{
	struct port *port = c->port;
	enum call_state state;
	unsigned long flags;
	bool due, vacant;

	spin_lock_irqsave(&port->lock, flags);
	state = c->state;
	vacant = !port->owner;
	due = c->report_ns && c->report_ns <= clock_ns();
	if (due)
		c->report_ns = 0;
	spin_unlock_irqrestore(&port->lock, flags);
	if (!due)
		return;
	if (state == CALL_ACTIVE)
		pr_warn("ipc: %s[%d] waits for %s since a cancel 2 s ago (op %s)\n", current->comm,
			current->pid, port->owner_comm, call_op_name(c->req.op));
	else if (state == CALL_QUEUED && vacant)
		pr_warn("ipc: %s[%d] waits for a new %s since 2 s (op %s)\n", current->comm,
			current->pid, port->owner_comm, call_op_name(c->req.op));
}

/* @server, if not NULL, is woken, and gets this CPU if we sleep.  Consumes its reference. */
static void call_wait(struct call *c, struct task *server)
{
	if (server && call_prepare_sleep(c))
		sched_hand_over(server);
	else if (server)
		port_wake_task(server);
	while (call_prepare_sleep(c)) {
		u64 report_ns = READ_ONCE(c->report_ns);

		if (likely(!report_ns))
			schedule();
		else if (schedule_until(report_ns))
			call_report(c);
	}
}

/* ---- the call ---------------------------------------------------------------------------- */

static bool call_lease_ok(const struct iobuf *b)
{
	return b->len <= PORT_IO_MAX && (!b->user || access_ok(b->base, b->len));
}

/* Fills the call object.  Decoding: nothing has happened when this fails. */
static int call_prepare(struct call *c, struct port_file *file, const struct port_request *req,
			const struct iobuf *in, const struct iobuf *out)
{
	const struct credentials *cred = &current->process->cred;
	bool real = req->flags & PORT_REQ_REAL_IDS;
	struct iobuf inlined = *in;

	if (c->cancel_port)
		return -EINTR;		/* it died in a call already */
	if (!call_lease_ok(in) || !call_lease_ok(out))
		return -EFAULT;
	call_copy_head(&c->req, req);
	c->req.in_len = in->len;
	c->req.out_len = out->len;
	c->req.pid = current->tgid;
	c->req.uid = real ? cred->uid : cred->fsuid;
	c->req.gid = real ? cred->gid : cred->fsgid;
	c->req.flags &= ~PORT_REQ_REAL_IDS;
	c->in = *in;
	c->out = *out;
	c->mm = current->mm;
	c->file = file;
	c->flags = 0;
	c->moved = 0;
	c->small_len = 0;
	c->report_ns = 0;
	if (in->len <= PORT_INLINE && in->len &&
	    iobuf_get(&inlined, c->req.data, in->len) != (ssize_t)in->len)
		return -EFAULT;
	return 0;
}

/* IDLE -> QUEUED.  *server as call_wait() wants it. */
static int call_enqueue(struct call *c, struct port *port, struct task **server)
{
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&port->lock, flags);
	assert(c->state == CALL_IDLE && !c->cancel.queued);
	if (port->dead) {
		ret = -EIO;
	} else if (current->served && current->served->level <= port->level) {
		ret = -EDEADLK;
	} else {
		c->port = port;
		c->req.tag = atomic_long_inc_return(&call_last_tag);
		c->cancel.note.reason = 0;
		c->state = CALL_QUEUED;
		if (unlikely(!port->owner))
			c->report_ns = clock_ns() + CALL_REPORT_AFTER;
		list_add_tail(&c->node, &port->calls);
		*server = port_take_receiver(port);
	}
	spin_unlock_irqrestore(&port->lock, flags);
	return ret;
}

/* DONE -> IDLE.  The lock: call_complete() has let go of the call and of its task. */
static int call_pick_up(struct call *c, struct call_result *res)
{
	struct port *port = c->port;
	unsigned long flags;
	s64 status;

	spin_lock_irqsave(&port->lock, flags);
	assert(c->state == CALL_DONE && c->pins == 0);
	*res = (struct call_result){ .status = c->status, .aux = c->aux, .moved = c->moved };
	c->state = CALL_IDLE;
	c->port = NULL;
	spin_unlock_irqrestore(&port->lock, flags);
	status = res->status;
	if (c->small_len && iobuf_put(&c->out, c->small, c->small_len) != (ssize_t)c->small_len)
		res->status = status = -EFAULT;
	if (status == -EINTR)
		return -ERESTARTSYS;
	if (status == -ERESTARTSYS || status == -ERESTARTNOINTR)
		return status;
	return 0;
}

int call_server(struct port *port, struct port_file *file, struct port_request *req,
		struct iobuf in, struct iobuf out, struct call_result *res)
{
	struct call *c = current->call;
	struct task *server = NULL;
	int ret = call_prepare(c, file, req, &in, &out);

	if (!ret)
		ret = call_enqueue(c, port, &server);
	if (ret)
		return ret;
	call_wait(c, server);
	return call_pick_up(c, res);
}

/* ---- with the task ---------------------------------------------------------------------- */

/* The last owner of the object, a GONE note, is done with it. */
static void call_free_note(struct port_note_node *n)
{
	struct call *c = container_of(n, struct call, cancel);
	struct port *port = c->cancel_port;

	kfree(c);
	port_put(port);
}

int call_init_task(struct task *task)
{
	struct call *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	c->task = task;
	c->state = CALL_IDLE;
	INIT_LIST_HEAD(&c->node);
	INIT_LIST_HEAD(&c->cancel.node);
	c->cancel.free = call_free_note;
	task->call = c;
	return 0;
}

/* Leaves the object to its GONE note if that is still on its way. */
static bool call_leave_to_note(struct call *c)
{
	struct port *port = c->cancel_port;
	unsigned long flags;
	bool queued;

	spin_lock_irqsave(&port->lock, flags);
	queued = c->cancel.queued;
	c->cancel.owns = queued;
	spin_unlock_irqrestore(&port->lock, flags);
	return queued;
}

void call_free_task(struct task *task)
{
	struct call *c = task->call;
	struct port *port;

	task->call = NULL;
	if (task->served)
		port_put(task->served);
	task->served = NULL;
	if (!c)
		return;
	assert(c->state == CALL_IDLE);
	port = c->cancel_port;
	if (port && call_leave_to_note(c))
		return;
	kfree(c);
	if (port)
		port_put(port);
}
