/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls by which the terminal driver uses the serial line: the kernel reads and writes
 * the device for the driver (arch/x86_64/serial.c).  Root only, -EPERM for others.  Input:
 * kernel/debug/sysrq.c.
 */
#include <neurath/arch.h>
#include <neurath/console.h>
#include <neurath/errno.h>
#include <neurath/sched.h>
#include <neurath/syscall.h>
#include <neurath/uaccess.h>

#define CONSOLE_SEND_MAX	16	/* the capacity of the device's FIFO */

/*
 * console_send(bytes, count): writes bytes of the terminal driver to the serial line, up to the
 * capacity of the device.  Returns their number; 0 while the device is busy.
 */
SYSCALL_DEFINE2(console_send, const void __user *, bytes, size_t, count)
{
	char chunk[CONSOLE_SEND_MAX];
	int error;

	if (!is_superuser())
		return -EPERM;
	count = min(count, sizeof(chunk));
	error = copy_from_user(chunk, bytes, count);
	return error ? error : (long)console_send(chunk, count);
}

/* console_room(): CONSOLE_HAS_ROOM and CONSOLE_IS_DRAINED, uapi/console.h. */
SYSCALL_DEFINE0(console_room)
{
	return is_superuser() ? (long)serial_room() : -EPERM;
}
