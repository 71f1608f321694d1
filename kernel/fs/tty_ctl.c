/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's part of terminals: job control.  The kernel has sessions and process groups
 * (kernel/signal/session.c); the server has the line discipline and the device.  This file has
 * the checks before a background read or write, the ioctls about sessions and groups, and the
 * argument sizes of the other ioctls.
 *
 * A terminal is identified by (port, node).  Of its settings the kernel stores only TOSTOP, in a
 * small table under tty_lock.
 */
#include <neurath/mm.h>
#include <neurath/sched.h>
#include <neurath/signal.h>
#include <uapi/ioctl.h>
#include "fs_internal.h"

#define TTY_TOSTOP_MAX	32

static DEFINE_SPINLOCK_RANK(tty_lock, RANK_LEAF);
static u64 tty_tostop[TTY_TOSTOP_MAX];	/* (tty_lock) terminals with TOSTOP; 0 = free slot */

u64 tty_id(const struct port *port, u64 node)
{
	return (port->id << 32) | (u32)node;
}

/* ---- background access ---------------------------------------------------------- */

int tty_check_read(u64 id)
{
	return ctty_check_access(id, SIGTTIN);
}

static bool tty_has_tostop(u64 id)
{
	bool found = false;

	spin_lock(&tty_lock);
	for (unsigned i = 0; i < TTY_TOSTOP_MAX; i++)
		found |= tty_tostop[i] == id;
	spin_unlock(&tty_lock);
	return found;
}

int tty_check_write(u64 id)
{
	return tty_has_tostop(id) ? ctty_check_access(id, SIGTTOU) : 0;
}

static void tty_set_tostop(u64 id, bool on)
{
	unsigned slot = TTY_TOSTOP_MAX;

	spin_lock(&tty_lock);
	for (unsigned i = 0; i < TTY_TOSTOP_MAX; i++) {
		if (tty_tostop[i] == id)
			tty_tostop[i] = 0;
		if (!tty_tostop[i])
			slot = i;
	}
	if (on && slot < TTY_TOSTOP_MAX)
		tty_tostop[slot] = id;
	spin_unlock(&tty_lock);
}

void tty_note_ioctl(u64 id, unsigned cmd, const void *in)
{
	const struct termios_abi *t = in;

	if (cmd == TCSETS || cmd == TCSETSW || cmd == TCSETSF)
		tty_set_tostop(id, t->c_lflag & TERMIOS_TOSTOP);
}

/* ---- ioctls ------------------------------------------------------------------------ */

static long tty_get_id(int (*get)(u64 id, pid_t *out), u64 id, unsigned long arg)
{
	pid_t pid;
	int error = get(id, &pid);

	return error ? error : put_user(pid, (pid_t __user *)arg);
}

static long tty_set_pgrp(u64 id, unsigned long arg)
{
	pid_t pgid;

	if (get_user(pgid, (pid_t __user *)arg))
		return -EFAULT;
	return ctty_set_pgrp(id, pgid);
}

/* True for commands that change the terminal: a background process is stopped first. */
static bool tty_is_change(unsigned cmd)
{
	switch (cmd) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCSBRK:
	case TCSBRKP:
	case TCXONC:
	case TCFLSH:
	case TIOCSWINSZ:
		return true;
	}
	return false;
}

bool tty_job_ioctl(struct file *f, u64 id, unsigned cmd, unsigned long arg, long *ret)
{
	switch (cmd) {
	case TIOCSCTTY:
		*ret = ctty_acquire(f, id, arg == 1);
		return true;
	case TIOCNOTTY:
		*ret = ctty_release(id);
		return true;
	case TIOCGPGRP:
		*ret = tty_get_id(ctty_get_pgrp, id, arg);
		return true;
	case TIOCSPGRP:
		*ret = tty_set_pgrp(id, arg);
		return true;
	case TIOCGSID:
		*ret = tty_get_id(ctty_get_sid, id, arg);
		return true;
	}
	*ret = tty_is_change(cmd) ? ctty_check_access(id, SIGTTOU) : 0;
	return *ret != 0;
}

bool tty_ioctl_sizes(unsigned cmd, size_t *in, size_t *out)
{
	*in = 0;
	*out = 0;
	switch (cmd) {
	case TCGETS:
		*out = sizeof(struct termios_abi);
		return true;
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		*in = sizeof(struct termios_abi);
		return true;
	case TIOCGWINSZ:
		*out = 8;
		return true;
	case TIOCSWINSZ:
		*in = 8;
		return true;
	case FIONREAD:
	case TIOCOUTQ:
		*out = 4;
		return true;
	case TIOCSTI:
		*in = 1;
		return true;
	case TCSBRK:
	case TCSBRKP:
	case TCXONC:
	case TCFLSH:
	case TIOCEXCL:
	case TIOCNXCL:
		return true;
	}
	return false;
}
