/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build.h - from a C file to a module.  The stages:
 *
 *	build.c		writes one source: declarations, the file, and the tables of the patch
 *	/bin/klpcc	compiles the source
 *	frame.c		proves that stacks with the compiled functions can be unwound
 *	object.c	makes the module of the compiled object
 */
#ifndef KLP_BUILD_H
#define KLP_BUILD_H

#include "context.h"
#include "elf_edit.h"
#include "klp.h"

/* Makes @module of @file: true, or says what is wrong. @name: of the module. */
bool build_module(const char *file, const char *name, const char *module);
/* The function that a patch can replace, or says why there is none. */
const struct symbol *find_patchable(const struct symbols *symbols, const char *name);

/* Says which functions have a copy of @s, unless @own replaces these, too. @own may be NULL. */
void warn_of_copies(const struct symbol *s, struct source *own);

/*
 * object.c: an object of the compiler, in memory, becomes a module's file.  It says what is
 * wrong, with @file in front of it.
 */
bool object_to_module(struct elf_edit *elf, const struct symbols *symbols, const char *file);

/* frame.c: every function of the object follows the rule of frames; complaints start with @file. */
bool frames_are_sound(const struct elf_edit *elf, const char *file);

#endif
