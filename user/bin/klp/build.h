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

/* Makes @module of @file, with @name as the module's name; true, or prints the error. */
bool build_module(const char *file, const char *name, const char *module);
/* The function that a patch can replace; or NULL, with a message that says why. */
const struct symbol *find_patchable(const struct symbols *symbols, const char *name);

/* Prints the functions with a copy of @s, except those that @own replaces.  @own may be NULL. */
void warn_of_copies(const struct symbol *s, struct source *own);

/*
 * object.c: makes a module's file of an object of the compiler, in memory.  Messages start with
 * @file.
 */
bool object_to_module(struct elf_edit *elf, const struct symbols *symbols, const char *file);

/* frame.c: true if every function of the object has a frame by the rule; prints errors. */
bool frames_are_sound(const struct elf_edit *elf, const char *file);

#endif
