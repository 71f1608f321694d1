/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and addresses: the kernel's embedded symbol table (the build makes and verifies it) and
 * the tables of loaded modules.  Look-ups by address work in any context; look-ups by name need
 * process context.  The strings of a module's symbol exist as long as the module: code that keeps
 * them needs a reference, or has interrupts off.
 */
#ifndef NEURATH_KSYMS_H
#define NEURATH_KSYMS_H

#include <neurath/types.h>

struct module;

struct ksym {
	const char *name;
	const char *module;		/* NULL = the kernel */
	unsigned long start;
	unsigned long size;
	char type;			/* as nm prints it: t T d D r R b B */
};

/* The function or object that contains @addr: true if found. (any) */
bool ksym_lookup(unsigned long addr, struct ksym *out);
/* Kernel text, entry text, init text while it exists, or text of a live module. (any) */
bool kernel_text_address(unsigned long addr);
bool core_kernel_text(unsigned long addr);
/*
 * The @pos-th (1 = first) text symbol @name of the kernel (mod NULL) or of @mod; pos 0 requires a
 * unique name. 0; -ENOENT; -EEXIST (ambiguous); -ERANGE (no such position). (task)
 */
int ksym_find(struct module *mod, const char *name, unsigned long pos, struct ksym *out);
/* The same among functions and data: relocations of live patches name both. (task) */
int ksym_find_any(struct module *mod, const char *name, unsigned long pos, struct ksym *out);
/* Walks the kernel's table: index from 0; false at the end; type 0: its memory was freed. */
bool ksym_get(unsigned long index, struct ksym *out);
/* "name+0x12/0x40 [module]" (with_offset) or "name [module]", or the number. (any) */
int ksym_sprint(char *buf, size_t size, unsigned long addr, bool with_offset);
/*
 * Like ksym_get(), for the symbols of one module.  Caller holds module_mutex or a reference.
 */
bool module_ksym_get(struct module *mod, unsigned long index, struct ksym *out);
/* The init sections are being freed: their symbols no longer exist. */
void ksyms_drop_init(void);

#endif
