/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of objects that a module passes to the kernel: functions to call, structures to keep,
 * names to show.  Code that accepts such an object calls these functions before its first use,
 * and refuses it with a log line that names the object and handed_place_text().
 *
 * An object is valid if it stays as long as its owner does.  Init memory does not stay; it is not
 * valid even while it exists.
 */
#ifndef NEURATH_HANDED_H
#define NEURATH_HANDED_H

#include <neurath/compiler.h>
#include <neurath/types.h>

struct module;

enum handed_place {
	HANDED_NOWHERE,		/* not memory of the kernel, or memory without an owner */
	HANDED_INIT,		/* init memory of a module, or of the kernel after it was freed */
	HANDED_TEXT,
	HANDED_RODATA,
	HANDED_DATA,
	HANDED_HEAP,		/* kmalloc(), vmalloc(), a kernel stack */
};

struct handed {
	enum handed_place place;
	const struct module *owner;	/* for HANDED_TEXT, _RODATA, _DATA; NULL = the kernel */
	/* Bytes up to the end of the variable, heap object or region; 0 = do not access it. */
	size_t room;
};

/* Finds where @p, which may have any value, points. (any but NMI) */
void handed_look(const void *p, struct handed *out);
/* For log lines: "in init memory, which goes away (__init, __initdata)" and similar. */
const char *handed_place_text(enum handed_place place);

/* True if a permanent function begins at @fn.  @why: NULL, or the text about the fault. */
bool handed_function(const void *fn, const char **why);
/* The same, and the function belongs to @mod. */
bool handed_own_function(const struct module *mod, const void *fn, const char **why);
/* True if [@p, @p + @size) is a structure: permanent, writable memory, aligned as a long. */
bool handed_data(const void *p, size_t size, const char **why);
/* The same, and it belongs to @mod or is on the heap. */
bool handed_own_data(const struct module *mod, const void *p, size_t size, const char **why);
/* True if @s is a permanent string of fewer than @limit bytes. */
bool handed_string(const char *s, size_t limit);
/* Checks that @fn may become the @what of @object: true; or false with a log line. */
bool handed_check_callback(const char *what, const void *object, const void *fn);

extern const char __text_start[], __text_end[];

/*
 * The same for objects that are passed frequently, works and timers: for functions of the kernel
 * the cost is one comparison.  A module's @fn must be permanent text, and @object must be
 * permanent. (any but NMI)
 */
static __always_inline bool handed_callback(const char *what, const void *object, const void *fn)
{
	return likely((unsigned long)fn - (unsigned long)__text_start <
		      (unsigned long)(__text_end - __text_start)) ||
	       handed_check_callback(what, object, fn);
}

#endif
