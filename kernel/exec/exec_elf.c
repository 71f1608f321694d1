/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loader for ELF64 programs: fixed (ET_EXEC), or position-independent, without (static PIE)
 * or with an interpreter (PT_INTERP).  Every field of the file is untrusted.  Only headers are
 * read now: segments are mapped, and page faults read them later.
 */
#include <neurath/arch.h>
#include <neurath/elf.h>
#include <neurath/errno.h>
#include <neurath/file.h>
#include <neurath/mm.h>
#include <neurath/string.h>
#include "exec_image.h"

#define ELF_PIE_BASE	0x0000555555554000UL
#define ELF_PHNUM_MAX	64

/* One ELF file: the program or its interpreter. */
struct elf_object {
	Elf64_Ehdr eh;
	Elf64_Phdr *ph;			/* kmalloc'ed */
	struct file *file;
	struct vmobject *object;
	unsigned long low, high;	/* range of all segments, before the bias */
	unsigned long bias;
};

static const u8 elf_zeros[PAGE_SIZE];

static int elf_check_header(const Elf64_Ehdr *eh)
{
	static const u8 magic[] = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT };

	if (memcmp(eh->e_ident, magic, sizeof(magic)) || eh->e_machine != EM_X86_64)
		return -ENOEXEC;
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return -ENOEXEC;
	if (eh->e_phentsize != sizeof(Elf64_Phdr) || !eh->e_phnum || eh->e_phnum > ELF_PHNUM_MAX)
		return -ENOEXEC;
	return 0;
}

/* A segment must be inside the file, with the same offset within a page in memory and file. */
static int elf_check_segment(const struct elf_object *elf, const Elf64_Phdr *ph)
{
	u64 size = (u64)elf->object->nr_pages * PAGE_SIZE;

	if (ph->p_filesz > ph->p_memsz || ph->p_memsz > USER_MAX ||
	    ph->p_vaddr > USER_MAX - ph->p_memsz)
		return -ENOEXEC;
	if (ph->p_offset > size || ph->p_filesz > size - ph->p_offset)
		return -ENOEXEC;
	if ((ph->p_offset ^ ph->p_vaddr) & ~PAGE_MASK)
		return -ENOEXEC;
	return 0;
}

static int elf_find_range(struct elf_object *elf)
{
	int error;

	elf->low = ~0UL;
	elf->high = 0;
	for (unsigned i = 0; i < elf->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &elf->ph[i];

		if (ph->p_type != PT_LOAD)
			continue;
		error = elf_check_segment(elf, ph);
		if (error)
			return error;
		elf->low = min(elf->low, align_down(ph->p_vaddr, PAGE_SIZE));
		elf->high = max(elf->high, align_up(ph->p_vaddr + ph->p_memsz, PAGE_SIZE));
	}
	return elf->low < elf->high ? 0 : -ENOEXEC;
}

/* After an error elf_release() cleans up. */
static int elf_read_headers(struct elf_object *elf)
{
	size_t size;
	int error;

	if (!exec_read(elf->object, 0, &elf->eh, sizeof(elf->eh)))
		return -ENOEXEC;
	error = elf_check_header(&elf->eh);
	if (error)
		return error;
	size = elf->eh.e_phnum * sizeof(Elf64_Phdr);
	elf->ph = kmalloc(size, GFP_KERNEL);
	if (!elf->ph)
		return -ENOMEM;
	if (!exec_read(elf->object, elf->eh.e_phoff, elf->ph, size))
		return -ENOEXEC;
	return elf_find_range(elf);
}

static unsigned elf_vm_flags(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? VM_READ : 0) | (ph->p_flags & PF_W ? VM_WRITE : 0) |
	       (ph->p_flags & PF_X ? VM_EXEC : 0);
}

static int elf_map_file_part(struct mm *mm, const struct elf_object *elf, const Elf64_Phdr *ph)
{
	unsigned long va = ph->p_vaddr + elf->bias, start = align_down(va, PAGE_SIZE);
	unsigned long file_end = va + ph->p_filesz, end = align_up(file_end, PAGE_SIZE);
	long addr;

	vmobject_get(elf->object);
	addr = vm_map(mm, &(struct vm_mapping){
		.addr = start, .len = end - start, .flags = elf_vm_flags(ph), .fixed = true,
		.object = elf->object, .offset = align_down(ph->p_offset, PAGE_SIZE),
		.name = elf->file->path });
	if (addr < 0) {
		vmobject_put(elf->object);
		return addr;
	}
	/* The rest of the last page belongs to .bss: zero it in the private copy. */
	if (ph->p_memsz > ph->p_filesz && (ph->p_flags & PF_W) && file_end != end &&
	    vm_copy_to(mm, file_end, elf_zeros, end - file_end) != (ssize_t)(end - file_end))
		return -ENOMEM;
	return 0;
}

