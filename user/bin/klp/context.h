/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * context.h - the declarations that a function needs: the headers of its file, and the macros,
 * types and declarations of the file that it uses.  A static function or variable of the file
 * is named by KLP_RELOC_SYMBOL, so that the patch uses the one of the running kernel.
 */
#ifndef KLP_CONTEXT_H
#define KLP_CONTEXT_H

#include <stdio.h>
#include "source.h"
#include "symbols.h"

struct context {
	const struct symbols *symbols;
	const char *file;		/* of the sources: "kernel/proc/system.c" */
	struct source source;		/* that file */
	const struct source *own;	/* its items need no declarations; or NULL */
	const char *only;		/* the function itself, or NULL */
};

/* Marks the items that the text needs, and the items that those need. */
void context_use(struct context *context, const char *at, const char *end);
void context_write(struct context *context, FILE *out);
/* "static int f(void)" as "int f(void)", in one line. */
void write_head(const struct item *item, FILE *out);

#endif
