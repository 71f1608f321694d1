/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - the entries of .kpatch.funcs, as create-diff-object 0.9.10 writes them. */
#ifndef KPATCH_TABLE_H
#define KPATCH_TABLE_H

struct kpatch_patch_func {
	unsigned long new_addr, new_size;
	unsigned long old_addr, old_size;	/* address and size in the kernel's file; not used here */
	unsigned long sympos;			/* the value of old_sympos */
	char *name, *objname;
};

extern struct kpatch_patch_func kpatch_table[], kpatch_table_end[];

#endif
