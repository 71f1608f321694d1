/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Futexes: a thread sleeps until another thread reports that a word in user memory has changed.
 *
 * A waiter first queues itself, then reads the word.  The waker first changes the word, then
 * looks at the queue, under the bucket's lock (a full barrier).  So the waiter reads the new
 * value and does not sleep, or the waker finds the waiter.  In this order no user memory is
 * accessed under a lock.  The price: a waiter that reads another value may have been chosen by a
 * waker already; it then passes the wake-up on.
 *
 * Keys: the key of a word in private memory is (address space, address), the key of a word in a
 * shared mapping is (object, offset).  A call without FUTEX_PRIVATE_FLAG on private memory uses
 * the same key as a call with the flag.
 *
 * Lock: the bucket's.  A waiter lies on its task's stack.  Waker and requeuer access it only
 * under the lock of its bucket, and the waiter takes that lock before it returns.
 */
#include <neurath/futex.h>
#include <neurath/init.h>
#include <neurath/race.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>
#include <neurath/vm.h>
#include <uapi/time.h>
#include <neurath/timeconv.h>

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_PRIVATE_FLAG	128
#define FUTEX_CLOCK_REALTIME	256
#define FUTEX_BITSET_ALL	0xffffffffU

#define FUTEX_BUCKETS		256

struct futex_bucket {
	spinlock_t lock;
	struct list_head waiters;	/* (lock) first come, first served */
} __cacheline_aligned;

struct futex_key {
	const void *space;		/* struct mm, or struct vmobject with a reference */
	unsigned long offset;		/* address, or offset within the object */
	bool shared;
};

struct futex_waiter {
	struct list_head node;		/* (bucket lock) */
	struct futex_bucket *bucket;	/* (bucket lock) changes when the waiter is requeued */
	struct futex_key key;		/* (bucket lock) */
	struct task *task;
	u32 bitset;
	bool woken;			/* (bucket lock) off the queue, not to be queued again */
};

static struct futex_bucket futex_buckets[FUTEX_BUCKETS];

void futex_init(void)
{
	for (unsigned i = 0; i < FUTEX_BUCKETS; i++) {
		spin_lock_init_rank(&futex_buckets[i].lock, "futex_bucket", RANK_FUTEX);
		INIT_LIST_HEAD(&futex_buckets[i].waiters);
	}
}

/* ---- keys ------------------------------------------------------------------- */

/* The key if @addr is in a shared mapping. -EFAULT if @addr cannot be read. */
static int futex_shared_key(unsigned long addr, struct futex_key *key)
{
	struct mm *mm = current->mm;
	struct vm_area *area;
	int error = 0;

	mutex_lock(&mm->mmap_lock);
	area = vm_find(mm, addr);
	if (!area || area->start > addr || !(area->flags & VM_ACCESS)) {
		error = -EFAULT;
	} else if ((area->flags & VM_SHARED) && area->object) {
		vmobject_get(area->object);
		key->space = area->object;
		key->offset = addr - area->start + area->offset;
		key->shared = true;
	}
	mutex_unlock(&mm->mmap_lock);
	return error;
}

/* futex_put_key() releases the key. */
static int futex_get_key(const u32 __user *uaddr, bool private, struct futex_key *key)
{
	unsigned long addr = (unsigned long)uaddr;

	if (addr % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)))
		return -EFAULT;
	*key = (struct futex_key){ .space = current->mm, .offset = addr };
	return private ? 0 : futex_shared_key(addr, key);
}

static void futex_put_key(struct futex_key *key)
{
	if (key->shared)
		vmobject_put((struct vmobject *)key->space);
}

static bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->space == b->space && a->offset == b->offset;
}

static struct futex_bucket *futex_bucket_of(const struct futex_key *key)
{
	u64 h = ((u64)key->space >> 6) + key->offset;

	/* Fibonacci hashing: the high bits of the product are well mixed. */
	return &futex_buckets[h * 0x9e3779b97f4a7c15UL >> 56];
}

/* ---- waking ----------------------------------------------------------------- */

/* Caller holds the bucket's lock. */
static void futex_wake_waiter(struct futex_waiter *w)
{
	assert_spin_held(&w->bucket->lock);
	list_del_init(&w->node);
	WRITE_ONCE(w->woken, true);
	race_point();
	wake_up_state(w->task, TASK_NORMAL);
}

