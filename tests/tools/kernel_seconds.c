/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kernel_seconds.c - prints what the system call gettimeofday says: seconds since the epoch. C libraries read the clock without a system
 * call, and so do not see a live patch of it.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

int main(void)
{
	struct timeval tv;

	if (syscall(SYS_gettimeofday, &tv, NULL))
		return 1;
	printf("%ld\n", (long)tv.tv_sec);
	return 0;
}
