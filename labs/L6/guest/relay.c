/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * relay: copies its input to its output and makes no call twice, as a program does that expects no signal.  Tools retry after EINTR, and hide it.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int fails(const char *call)
{
	dprintf(STDERR_FILENO, "FAILED %s: errno %d\n", call, errno);
	return 1;
}

int main(void)
{
	char bytes[4096];
	ssize_t n, done, moved;

	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
		for (done = 0; done < n; done += moved) {
			moved = write(STDOUT_FILENO, bytes + done, n - done);
			if (moved < 0)
				return fails("write");
		}
	}
	return n < 0 ? fails("read") : 0;
}
