/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports as objects: creation, references, death, and the readiness of their open files.
 *
 * A port dies once: with its owner process, or with its last descriptor.  Its death ends every
 * call with -EIO and drops every note.  The object exists as long as mounts and open files refer
 * to it.
 *
 * A mounted port with PORT_REATTACH becomes vacant instead: its mounts, open files, notes and
 * memory stay.  Its calls return to the queue, where they can be cancelled like any call that has
 * not been received, until port_set_owner() assigns the next server.  A call that was with two
 * servers when they died ends with -EIO: it may be the cause of their deaths.
 *
 * Locks: port->lock (RANK_PORT, also taken in interrupts); port_list_mutex protects the list of
 * all ports.
 */
#include <neurath/file.h>
#include <neurath/life.h>
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/string.h>
#include <neurath/vm.h>
#include "ipc_internal.h"

static DEFINE_MUTEX_RANK(port_list_mutex, RANK_PORT_LIST);
static LIST_HEAD(port_list);
static atomic_long_t port_next_id;

static void port_free(struct work_struct *work)
{
	struct port *port = container_of(work, struct port, free_work);

	if (port->memory)
		vmobject_put(port->memory);
	kfree(port->irq_note);
	kfree(port);
}

/* The state in which a client sleeps while the server has its request. */
static unsigned port_active_state(unsigned flags)
{
	if (!(flags & PORT_CANCEL_OK))
		return TASK_KILLABLE;
	return flags & PORT_FILES ? TASK_KILLABLE | TASK_KICKABLE : TASK_INTERRUPTIBLE;
}

struct port *port_create(unsigned flags, unsigned level)
{
	struct port *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	spin_lock_init_rank(&port->lock, "port", RANK_PORT);
	atomic_set(&port->refs, 1);
	INIT_WORK(&port->free_work, port_free);
	port->id = atomic_long_inc_return(&port_next_id);
	strscpy(port->owner_comm, current->comm, sizeof(port->owner_comm));
	port->flags = flags;
	port->active_state = port_active_state(flags);
	port->level = level;
	port->changes = 1;
	INIT_LIST_HEAD(&port->notes);
	INIT_LIST_HEAD(&port->calls);
	for (unsigned i = 0; i < PORT_HASH; i++)
		INIT_LIST_HEAD(&port->active[i]);
	INIT_LIST_HEAD(&port->receivers);
	INIT_LIST_HEAD(&port->files);
	mutex_lock(&port_list_mutex);
	list_add_tail(&port->all_node, &port_list);
	mutex_unlock(&port_list_mutex);
	return port;
}

void port_get(struct port *port)
{
	atomic_inc(&port->refs);
}

void port_put(struct port *port)
{
	if (!atomic_dec_and_test(&port->refs))
		return;
	assert(port->dead && list_empty(&port->calls) && list_empty(&port->notes) &&
	       list_empty(&port->files) && list_empty(&port->all_node));
	/*
	 * Often called with the last reference of a dead task, under tasklist_lock.  Memory
	 * cannot be freed there: that may interrupt all CPUs and takes long.
	 */
	if (port->memory)
		schedule_work(&port->free_work);
	else
		port_free(&port->free_work);
}

struct task *port_take_receiver(struct port *port)
{
	struct port_receiver *r = list_first_entry_or_null(&port->receivers, struct port_receiver,
							   node);

	assert_spin_held(&port->lock);
	if (!r)
		return NULL;
	list_del_init(&r->node);
	task_get(r->task);
	return r->task;
}

void port_wake_task(struct task *task)
{
	wake_up_process(task);
	task_put(task);
}

void port_wake_receiver(struct port *port)
{
	struct task *task = port_take_receiver(port);

	if (task)
		port_wake_task(task);
}

/* ---- death -------------------------------------------------------------------- */

static void port_abort_calls(struct port *port)
{
	struct call *c, *next;

	list_for_each_entry_safe(c, next, &port->calls, node)
		call_abort(c, -EIO);
	for (unsigned i = 0; i < PORT_HASH; i++) {
		list_for_each_entry_safe(c, next, &port->active[i], node)
			call_abort(c, -EIO);
	}
}

static void port_mark_files_dead(struct port *port)
{
	struct port_file *pf;

	list_for_each_entry(pf, &port->files, node) {
		WRITE_ONCE(pf->ready, POLLERR | POLLHUP);
		wake_up_all(&pf->file->waitq);
	}
}

