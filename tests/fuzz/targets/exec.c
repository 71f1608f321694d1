/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec.c - execve()'s loader of ELF files on any file, with an interpreter that is any file, too. It maps
 * whole pages of the file, in the memory of programs, and copies only into what it has mapped. At the end the file has
 * as many references as before.
 *
 * world: kernel
 * sources: kernel/exec/exec_elf.c
 * length: 1024
 */
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "../../../kernel/exec/exec_image.h"
#include "../lib/kernel.h"

#define FILE_PAGES	4		/* as far as segments may reach; the bytes of the input are at the start */
#define MAPPINGS	128

static struct fuzz_input program, interpreter;
static struct vmobject objects[2];
static struct file files[2];
static struct mm the_mm;
static struct {
	unsigned long start, end;
	struct vmobject *object;
} mapped[MAPPINGS];
static unsigned nr_mapped;

/* ---- files ------------------------------------------------------------------------------------- */

bool exec_read(struct vmobject *object, u64 off, void *buf, size_t n)
{
	const struct fuzz_input *in = object == &objects[0] ? &program : &interpreter;
	size_t size = fuzz_left(in), have;

	if (off > FILE_PAGES * PAGE_SIZE || n > FILE_PAGES * PAGE_SIZE - off)
		return false;
	have = off < size ? min(n, size - off) : 0;
	memset(buf, 0, n);
	memcpy(buf, in->at + (have ? off : 0), have);
	return true;
}

int file_open_exec(const char *path, struct file **out, bool *readable)
{
	CHECK(strnlen(path, PATH_MAX) < PATH_MAX);
	*readable = true;
	*out = &files[1];
	files[1].refs.counter++;
	return 0;
}

void file_put(struct file *f)
{
	f->refs.counter--;
}

int vmobject_of_file(struct file *file, struct vmobject **out)
{
	*out = &objects[1];
	vmobject_get(*out);
	return 0;
}

void vmobject_get(struct vmobject *o)
{
	o->refs.counter++;
}

void vmobject_put(struct vmobject *o)
{
	o->refs.counter--;
	CHECK(o->refs.counter > 0);
}

/* ---- memory of the program ---------------------------------------------------------------------- */

struct mm *mm_create(void)
{
	return &the_mm;
}

/* Refuses what the kernel's own refuses as an error of its caller, and takes a reference over. */
long vm_map(struct mm *mm, const struct vm_mapping *map)
{
	unsigned long addr = map->fixed ? map->addr : 0x7f0000000000UL + nr_mapped * (1UL << 32);

	CHECK(mm == &the_mm && map->len && map->len % PAGE_SIZE == 0 && addr % PAGE_SIZE == 0);
	CHECK(addr >= USER_MIN && addr <= USER_MAX);
	if (map->len > USER_MAX - addr) {
		CHECK(!map->fixed);
		return -ENOMEM;
	}
	if (map->object)
		CHECK(map->offset % PAGE_SIZE == 0 && map->offset + map->len <= FILE_PAGES * PAGE_SIZE);
	if (nr_mapped == MAPPINGS)
		return -ENOMEM;
	mapped[nr_mapped].start = addr;
	mapped[nr_mapped].end = addr + map->len;
	mapped[nr_mapped++].object = map->object;
	return (long)addr;
}

ssize_t vm_copy_to(struct mm *mm, unsigned long addr, const void *src, size_t n)
{
	static u8 copy[PAGE_SIZE];

	CHECK(nr_mapped && n <= PAGE_SIZE);
	CHECK(addr >= mapped[nr_mapped - 1].start && addr + n <= mapped[nr_mapped - 1].end);
	memcpy(copy, src, n);
	return (ssize_t)n;
}

/* ---- one input -------------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const u8 *bytes, size_t size)
{
	struct fuzz_input in = { bytes, bytes + size };
	struct exec_image image = { .file = &files[0], .object = &objects[0] };
	size_t first = fuzz_number(&in, 1) * 8;

	kernel_begin();
	program = (struct fuzz_input){ in.at, in.at + min(first, fuzz_left(&in)) };
	interpreter = (struct fuzz_input){ program.end, in.end };
	nr_mapped = 0;
	for (int i = 0; i < 2; i++) {
		objects[i] = (struct vmobject){ .refs = { 1 }, .nr_pages = FILE_PAGES };
		files[i].refs.counter = 1;
	}
	CHECK(exec_load_elf(&image) <= 0);
	for (unsigned i = 0; i < nr_mapped; i++)
		if (mapped[i].object)
			vmobject_put(mapped[i].object);
	CHECK(objects[0].refs.counter == 1 && objects[1].refs.counter == 1 && files[1].refs.counter == 1);
	kernel_end();
	return 0;
}
