/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client's side of a call: making it, waiting for the answer, giving up.  Also the completion
 * of a call, which both sides use.  The state table is in include/neurath/port.h, the rules of
 * cancelling are in docs/ipc.md.
 *
 * Rules of this file: a call is completed exactly once, by call_complete() or call_finish(),
 * under port->lock.  A tag is taken from one counter and never used again, so a late answer
 * cannot reach another call.  Cancelling and dying allocate no memory.
 *
 * call_server() is on the stack of every task that waits for a server.  The path of a call that
 * is answered at once is inlined into it; rare paths are not.
 */
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/port_trace.h>
#include <neurath/trace.h>
#include "ipc_internal.h"

/* A request without its inline data. */
#define CALL_REQ_HEAD		__builtin_offsetof(struct port_request, data)
#define CALL_REPORT_AFTER	(2 * NSEC_PER_SEC)

static atomic_long_t call_last_tag;

/* ---- completion (either side, under port->lock) --------------------------------- */

void call_complete(struct call *c, s64 status, u64 aux)
{
	call_end(c, status, aux);
	/* Release: pairs with the acquire of the client, which reads the result after the state. */
	smp_store_release(&c->state, CALL_DONE);
	/* Under the lock: the client takes it before it continues, so the task still exists. */
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

/*
 * The sleeping state while no server has received the call.  A server that lives receives it soon,
 * so an ordinary signal waits (docs/ipc.md, rule 11).  Without a server a signal ends the wait,
 * except when a part of a transfer of files has moved: the signal would shorten the transfer.
 */
static unsigned call_queued_state(const struct call *c)
{
	bool lives = c->port->owner;
	bool waits = port_holds_signals(c->port) ?
		     lives || (READ_ONCE(c->task->pflags) & PF_MOVING) :
		     lives && (c->flags & CALL_SIGNALLED);

	return waits ? TASK_KILLABLE | TASK_KICKABLE : TASK_INTERRUPTIBLE;
}

void call_restate(struct call *c)
{
	assert_spin_held(&c->port->lock);
	assert(c->state == CALL_QUEUED);
	WRITE_ONCE(c->wait_state, call_queued_state(c));
	wake_up_process(c->task);
}

void call_requeue(struct call *c, struct list_head *at)
{
	assert_spin_held(&c->port->lock);
	assert(c->state == CALL_ACTIVE && !c->pins);
	/* Notes and copies for the previous server are void. */
	port_unlink_note(c->port, &c->cancel);
	c->flags = CALL_ORPHANED | (c->flags & CALL_CHANGES);
	c->moved = 0;
	c->small_len = 0;
	c->report_ns = clock_ns() + CALL_REPORT_AFTER;
	WRITE_ONCE(c->state, CALL_QUEUED);
	list_move_tail(&c->node, at);
	/* From now on signals may interrupt it. */
	call_restate(c);
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

/* The server has the call from now on.  Returns the bytes of the request in *@req. */
static __always_inline size_t call_activate(struct port *port, struct call *c,
					    struct port_request *req)
{
	size_t inlined = c->req.in_len <= PORT_INLINE ? c->req.in_len : 0;

	assert_spin_held(&port->lock);
	WRITE_ONCE(c->state, CALL_ACTIVE);
	WRITE_ONCE(c->wait_state, port->active_state);
	list_add_tail(&c->node, call_bucket(port, c->req.tag));
	/* A constant length: the compiler moves words instead of calling memcpy(). */
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
	if (unlikely(c->flags & CALL_SIGNALLED))
		wake_up_process(c->task);	/* it sends the CANCEL */
	return call_activate(port, c, req);
}

/* ---- giving up --------------------------------------------------------------------- */

/* The code of a call that may be repeated invisibly: nothing has happened. */
static int call_restart_code(const struct port *port)
{
	/* Programs do not expect EINTR from a disk file: such calls restart after handlers, too. */
	return port_holds_signals(port) ? -ERESTARTNOINTR : -ERESTARTSYS;
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

/* Fatal signal on an ACTIVE call: the tag dies, and a note tells the server to drop the call. */
static void call_die(struct call *c)
{
	if (c->port->flags & PORT_CANCEL_OK) {
		call_post_cancel(c, PORT_CANCEL_GONE);
		port_get(c->port);
		c->cancel_port = c->port;
	}
	if (c->flags & CALL_CHANGES)
		port_change_lost(c->port, c->req.tag);
	c->flags &= ~CALL_CHANGES;
	call_abort(c, -EINTR);
}

/* QUEUED: a kick, death and a vacant port take the call back; an ordinary signal waits. */
static void call_interrupt_queued(struct call *c)
{
	if (!c->port->owner || signal_pending_state(TASK_KILLABLE | TASK_KICKABLE, current)) {
		call_complete(c, call_restart_code(c->port), 0);
		return;
	}
	c->flags |= CALL_SIGNALLED;
	WRITE_ONCE(c->wait_state, call_queued_state(c));
	c->report_ns = clock_ns() + CALL_REPORT_AFTER;
}

/* A signal or a kick while the call is not DONE: the middle columns of docs/ipc.md's table. */
static void call_interrupt(struct call *c)
{
	struct port *port = c->port;
	bool kick = port_holds_signals(port) || !test_task_flag(current, TIF_SIGPENDING);

	spin_lock_irq(&port->lock);
	if (c->state == CALL_QUEUED) {
		call_interrupt_queued(c);
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

/* Sets the sleeping state; false if the call is DONE. */
static __always_inline bool call_prepare_sleep(struct call *c)
{
	for (;;) {
		unsigned state = READ_ONCE(c->wait_state);

		set_current_state(state);
		/* Acquire: pairs with the release in call_finish() and call_complete(). */
		if (smp_load_acquire(&c->state) == CALL_DONE)
			break;
		/* The call may have become ACTIVE meanwhile, with another sleeping state. */
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

/* Reports a call that takes long, once.  The call may have advanced meanwhile. */
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
	if (state == CALL_QUEUED && vacant)
		pr_warn("ipc: %s[%d] waits for a new %s since 2 s (op %s)\n", current->comm,
			current->pid, port->owner_comm, call_op_name(c->req.op));
	else if (state == CALL_QUEUED || state == CALL_ACTIVE)
		pr_warn("ipc: %s[%d] waits for %s since a signal or kick 2 s ago (op %s)\n",
			current->comm, current->pid, port->owner_comm, call_op_name(c->req.op));
}

/* Wakes @server, if not NULL, and drops its reference; it gets this CPU if current sleeps. */
static void call_wait(struct call *c, struct task *server)
{
	if (server && call_prepare_sleep(c))
		sched_hand_over(server);
	else if (server)
		port_wake_task(server);
	/*
	 * The task runs, so its sleeping state is gone; each pass of the loop sets it again.
	 * Acquire: pairs with the release in call_finish() and call_complete().
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

/* Fills a lease; an empty one if @b is NULL.  False if @b is too long or not user memory. */
static __always_inline bool call_lease(struct iobuf *lease, const struct iobuf *b)
{
	*lease = b ? *b : (struct iobuf){ 0 };
	return !b || (b->len <= PORT_IO_MAX && (!b->user || access_ok(b->base, b->len)));
}

/* Fills in the ids of the caller for the server. */
static __always_inline void call_sign(struct call *c, bool real)
{
	const struct task *t = current;
	const struct credentials *cred = &t->process->cred;

	c->req.pid = t->tgid;
	c->req.uid = real ? cred->uid : cred->fsuid;
	c->req.gid = real ? cred->gid : cred->fsgid;
	c->mm = t->mm;
}

/* Copies short input into the request. */
static noinline int call_fetch_inline(struct call *c)
{
	struct iobuf in = c->in;	/* a copy, because it is advanced */

	return iobuf_get(&in, c->req.data, c->in.len) == (ssize_t)c->in.len ? 0 : -EFAULT;
}

/* Fills the call object.  This is the decode step: on an error nothing has happened. */
static __always_inline int call_prepare(struct call *c, const struct call_request *req)
{
	if (unlikely(c->cancel_port))
		return -EINTR;		/* the task has died in a call already */
	if (!call_lease(&c->in, req->in) || !call_lease(&c->out, req->out))
		return -EFAULT;
	call_sign(c, req->flags & PORT_REQ_REAL_IDS);
	c->req.op = req->op;
	c->req.flags = req->flags & ~(PORT_REQ_REAL_IDS | PORT_REQ_CHANGES);
	c->req.handle = req->handle;
	__builtin_memcpy(c->req.arg, req->arg, sizeof(c->req.arg));
	c->req.in_len = c->in.len;
	c->req.out_len = c->out.len;
	c->file = req->file;
	c->flags = req->flags & PORT_REQ_CHANGES ? CALL_CHANGES : 0;
	c->moved = 0;
	c->small_len = 0;
	c->report_ns = 0;
	return c->in.len && c->in.len <= PORT_INLINE ? call_fetch_inline(c) : 0;
}

/*
 * A waiting thread of the server that can take the call directly, or NULL.  Only while no call
 * is queued: calls are received in the order in which they came.  A client with a pending
 * signal gets NULL: it queues its call first.  A server that is dying may still have threads
 * here, but its port has no owner any more.
 */
static __always_inline struct port_receiver *call_find_receiver(struct port *port,
								const struct call *c)
{
	struct port_receiver *r;

	if (list_empty(&port->receivers) || !list_empty(&port->notes) ||
	    !list_empty(&port->calls))
		return NULL;
	if (unlikely(signal_pending(current)) &&
	    signal_pending_state(call_queued_state(c), current))
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
	/* The last access: a thread that sees it needs no lock.  Pairs with port_wait_message(). */
	smp_store_release(&r->size, (ssize_t)call_activate(port, c, &r->msg.req));
	return server;
}

/* IDLE -> QUEUED. */
static struct task *call_enqueue(struct port *port, struct call *c)
{
	WRITE_ONCE(c->state, CALL_QUEUED);
	WRITE_ONCE(c->wait_state, call_queued_state(c));
	if (unlikely(!port->owner))
		c->report_ns = clock_ns() + CALL_REPORT_AFTER;
	list_add_tail(&c->node, &port->calls);
	return port_take_receiver(port);
}

/*
 * Sends the call to the server.  Returns 0, or 1 for a traced port, with *server as call_wait()
 * expects it.  On an error nothing has happened.
 */
static __always_inline int call_send(struct call *c, struct port *port, struct task **server)
{
	struct port_receiver *r;
	int error;

	spin_lock_irq(&port->lock);
	debug_assert(c->state == CALL_IDLE && !c->cancel.queued);
	if (unlikely(port->dead)) {
		error = -EIO;
	} else if (unlikely(current->served && current->served->level <= port->level)) {
		error = -EDEADLK;
	} else {
		c->port = port;
		c->req.tag = atomic_long_inc_return(&call_last_tag);
		if (c->flags & CALL_CHANGES)
			port_change_begins(port);
		r = call_find_receiver(port, c);
		*server = r ? call_deliver(port, c, r) : call_enqueue(port, c);
		error = port->traced;
	}
	spin_unlock_irq(&port->lock);
	return error;
}

/* Copies the data of a short answer to the client. 0 or -EFAULT. */
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

	/* The completing thread may still be about to wake current. */
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
		return call_restart_code(port);
	if (unlikely(res->status == -ERESTARTSYS || res->status == -ERESTARTNOINTR))
		return res->status;
	return 0;
}

/* From the sending of the call to its answer. */
static __always_inline int call_await(struct port *port, struct call *c, struct task *server,
				      struct call_result *res, u64 begun_ns)
{
	int error;

	if (trace_is_on(call_begin))
		trace_call_begin(port->owner_comm, port->id, call_op_name(c->req.op), c->req.tag);
	race_point();
	call_wait(c, server);
	error = call_pick_up(c, res);
	if (trace_is_on(call_end))
		trace_call_end(port->owner_comm, port->id, call_op_name(c->req.op), c->req.tag,
			       begun_ns, error ? error : res->status);
	return error;
}

/* The same for srvtrace(1), as a separate function: other calls need no test for tracing. */
static noinline int call_await_traced(struct port *port, struct call *c, struct task *server,
				      struct call_result *res, u64 begun_ns)
{
	u64 since = clock_ns();
	int error = call_await(port, c, server, res, begun_ns);

	port_trace_note(port->id, c, since, error, res);
	return error;
}

int call_server(struct port *port, const struct call_request *req, struct call_result *res)
{
	struct call *c = current->call;
	u64 begun_ns = trace_is_on(call_end) ? clock_ns() : 0;
	struct task *server = NULL;	/* initialised for the compiler: set if there is no error */
	int error = call_prepare(c, req);

	if (unlikely(error))
		return error;
	error = call_send(c, port, &server);
	if (unlikely(error))
		return error < 0 ? error : call_await_traced(port, c, server, res, begun_ns);
	return call_await(port, c, server, res, begun_ns);
}

/* ---- birth and death of a task ------------------------------------------------------------ */

/* Frees the object when its last owner, a GONE note, no longer needs it. */
static void call_free_note(struct port_note_node *n)
{
	struct call *c = container_of(n, struct call, cancel);
	struct port *port = c->cancel_port;

	kfree(c);
	port_put(port);
}

static int call_init_task(struct task *task)
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

/* Leaves the object to its GONE note if the note has not been received yet. */
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

static void call_free_task(struct task *task)
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

LIFE_HOOK(call_life) = { .task_born = call_init_task, .task_freed = call_free_task };
