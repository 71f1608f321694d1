/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transfers: system calls that move bytes and count them.  A kick can make a task leave the
 * kernel at any moment; transfers make this invisible if bytes have moved already.
 * kernel/file/transfer.c implements them, docs/ipc.md has the rules.
 *
 * A wait inside a transfer ends with a restart code when it is interrupted, whatever has moved.
 * If nothing has moved, the system call is repeated like any other.  Otherwise the transfer is
 * *paused*: its task stores what it needs to continue, and the stack is left.  The exit loop,
 * where a task changes its patch state, continues it.  The program sees one call with the full
 * count.
 *
 * A paused transfer keeps its resources, also the lock of the file's offset, so no other read or
 * write of that description comes in between.
 *
 * Signals: a fatal signal ends every transfer.  Any other signal ends it, with the count so far,
 * unless the transfer is @whole: then the signal waits for its end, as on Linux for regular
 * files.
 */
#ifndef NEURATH_TRANSFER_H
#define NEURATH_TRANSFER_H

#include <neurath/iobuf.h>

struct file;
struct iovec;
struct pt_regs;

/* All fields belong to the calling task. (@) */
struct transfer {
	/*
	 * Moves the rest and counts in @moved.  Returns the result of the last step, >= 0 or an
	 * error; a restart code if it was interrupted and can continue later.
	 */
	ssize_t (*go_on)(struct transfer *t);
	/* Releases resources; @ret, the count or an error, becomes the value of the call. */
	ssize_t (*end)(struct transfer *t, ssize_t ret);
	size_t moved;			/* bytes, in all rounds */
	bool whole;			/* only a fatal signal ends it */

	/* For go_on() and end(); each kind of transfer uses some of these. */
	struct file *file;		/* borrowed or held, as @counted says; may be NULL */
	struct file *out;		/* held: the destination of a copy */
	struct iobuf io;		/* the rest of the present piece */
	loff_t pos, outpos;		/* own offsets */
	bool own_pos, own_outpos;	/* else those of the files */
	loff_t *upos, *uoutpos;		/* user addresses of the offsets, or NULL */
	struct iovec *iov;		/* vector, kmalloc'ed */
	unsigned nr_iov, at;
	u8 *buf;			/* kmalloc'ed */
	size_t left;			/* of a copy */
	bool reads, counted, locked;	/* locked: holds the offset of @file */
};

/* Runs a transfer from its start to the value of the system call. (task) */
ssize_t transfer_run(struct transfer *t);
/*
 * The same for a transfer that began without a struct transfer: @t->moved bytes have moved, then
 * a restart code came, which the system call must return.
 */
ssize_t transfer_pause(struct transfer *t);
/* Adds @n to the bytes moved. */
void transfer_count(struct transfer *t, size_t n);
/* True if it must stop for a signal or a kick: for loops without an interruptible call. */
bool transfer_interrupted(const struct transfer *t);
/* Exit loop, with TIF_TRANSFER: true if the transfer is over, with its value in @regs. */
bool transfer_resume(struct pt_regs *regs);

/*
 * While signals are held, signals do not interrupt calls to servers of files; only kicks and
 * death do.  So when the kernel reads a long file, signals do not restart the read again and
 * again.  Returns the value for the release: holds nest.
 */
unsigned transfer_hold_signals(void);
void transfer_release_signals(unsigned was);

#endif
