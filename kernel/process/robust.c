/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Robust futexes: a list in user memory of the locks that a thread holds.  When the thread dies,
 * each lock gets the owner-died mark and one waiter is woken.
 *
 * The program writes the list, so it is not trusted: it may be broken, circular or changing.  Its
 * length is limited and every access is checked; any error ends the walk.
 */
#include <neurath/futex.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>

#define ROBUST_LIST_LIMIT	2048
#define FUTEX_WAITERS		0x80000000U
#define FUTEX_OWNER_DIED	0x40000000U
#define FUTEX_TID_MASK		0x3fffffffU

/* Linux's struct robust_list_head; bit 0 of a pointer marks a priority-inheriting lock. */
struct robust_list_head {
	unsigned long next;
	long futex_offset;
	unsigned long pending;
};

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t, len)
{
	if (len != sizeof(struct robust_list_head))
		return -EINVAL;
	current->robust_list = head;
	current->robust_list_len = len;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, pid_t, pid, void __user *__user *, uhead, size_t __user *, ulen)
{
	struct task *t = current;
	void __user *head;
	long ret = 0;

	if (pid)
		t = task_find_get(pid);
	else
		task_get(t);
	if (!t)
		return -ESRCH;
	head = READ_ONCE(t->robust_list);
	if (t->process != current->process && !is_superuser())
		ret = -EPERM;
	else if (put_user(sizeof(struct robust_list_head), ulen) || put_user(head, uhead))
		ret = -EFAULT;
	task_put(t);
	return ret;
}

/* Releases the lock at @word of a dead owner, if @t owned it. */
static int robust_release(struct task *t, u32 __user *word, bool pending)
{
	u32 value, seen;

	if ((unsigned long)word % sizeof(u32) || get_user(value, word))
		return -EFAULT;
	for (;;) {
		/* Died between unlock and wake-up: the word is free, but a thread may wait. */
		if (pending && !value) {
			futex_wake_user((int __user *)word, 1);
			return 0;
		}
		if ((value & FUTEX_TID_MASK) != (u32)t->pid)
			return 0;
		if (user_cmpxchg32(word, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen))
			return -EFAULT;
		if (seen == value)
			break;
		value = seen;
	}
	if (value & FUTEX_WAITERS)
		futex_wake_user((int __user *)word, 1);
	return 0;
}

void futex_exit_robust(struct task *t)
{
	struct robust_list_head head;
	unsigned long list = (unsigned long)t->robust_list, entry, next;

	if (!list)
		return;
	t->robust_list = NULL;
	if (copy_from_user(&head, (void __user *)list, sizeof(head)))
		return;
	entry = head.next;
	for (unsigned i = 0; i < ROBUST_LIST_LIMIT && (entry & ~1UL) != list; i++) {
		/* The entry may be reused once its lock is released: read the next one first. */
		bool more = !get_user(next, (unsigned long __user *)(entry & ~1UL));

		/* The pending entry is handled last. */
		if (entry != head.pending &&
		    robust_release(t, (u32 __user *)((entry & ~1UL) + head.futex_offset), false))
			return;
		if (!more)
			return;
		entry = next;
		cond_resched();
	}
	if (head.pending & ~1UL)
		robust_release(t, (u32 __user *)((head.pending & ~1UL) + head.futex_offset), true);
}