static int futex_wake_key(const struct futex_key *key, int n, u32 bitset)
{
	struct futex_bucket *b = futex_bucket_of(key);
	struct list_head *pos, *next;
	int woken = 0;

	spin_lock(&b->lock);
	list_for_each_safe(pos, next, &b->waiters) {
		struct futex_waiter *w = list_entry(pos, struct futex_waiter, node);

		if (woken >= n)
			break;
		if (!futex_key_equal(&w->key, key) || !(w->bitset & bitset))
			continue;
		futex_wake_waiter(w);
		woken++;
	}
	spin_unlock(&b->lock);
	return woken;
}

static long futex_wake(u32 __user *uaddr, bool private, int n, u32 bitset)
{
	struct futex_key key;
	int error;

	if (!bitset)
		return -EINVAL;
	error = futex_get_key(uaddr, private, &key);
	if (error)
		return error;
	/* Linux wakes one waiter for 0, too. */
	error = futex_wake_key(&key, max(n, 1), bitset);
	futex_put_key(&key);
	return error;
}

int futex_wake_user(int __user *uaddr, int n)
{
	return (int)futex_wake((u32 __user *)uaddr, false, n, FUTEX_BITSET_ALL);
}

/* ---- waiting ---------------------------------------------------------------- */

static void futex_enqueue(struct futex_waiter *w)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);

	spin_lock(&b->lock);
	w->bucket = b;
	list_add_tail(&w->node, &b->waiters);
	spin_unlock(&b->lock);
}

/* Leaves the queue.  True if a waker had chosen the waiter. */
static bool futex_dequeue(struct futex_waiter *w)
{
	for (;;) {
		struct futex_bucket *b = READ_ONCE(w->bucket);
		bool woken;

		race_point();
		spin_lock(&b->lock);
		if (b != w->bucket) {
			/* Requeued before this thread had the lock. */
			spin_unlock(&b->lock);
			continue;
		}
		woken = w->woken;
		if (!woken)
			list_del(&w->node);
		spin_unlock(&b->lock);
		return woken;
	}
}

/* One sleep: 0 if a waker woke it, else the reason that ended it; -EAGAIN for no reason. */
static int futex_sleep(struct futex_waiter *w, u64 deadline)
{
	bool time_up = false;

	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(w->woken) && !signal_pending(current))
		time_up = schedule_until(deadline);
	__set_current_state(TASK_RUNNING);
	if (READ_ONCE(w->woken))
		return 0;
	if (signal_pending(current))
		return -ERESTARTSYS;
	return time_up ? -ETIMEDOUT : -EAGAIN;
}

/*
 * The word has another value or cannot be read: passes a wake-up that came on to the next waiter.
 */
static int futex_abandon(struct futex_waiter *w, int error)
{
	if (futex_dequeue(w))
		futex_wake_key(&w->key, 1, w->bitset);
	return error;
}

static int futex_wait_key(struct futex_waiter *w, u32 __user *uaddr, u32 expected, u64 deadline)
{
	u32 value;
	int error;

	futex_enqueue(w);
	/* Queued before the word is read: pairs with the lock in futex_wake_key(). */
	smp_mb();
	race_point();
	if (get_user(value, uaddr))
		return futex_abandon(w, -EFAULT);
	if (value != expected)
		return futex_abandon(w, -EAGAIN);
	do {
		race_point();
		error = futex_sleep(w, deadline);
	} while (error == -EAGAIN);
	return futex_dequeue(w) ? 0 : error;
}

static long futex_wait_restart(struct restart_block *restart);

static long futex_wait(u32 __user *uaddr, bool private, u32 expected, u64 deadline, u32 bitset)
{
	struct futex_waiter w = { .task = current, .bitset = bitset };
	struct restart_block *restart = &current->restart;
	struct futex_key key;
	int error;

	if (!bitset)
		return -EINVAL;
	error = futex_get_key(uaddr, private, &w.key);
	if (error)
		return error;
	/*
	 * Requeueing changes w.key; the reference that was taken here still belongs to this call.
	 */
	key = w.key;
	error = futex_wait_key(&w, uaddr, expected, deadline);
	futex_put_key(&key);
	if (error != -ERESTARTSYS || deadline == ~0UL)
		return error;
	/* A restart must not start a relative timeout again. */
	restart->fn = futex_wait_restart;
	restart->deadline_ns = deadline;
	restart->arg[0] = (unsigned long)uaddr;
	restart->arg[1] = private;
	restart->arg[2] = expected;
	restart->arg[3] = bitset;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait_restart(struct restart_block *restart)
{
	return futex_wait((u32 __user *)restart->arg[0], restart->arg[1], (u32)restart->arg[2],
			  restart->deadline_ns, (u32)restart->arg[3]);
}

/* ---- requeue ---------------------------------------------------------------- */

/* Locks two buckets, which may be the same one, in the order of their addresses. */
static void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	if (b < a) {
		struct futex_bucket *tmp = a;

		a = b;
		b = tmp;
	}
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock);
}