static int elf_map_segment(struct mm *mm, const struct elf_object *elf, const Elf64_Phdr *ph)
{
	unsigned long va = ph->p_vaddr + elf->bias;
	unsigned long anon, end = align_up(va + ph->p_memsz, PAGE_SIZE);
	long addr;
	int error;

	anon = align_down(va, PAGE_SIZE);
	if (ph->p_filesz) {
		error = elf_map_file_part(mm, elf, ph);
		if (error)
			return error;
		anon = align_up(va + ph->p_filesz, PAGE_SIZE);
	}
	if (anon >= end)
		return 0;
	addr = vm_map(mm, &(struct vm_mapping){
		.addr = anon, .len = end - anon, .flags = elf_vm_flags(ph), .fixed = true });
	return addr < 0 ? addr : 0;
}

static int elf_map_segments(struct mm *mm, const struct elf_object *elf)
{
	if (elf->low + elf->bias < USER_MIN || elf->high + elf->bias > USER_MAX)
		return -ENOEXEC;
	for (unsigned i = 0; i < elf->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &elf->ph[i];
		int error;

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		error = elf_map_segment(mm, elf, ph);
		if (error)
			return error;
	}
	return 0;
}

static void elf_release(struct elf_object *elf)
{
	kfree(elf->ph);
	elf->ph = NULL;
}

/* The address of the program headers in memory; 0 = in no segment. */
static unsigned long elf_phdr_address(const struct elf_object *elf)
{
	u64 off = elf->eh.e_phoff, size = elf->eh.e_phnum * sizeof(Elf64_Phdr);

	for (unsigned i = 0; i < elf->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &elf->ph[i];

		if (ph->p_type == PT_LOAD && off >= ph->p_offset &&
		    off + size <= ph->p_offset + ph->p_filesz)
			return off - ph->p_offset + ph->p_vaddr + elf->bias;
	}
	return 0;
}

/* The path of the interpreter: kmalloc'ed; NULL = none; or an error pointer. */
static char *elf_interpreter(const struct elf_object *elf)
{
	for (unsigned i = 0; i < elf->eh.e_phnum; i++) {
		const Elf64_Phdr *ph = &elf->ph[i];
		char *path;

		if (ph->p_type != PT_INTERP)
			continue;
		if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
			return ERR_PTR(-ENOEXEC);
		path = kmalloc(ph->p_filesz, GFP_KERNEL);
		if (!path)
			return ERR_PTR(-ENOMEM);
		if (exec_read(elf->object, ph->p_offset, path, ph->p_filesz) &&
		    !path[ph->p_filesz - 1])
			return path;
		kfree(path);
		return ERR_PTR(-ENOEXEC);
	}
	return NULL;
}

/* Reserves a free range and maps the interpreter there. */
static int elf_map_interpreter(struct exec_image *image, struct elf_object *elf)
{
	long addr;
	int error = elf_read_headers(elf);

	if (error || elf->eh.e_type != ET_DYN)
		return error ? error : -ENOEXEC;
	addr = vm_map(image->mm, &(struct vm_mapping){ .len = elf->high - elf->low });
	if (addr < 0)
		return addr;
	elf->bias = addr - elf->low;
	image->interp_base = elf->bias;
	image->entry = elf->eh.e_entry + elf->bias;
	return elf_map_segments(image->mm, elf);
}

static int elf_load_interpreter(struct exec_image *image, const char *path)
{
	struct elf_object elf = { 0 };
	bool readable;
	int error = file_open_exec(path, &elf.file, &readable);

	if (error)
		return error;
	image->unreadable |= !readable;
	error = vmobject_of_file(elf.file, &elf.object);
	if (!error) {
		error = elf_map_interpreter(image, &elf);
		vmobject_put(elf.object);
	}
	elf_release(&elf);
	file_put(elf.file);
	return error;
}

static int elf_map_program(struct exec_image *image, struct elf_object *elf)
{
	struct mm *mm = image->mm;
	char *interpreter;
	int error;

	elf->bias = elf->eh.e_type == ET_DYN ? ELF_PIE_BASE - elf->low : 0;
	error = elf_map_segments(mm, elf);
	if (error)
		return error;
	mm->brk_start = mm->brk = elf->high + elf->bias;
	image->program_entry = image->entry = elf->eh.e_entry + elf->bias;
	image->phdr = elf_phdr_address(elf);
	image->phnum = elf->eh.e_phnum;
	interpreter = elf_interpreter(elf);
	if (IS_ERR(interpreter) || !interpreter)
		return PTR_ERR(interpreter);
	error = elf_load_interpreter(image, interpreter);
	kfree(interpreter);
	return error;
}

int exec_load_elf(struct exec_image *image)
{
	struct elf_object elf = { .file = image->file, .object = image->object };
	int error = elf_read_headers(&elf);

	if (!error) {
		image->mm = mm_create();
		error = image->mm ? elf_map_program(image, &elf) : -ENOMEM;
	}
	elf_release(&elf);
	return error;
}
