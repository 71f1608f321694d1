/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols.h - the source file of each symbol of the kernel: tools/srcindex.py makes the list. */
#ifndef KLP_SYMBOLS_H
#define KLP_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#define SOURCES	"/usr/src/neurath"

enum symbol_kind { SYMBOL_FUNCTION, SYMBOL_SLOTLESS, SYMBOL_VARIABLE, SYMBOL_EXPORT, SYMBOL_MARK };

struct symbol {
	enum symbol_kind kind;
	const char *name, *file;	/* SYMBOL_EXPORT and SYMBOL_MARK: no file */
	int position;
	size_t size;			/* of a variable */
	unsigned long address;		/* of a mark of the linker */
	const char *copies;		/* functions that contain a copy of it, with commas; "" */
};

struct symbols {
	char *text;
	const char *build_id, *config;
	struct symbol *list;
	int count;
};

/* The folder of the sources. */
const char *sources_folder(void);
/* Reads the index; prints an error. */
bool symbols_read(struct symbols *symbols);
/* The symbol that @file uses under this name; @file = NULL: any. */
const struct symbol *symbols_find(const struct symbols *symbols, const char *name,
				  const char *file);
/* A function or variable of any file. */
const struct symbol *symbols_function(const struct symbols *symbols, const char *name);
const struct symbol *symbols_mark(const struct symbols *symbols, const char *name);
bool symbols_exported(const struct symbols *symbols, const char *name);

#endif
