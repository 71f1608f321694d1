/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that execve prepares beside the running image, until every step has succeeded and the
 * new program replaces the old one.
 */
#ifndef EXEC_IMAGE_H
#define EXEC_IMAGE_H

#include <neurath/types.h>
#include <neurath/vm.h>

#define EXEC_HEAD_SIZE		256
#define EXEC_MAX_SCRIPTS	4
#define EXEC_STRINGS_MAX	(2UL << 20)	/* arguments and environment */
#define EXEC_STRING_MAX		(128UL << 10)

/* Strings in sequence, each with its NUL. */
struct exec_strings {
	char *buf;			/* kmalloc'ed; NULL while empty */
	size_t size, used;
	unsigned count;
};

struct exec_image {
	/* The file that is being examined. */
	char *path;			/* kmalloc'ed */
	struct file *file;
	struct vmobject *object;
	u8 head[EXEC_HEAD_SIZE];	/* zeros behind the end of a shorter file */

	struct exec_strings args, env;
	const char *execfn;		/* the program's name as the caller wrote it; AT_EXECFN */

	struct mm *mm;
	unsigned long entry;	/* first instruction: that of the interpreter, if there is one */
	unsigned long program_entry, phdr, phnum, interp_base;
	unsigned long stack_pointer;
	unsigned long vdso;		/* its ELF header */

	/* Ids after set-user-id bits. */
	unsigned uid, gid;		/* effective */
	bool secure;			/* the program must not trust its environment */
	bool unreadable;		/* one of its files may be executed but not read */
};

/* exec_strings.c: 0, -E2BIG, -EFAULT, -ENOMEM. */
int exec_strings_add_user(struct exec_strings *s, const char __user *const __user *list);
int exec_strings_add(struct exec_strings *s, const char *string);
/* Puts @string before the others. */
int exec_strings_prepend(struct exec_strings *s, const char *string);
void exec_strings_drop_first(struct exec_strings *s);
void exec_strings_free(struct exec_strings *s);

/* exec_file.c: opens image->path, fills file, object, head. */
int exec_open(struct exec_image *image);
void exec_close(struct exec_image *image);
/* Copies @n bytes at @off of a file's pages; false if some are missing. */
bool exec_read(struct vmobject *object, u64 off, void *buf, size_t n);

/* exec_elf.c: maps the program into image->mm. -ENOEXEC: not a supported program. */
int exec_load_elf(struct exec_image *image);
/* exec_stack.c: stack area with strings, vectors and auxiliary values; the vDSO. */
int exec_build_stack(struct exec_image *image);

#endif
