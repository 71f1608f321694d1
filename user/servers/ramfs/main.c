/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ramfs server: reads the initrd, mounts itself at "/", serves. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ramfs.h"

#define INITRD	"/boot/initrd"
#define LEVEL	1	/* may be called by servers above, calls none */

static struct srv ramfs = { .name = "ramfs" };

/* The archive stays mapped for ever: files lie in it. */
static int load_initrd(void)
{
	int fd = open(INITRD, O_RDONLY | O_CLOEXEC);
	const uint8_t *archive;
	struct stat st;
	int64_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	archive = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (archive == MAP_FAILED)
		return -errno;
	close(fd);
	n = cpio_load(archive, st.st_size);
	return n < 0 ? (int)n : 0;
}

int main(void)
{
	struct cred super = { 0, 0 };
	int rc;

	root = node_create(S_IFDIR | 0755, super);
	if (!root)
		return 1;
	root->nlink++;			/* its name is the mount */
	rc = load_initrd();
	if (rc < 0)
		srv_log(&ramfs, "%s: %s: the root file system is incomplete", INITRD, strerror(-rc));
	ops_register(&ramfs);
	names_register(&ramfs);
	rc = srv_start(&ramfs, 0, LEVEL);
	if (rc == 0)
		rc = srv_mount(&ramfs, "/", 0);
	if (rc < 0) {
		srv_log(&ramfs, "cannot mount on /: %s", strerror(-rc));
		return 1;
	}
	srv_started();
	srv_run(&ramfs);
	return 1;
}
