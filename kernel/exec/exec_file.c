/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of a program: its pages, and the type that its first bytes show. */
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "exec_image.h"

/* The pages of a file are complete and constant: reading them needs no lock. */
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
	int error = file_open_exec(image->path, &image->file, &readable);

	if (error) {
		image->file = NULL;
		return error;
	}
	image->unreadable |= !readable;
	error = vmobject_of_file(image->file, &image->object);
	if (error) {
		image->object = NULL;
		return error;
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
