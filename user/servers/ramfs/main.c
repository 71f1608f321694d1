/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ramfs server: reads the initrd, mounts itself at "/", serves. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include "ramfs.h"

#define INITRD	"/boot/initrd"
#define LEVEL	1	/* servers above may call it; it calls none */

static struct srv ramfs = { .name = "ramfs" };

/*
 * Maps the archive permanently at a fixed address: files refer to it.  Returns its size, or
 * -errno.
 */
static int64_t map_initrd(void)
{
	int fd = open(INITRD, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (mmap((void *)ARCHIVE_ADDRESS, st.st_size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		return -errno;
	close(fd);
	return st.st_size;
}

static int fill(int64_t archive_size)
{
	struct cred super = { 0 };
	int64_t ret = archive_size;

	kept->root = node_create(S_IFDIR | 0755, super);
	if (!kept->root)
		return -ENOMEM;
	kept->root->nlink++;		/* its name is the mount */
	if (ret >= 0)
		ret = cpio_load(&ramfs, (const uint8_t *)ARCHIVE_ADDRESS, archive_size);
	if (ret < 0)
		srv_log(&ramfs, "%s: %s: the root file system is incomplete", INITRD,
			strerror((int)-ret));
	keep_begin(&ramfs);
	return 0;
}

/* Takes over the state of the last process, or starts anew. */
static int start(void)
{
	struct sysinfo info;
	int ret = srv_take_over(&ramfs, "/", PORT_REATTACH | PORT_STABLE, LEVEL);

	if (ret < 0)
		return ret;
	if (sysinfo(&info) < 0)
		return -errno;
	ret = keep_open(&ramfs, (uint64_t)info.totalram * (info.mem_unit ? info.mem_unit : 1));
	if (ret < 0)
		return ret;
	if (ret == 0)
		return fill(map_initrd());
	return map_initrd() < 0 ? -EIO : 0;
}

int main(void)
{
	int ret = start();

	cred_init(&ramfs);
	ops_register(&ramfs);
	names_register(&ramfs);
	requests_register(&ramfs, open_again);
	if (ret == 0)
		ret = srv_mount(&ramfs, "/", 0);
	if (ret < 0) {
		srv_log(&ramfs, "cannot serve /: %s", strerror(-ret));
		return 1;
	}
	srv_started();
	srv_run(&ramfs);
	return 1;
}
