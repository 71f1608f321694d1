/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * su - executes busybox's su with the rights that it needs.
 *
 * Installed set-user-id root. busybox itself cannot be: it is also the shell and every other
 * tool, and other tools of the same user may not trace or inspect a set-user-id process.  So this
 * program has the rights, and passes them on to the one tool that asks for a password first.
 * The caller controls nothing here: the path and the tool's name are fixed, and the arguments and
 * the environment are passed on to a program that knows that it is not trusted (AT_SECURE).
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
