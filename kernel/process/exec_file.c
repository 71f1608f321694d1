/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a program: its pages, and what its first bytes say. */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "exec_image.h"

/* The pages of a file are complete and constant: no lock is needed to read them. */
bool exec_read(struct vmobject *object, u64 off, void *buf, size_t n)
{
	u64 size = (u64)object->nr_pages * PAGE_SIZE;

	if (off > size || n > size - off)
		return false;
	while (n) {
		size_t in_page = off % PAGE_SIZE, part = min(n, PAGE_SIZE - in_page);

		memcpy(buf, page_to_virt(object->pages[off / PAGE_SIZE]) + in_page, part);
		off += part;
		buf += part;
		n -= part;
	}
	return true;
}

int exec_open(struct exec_image *image)
{
	bool readable;
	int err = file_open_exec(image->path, &image->file, &readable);

	if (err) {
		image->file = NULL;
		return err;
	}
	image->unreadable |= !readable;
	err = vmobject_of_file(image->file, &image->object);
	if (err) {
		image->object = NULL;
		return err;
	}
	return exec_read(image->object, 0, image->head, EXEC_HEAD_SIZE) ? 0 : -ENOEXEC;
}

void exec_close(struct exec_image *image)
{
	if (image->object)
		vmobject_put(image->object);
	if (image->file)
		file_put(image->file);
	image->object = NULL;
	image->file = NULL;
}