/* Drops the notes that no server will receive: their owners get the memory back. */
static void port_drop_notes(struct port *port)
{
	struct port_note_node *owner;
	struct port_note note;
	unsigned long flags;
	bool more;

	do {
		spin_lock_irqsave(&port->lock, flags);
		more = port_take_note(port, &note, &owner);
		spin_unlock_irqrestore(&port->lock, flags);
		if (owner)
			owner->free(owner);
	} while (more);
}

void port_die(struct port *port)
{
	unsigned long flags;
	bool was_dead;

	spin_lock_irqsave(&port->lock, flags);
	was_dead = port->dead;
	port->dead = true;
	port_forget_changes(port);
	if (!was_dead) {
		port_abort_calls(port);
		port_mark_files_dead(port);
		while (!list_empty(&port->receivers))
			port_wake_receiver(port);
	}
	spin_unlock_irqrestore(&port->lock, flags);
	if (was_dead)
		return;
	port_release_irqs(port);
	port_drop_notes(port);
	mutex_lock(&port_list_mutex);
	list_del_init(&port->all_node);
	mutex_unlock(&port_list_mutex);
}

/* ---- vacancy ------------------------------------------------------------------ */

/* Puts the call into the queue, in the order of the tags; the search starts at @at. */
static struct list_head *port_requeue(struct port *port, struct call *c, struct list_head *at)
{
	while (at != &port->calls && list_entry(at, struct call, node)->req.tag < c->req.tag)
		at = at->next;
	call_requeue(c, at);
	return &c->node;
}

static void port_requeue_calls(struct port *port)
{
	struct call *c, *next;

	/* Each bucket is sorted, so one walk over the queue is enough for a bucket. */
	for (unsigned i = 0; i < PORT_HASH; i++) {
		struct list_head *at = port->calls.next;

		list_for_each_entry_safe(c, next, &port->active[i], node) {
			if (c->pins || (c->flags & CALL_ORPHANED))
				call_abort(c, -EIO);
			else
				at = port_requeue(port, c, at);
		}
	}
}

/* The owner is gone, but some of its files are not: no owner, and not free yet. */
#define PORT_LEAVING	((struct process *)-1L)

/* Queued calls sleep in a state that depends on whether the port has an owner. */
static void port_restate_calls(struct port *port)
{
	struct call *c;

	list_for_each_entry(c, &port->calls, node)
		call_restate(c);
}

/* Caller holds port->lock. */
static void port_vacate(struct port *port)
{
	assert_spin_held(&port->lock);
	port->owner = NULL;
	port->owner_file = NULL;
	port_restate_calls(port);
	port_requeue_calls(port);
	while (!list_empty(&port->receivers))
		port_wake_receiver(port);
}

int port_set_owner(struct port *port, struct process *p, struct file *f)
{
	unsigned long flags;
	int error = 0;

	spin_lock_irqsave(&port->lock, flags);
	if (port->dead) {
		error = -EIO;
	} else if (port->owner) {
		error = -EBUSY;
	} else {
		port->owner = p;
		port->owner_file = f;
		port_forget_changes(port);
		port_restate_calls(port);
	}
	spin_unlock_irqrestore(&port->lock, flags);
	return error;
}

void port_owner_gone(struct port *port, const struct process *p, const struct file *f)
{
	bool theirs, vacant;
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	theirs = port->owner && (p ? port->owner == p : port->owner_file == f);
	if (theirs) {
		port->owner = PORT_LEAVING;
		port->owner_file = NULL;
		port_forget_changes(port);
	}
	spin_unlock_irqrestore(&port->lock, flags);
	if (!theirs)
		return;
	/* The port is not vacant yet, so this cannot release lines of the next server. */
	port_release_irqs(port);
	spin_lock_irqsave(&port->lock, flags);
	vacant = (port->flags & PORT_REATTACH) && port->mounts;
	if (vacant)
		port_vacate(port);
	spin_unlock_irqrestore(&port->lock, flags);
	if (!vacant)
		port_die(port);
}

void port_mounted(struct port *port)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	port->mounts++;
	spin_unlock_irqrestore(&port->lock, flags);
}