static void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static int futex_move(const struct futex_key *from, const struct futex_key *to, int wake, int move)
{
	struct futex_bucket *src = futex_bucket_of(from), *dst = futex_bucket_of(to);
	struct list_head *pos, *next;
	int done = 0;

	futex_lock_two(src, dst);
	list_for_each_safe(pos, next, &src->waiters) {
		struct futex_waiter *w = list_entry(pos, struct futex_waiter, node);

		if (done >= wake + move)
			break;
		if (!futex_key_equal(&w->key, from))
			continue;
		if (done++ < wake) {
			futex_wake_waiter(w);
			continue;
		}
		/* The owner of the mapping that wakes there keeps the target's object. */
		w->key = *to;
		list_move_tail(&w->node, &dst->waiters);
		WRITE_ONCE(w->bucket, dst);
	}
	futex_unlock_two(src, dst);
	return done;
}

struct futex_requeue {
	u32 __user *from, *to;
	bool private;
	int wake, move;			/* the numbers of waiters */
	const u32 *expected;		/* the value of *from; NULL = any */
};

/*
 * The comparison is made before the locks are taken.  If the word changes in between, waiters
 * that came after the change may be moved as well.  They wake when the second futex is released:
 * for them this is an early wake-up, not a lost one.
 */
static long futex_requeue(const struct futex_requeue *how)
{
	struct futex_key from, to;
	u32 value;
	int error;

	if (how->wake < 0 || how->move < 0)
		return -EINVAL;
	error = futex_get_key(how->from, how->private, &from);
	if (error)
		return error;
	error = futex_get_key(how->to, how->private, &to);
	if (error)
		goto put_from;
	if (how->expected && get_user(value, how->from))
		error = -EFAULT;
	else if (how->expected && value != *how->expected)
		error = -EAGAIN;
	else if (futex_key_equal(&from, &to))
		error = futex_wake_key(&from, how->wake, FUTEX_BITSET_ALL);
	else
		error = futex_move(&from, &to, how->wake,
				   min(how->move, (int)(~0U >> 1) - how->wake));
	futex_put_key(&to);
put_from:
	futex_put_key(&from);
	return error;
}

/* ---- the system call -------------------------------------------------------- */

static int futex_deadline(const struct timespec __user *utime, bool absolute, bool realtime,
			  u64 *deadline)
{
	struct timespec ts;
	u64 ns, now;

	*deadline = ~0UL;
	if (!utime)
		return 0;
	if (copy_from_user(&ts, utime, sizeof(ts)))
		return -EFAULT;
	if (!timespec_is_valid(&ts))
		return -EINVAL;
	ns = timespec_to_ns(&ts);
	if (!absolute) {
		*deadline = deadline_after(ns);
		return 0;
	}
	now = clock_ns();
	if (realtime) {
		u64 real = clock_realtime_ns();

		ns = ns > real ? now + (ns - real) : now;
	}
	*deadline = ns;
	return 0;
}

SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val, unsigned long, arg4,
		u32 __user *, uaddr2, u32, val3)
{
	bool private = op & FUTEX_PRIVATE_FLAG, realtime = op & FUTEX_CLOCK_REALTIME;
	int command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME), error;
	u64 deadline;

	if (realtime && command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET)
		return -ENOSYS;
	switch (command) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		error = futex_deadline((void __user *)arg4, command == FUTEX_WAIT_BITSET, realtime,
				     &deadline);
		if (error)
			return error;
		return futex_wait(uaddr, private, val, deadline,
				  command == FUTEX_WAIT ? FUTEX_BITSET_ALL : val3);
	case FUTEX_WAKE:
		return futex_wake(uaddr, private, (int)val, FUTEX_BITSET_ALL);
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, private, (int)val, val3);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(&(struct futex_requeue){
			.from = uaddr, .to = uaddr2, .private = private, .wake = (int)val,
			.move = (int)arg4, .expected = command == FUTEX_REQUEUE ? NULL : &val3 });
	default:
		return -ENOSYS;
	}
}
