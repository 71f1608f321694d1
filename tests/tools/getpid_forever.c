/* SPDX-License-Identifier: GPL-2.0-or-later */
/* getpid_forever.c - a process that always runs one system call, or is about to. */
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	for (;;)
		syscall(SYS_getpid);
}