void port_unmounted(struct port *port)
{
	unsigned long flags;
	bool dies;

	spin_lock_irqsave(&port->lock, flags);
	assert(port->mounts > 0);
	dies = --port->mounts == 0 && !port->owner;
	spin_unlock_irqrestore(&port->lock, flags);
	if (dies)
		port_die(port);
}

void port_walk(void (*fn)(struct port *port, void *arg), void *arg)
{
	struct port *port;

	mutex_lock(&port_list_mutex);
	list_for_each_entry(port, &port_list, all_node)
		fn(port, arg);
	mutex_unlock(&port_list_mutex);
}

static struct port *port_find_of(struct process *owner)
{
	struct port *port, *found = NULL;

	mutex_lock(&port_list_mutex);
	list_for_each_entry(port, &port_list, all_node) {
		if (READ_ONCE(port->owner) == owner && !READ_ONCE(port->dead)) {
			port_get(port);
			found = port;
			break;
		}
	}
	mutex_unlock(&port_list_mutex);
	return found;
}

/* The process dies: its ports die and all their calls end with -EIO, or become vacant. (task) */
static void ports_of_process_died(struct process *p)
{
	struct port *port;

	while ((port = port_find_of(p)) != NULL) {
		port_owner_gone(port, p, NULL);
		port_put(port);
	}
}

LIFE_HOOK(port_life) = { .process_exits = ports_of_process_died };

/* ---- open files ------------------------------------------------------------------ */

static void port_file_free_note(struct port_note_node *n)
{
	port_file_free(container_of(n, struct port_file, close));
}

struct port_file *port_file_alloc(struct port *port, struct file *file)
{
	struct port_file *pf = kzalloc(sizeof(*pf), GFP_KERNEL);

	if (!pf)
		return NULL;
	port_get(port);
	pf->port = port;
	pf->file = file;
	pf->ready = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	pf->close.free = port_file_free_note;
	INIT_LIST_HEAD(&pf->node);
	INIT_LIST_HEAD(&pf->close.node);
	return pf;
}

void port_file_free(struct port_file *pf)
{
	struct port *port = pf->port;

	kfree(pf);
	port_put(port);
}

void port_file_attach_locked(struct port_file *pf, u64 handle)
{
	assert_spin_held(&pf->port->lock);
	pf->handle = handle;
	list_add(&pf->node, &pf->port->files);
}

bool port_file_is_open(struct port_file *pf)
{
	/* Stable for the caller: the file was attached before its OPEN ended. */
	return !list_empty(&pf->node);
}

void port_file_close(struct port_file *pf)
{
	struct port *port = pf->port;
	unsigned long flags;
	bool posted;

	spin_lock_irqsave(&port->lock, flags);
	/* In one step with the note: port_handles() counts a file as open or as a note. */
	list_del_init(&pf->node);
	posted = port_post_owning(port, &pf->close, PORT_NOTE_CLOSE, pf->handle);
	spin_unlock_irqrestore(&port->lock, flags);
	if (!posted)
		port_file_free(pf);
}

size_t port_count_handles(struct port *port, u64 *handles, size_t room)
{
	struct port_note_node *n;
	struct port_file *pf;
	size_t count = 0;

	assert_spin_held(&port->lock);
	list_for_each_entry(pf, &port->files, node) {
		if (count++ < room)
			handles[count - 1] = pf->handle;
	}
	list_for_each_entry(n, &port->notes, node) {
		if (n->note.kind == PORT_NOTE_CLOSE && count++ < room)
			handles[count - 1] = n->note.value;
	}
	return count;
}

/* Adds the aliases of the poll bits that a server reports. */
static u32 port_poll_bits(u32 mask)
{
	mask &= POLLIN | POLLPRI | POLLOUT | POLLERR | POLLHUP | POLLRDHUP;
	if (mask & POLLIN)
		mask |= POLLRDNORM;
	if (mask & POLLOUT)
		mask |= POLLWRNORM;
	return mask;
}

void port_set_ready_locked(struct port *port, u64 handle, u32 mask)
{
	struct port_file *pf;

	assert_spin_held(&port->lock);
	mask = port_poll_bits(mask);
	list_for_each_entry(pf, &port->files, node) {
		if (pf->handle == handle && pf->ready != mask) {
			WRITE_ONCE(pf->ready, mask);
			wake_up_all(&pf->file->waitq);
		}
	}
}
