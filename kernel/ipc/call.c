/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of a call: making it, waiting, giving up; and completion, which
 * both sides meet in.  The state table is in include/neurath/port.h, the rules of
 * cancelling in docs/ipc.md.
 *
 * Rules kept here: a call is completed exactly once, by call_complete() or call_finish(),
 * under port->lock; a tag is taken from one counter and never used again, so a late answer
 * cannot hit another call; cancelling and dying allocate nothing.
 *
 * call_server() is on the stack of every task that waits for a server.  The way of a call
 * that is answered at once is inlined into it; what is rare is not.
 */
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include "ipc_internal.h"

/* A request without its inline data. */
#define CALL_REQ_HEAD		__builtin_offsetof(struct port_request, data)
#define CALL_REPORT_AFTER	(2 * NSEC_PER_SEC)

static atomic_long_t call_last_tag;

/* ---- completion (either side, under port->lock) --------------------------------- */

void call_complete(struct call *c, s64 status, u64 aux)
{
	call_end(c, status, aux);
	/* Release: as above. */
	smp_store_release(&c->state, CALL_DONE);
	/* Under the lock: the client takes it before it goes on, so the task is still there. */
	wake_up_process(c->task);
}

void call_abort(struct call *c, s64 status)
{
	if (c->pins) {
		c->flags |= CALL_ABORTED;
		WRITE_ONCE(c->wait_state, TASK_UNINTERRUPTIBLE);
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
	WRITE_ONCE(c->wait_state, TASK_INTERRUPTIBLE);
	list_move_tail(&c->node, at);
	/* It may be interrupted now. */
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

/* The server has it from now on: bytes of the request in *@req. */
static __always_inline size_t call_activate(struct port *port, struct call *c,
					    struct port_request *req)
{
	size_t inlined = c->req.in_len <= PORT_INLINE ? c->req.in_len : 0;

	assert_spin_held(&port->lock);
	WRITE_ONCE(c->state, CALL_ACTIVE);
	WRITE_ONCE(c->wait_state,
		   port->flags & PORT_CANCEL_OK ? TASK_INTERRUPTIBLE : TASK_KILLABLE);
	list_add_tail(&c->node, call_bucket(port, c->req.tag));
	/* Of a constant length: the compiler moves words instead of calling. */
	__builtin_memcpy(req, &c->req, CALL_REQ_HEAD);
	if (inlined)
		memcpy(req->data, c->req.data, inlined);
	return CALL_REQ_HEAD + inlined;
}

size_t call_take_first(struct port *port, struct port_request *req)
{
	struct call *c = list_first_entry(&port->calls, struct call, node);

	c->report_ns = 0;
	list_del(&c->node);
	return call_activate(port, c, req);
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
	c->cancelled_ns = clock_ns();
	WRITE_ONCE(c->wait_state, TASK_KILLABLE);
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

	spin_lock_irq(&port->lock);
	if (c->state == CALL_QUEUED) {
		call_complete(c, call_restart_code(port), 0);
	} else if (c->state == CALL_ACTIVE && !(c->flags & CALL_ABORTED)) {
		if (fatal_signal_pending(current)) {
			call_die(c);
		} else if ((port->flags & PORT_CANCEL_OK) && !(c->flags & CALL_CANCEL_SENT)) {
			call_post_cancel(c, kick ? PORT_CANCEL_KICK : PORT_CANCEL_SIGNAL);
			c->report_ns = clock_ns() + CALL_REPORT_AFTER;
		}
	}
	spin_unlock_irq(&port->lock);
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

/* Sets the state to sleep in; false = done. */
static __always_inline bool call_prepare_sleep(struct call *c)
{
	for (;;) {
		unsigned state = READ_ONCE(c->wait_state);

		set_current_state(state);
		/* Acquire: pairs with the release in call_finish() and call_complete(). */
		if (smp_load_acquire(&c->state) == CALL_DONE)
			break;
		/* QUEUED became ACTIVE meanwhile: the state to sleep in may be another. */
		if (unlikely(state != READ_ONCE(c->wait_state)))
			continue;
		if (likely(!signal_pending_state(state, current)))
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
	/*
	 * We run, so the state to sleep in is gone, and with an answer there is no need
	 * for it.  Acquire: pairs with the release in call_finish() and call_complete().
	 */
	while (smp_load_acquire(&c->state) != CALL_DONE && call_prepare_sleep(c)) {
		u64 report_ns = READ_ONCE(c->report_ns);

		if (likely(!report_ns))
			schedule();
		else if (schedule_until(report_ns))
			call_report(c);
	}
}

/* ---- the call ---------------------------------------------------------------------------- */

/* A lease of a call: nothing if @b is NULL; false = not user memory, or too much of it. */
static __always_inline bool call_lease(struct iobuf *lease, const struct iobuf *b)
{
	*lease = b ? *b : (struct iobuf){ 0 };
	return !b || (b->len <= PORT_IO_MAX && (!b->user || access_ok(b->base, b->len)));
}

/* The caller, as the server sees it. */
static __always_inline void call_sign(struct call *c, bool real)
{
	const struct task *t = current;
	const struct credentials *cred = &t->process->cred;

	c->req.pid = t->tgid;
	c->req.uid = real ? cred->uid : cred->fsuid;
	c->req.gid = real ? cred->gid : cred->fsgid;
	c->mm = t->mm;
}

/* Short input travels in the request. */
static noinline int call_fetch_inline(struct call *c)
{
	struct iobuf in = c->in;	/* a copy: it is advanced */

	return iobuf_get(&in, c->req.data, c->in.len) == (ssize_t)c->in.len ? 0 : -EFAULT;
}

/* Fills the call object.  Decoding: nothing has happened when this fails. */
static __always_inline int call_prepare(struct call *c, const struct call_request *req)
{
	if (unlikely(c->cancel_port))
		return -EINTR;		/* it died in a call already */
	if (!call_lease(&c->in, req->in) || !call_lease(&c->out, req->out))
		return -EFAULT;
	call_sign(c, req->flags & PORT_REQ_REAL_IDS);
	c->req.op = req->op;
	c->req.flags = req->flags & ~PORT_REQ_REAL_IDS;
	c->req.handle = req->handle;
	__builtin_memcpy(c->req.arg, req->arg, sizeof(c->req.arg));
	c->req.in_len = c->in.len;
	c->req.out_len = c->out.len;
	c->file = req->file;
	c->flags = 0;
	c->moved = 0;
	c->small_len = 0;
	c->report_ns = 0;
	return c->in.len && c->in.len <= PORT_INLINE ? call_fetch_inline(c) : 0;
}

/*
 * A thread of the server that can be given the call as it stands, or NULL: one that waits
 * while nothing is queued, for what came first is received first.  A client that is to be
 * interrupted queues its call, and takes it back.  While a server goes, its threads may still
 * be there; its port is nobody's then.
 */
static __always_inline struct port_receiver *call_find_receiver(struct port *port)
{
	struct port_receiver *r;

	if (list_empty(&port->receivers) || !list_empty(&port->notes) ||
	    !list_empty(&port->calls) || unlikely(signal_pending(current)))
		return NULL;
	r = list_first_entry(&port->receivers, struct port_receiver, node);
	return likely(port->owner == r->task->process) ? r : NULL;
}

/* IDLE -> ACTIVE: @r gets the request together with its wake-up. */
static __always_inline struct task *call_deliver(struct port *port, struct call *c,
						 struct port_receiver *r)
{
	struct task *server = r->task;

	task_get(server);
	list_del_init(&r->node);
	race_point();
	/* Last: who sees it needs no lock.  Pairs with the acquire in port_wait_message(). */
	smp_store_release(&r->size, (ssize_t)call_activate(port, c, &r->msg.req));
	return server;
}

/* IDLE -> QUEUED. */
static struct task *call_enqueue(struct port *port, struct call *c)
{
	WRITE_ONCE(c->state, CALL_QUEUED);
	WRITE_ONCE(c->wait_state, TASK_INTERRUPTIBLE);
	if (unlikely(!port->owner))
		c->report_ns = clock_ns() + CALL_REPORT_AFTER;
	list_add_tail(&c->node, &port->calls);
	return port_take_receiver(port);
}

/* To the server: 0 and *server as call_wait() wants it; or an error, and nothing has happened. */
static __always_inline int call_send(struct call *c, struct port *port, struct task **server)
{
	struct port_receiver *r;
	int ret = 0;

	spin_lock_irq(&port->lock);
	debug_assert(c->state == CALL_IDLE && !c->cancel.queued);
	if (unlikely(port->dead)) {
		ret = -EIO;
	} else if (unlikely(current->served && current->served->level <= port->level)) {
		ret = -EDEADLK;
	} else {
		c->port = port;
		c->req.tag = atomic_long_inc_return(&call_last_tag);
		r = call_find_receiver(port);
		*server = r ? call_deliver(port, c, r) : call_enqueue(port, c);
	}
	spin_unlock_irq(&port->lock);
	return ret;
}

/* The data of a short answer.  0, -EFAULT. */
static __always_inline int call_take_small(struct call *c)
{
	if (c->out.user)
		return copy_to_user(c->out.base, c->small, c->small_len);
	memcpy(c->out.base, c->small, c->small_len);
	return 0;
}

/* DONE -> IDLE. */
static __always_inline int call_pick_up(struct call *c, struct call_result *res)
{
	struct port *port = c->port;

	/* Who completed it may still be about to wake us. */
	if (unlikely(!(c->flags & CALL_LET_GO))) {
		spin_lock_irq(&port->lock);
		spin_unlock_irq(&port->lock);
	}
	debug_assert(c->state == CALL_DONE && c->pins == 0);
	*res = (struct call_result){ .status = c->status, .aux = c->aux, .moved = c->moved };
	c->state = CALL_IDLE;
	c->port = NULL;
	if (c->small_len && unlikely(call_take_small(c)))
		res->status = -EFAULT;
	if (unlikely(res->status == -EINTR))
		return -ERESTARTSYS;
	if (unlikely(res->status == -ERESTARTSYS || res->status == -ERESTARTNOINTR))
		return res->status;
	return 0;
}

int call_server(struct port *port, const struct call_request *req, struct call_result *res)
{
	struct call *c = current->call;
	struct task *server;
	int ret = call_prepare(c, req);

	if (!ret)
		ret = call_send(c, port, &server);
	if (unlikely(ret))
		return ret;
	race_point();
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
