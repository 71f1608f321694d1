/* SPDX-License-Identifier: GPL-2.0-or-later */
/* getpid_forever.c - a process that is always in, or about to enter, one system call. */
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	for (;;)
		syscall(SYS_getpid);
}
