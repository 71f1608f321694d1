/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * su - busybox's, with the rights that it needs.
 *
 * Installed set-user-id root.  busybox itself cannot be: it is also the shell and every other tool,
 * and a process that came by root's rights hides from the user whom it belongs to.  So this program
 * has them and hands them on, to the one tool that asks for a password before it uses them.
 * Nothing here depends on what the caller controls: the path and the tool's name are fixed, the
 * arguments and the environment go on as they are to a program that knows that it is not trusted
 * (AT_SECURE).
 */
#include <stdio.h>
#include <unistd.h>

#define BUSYBOX	"/bin/busybox"

int main(int argc, char *argv[])
{
	if (argc < 1)
		return 1;
	argv[0] = "su";
	execv(BUSYBOX, argv);
	perror("su: " BUSYBOX);
	return 1;
}
