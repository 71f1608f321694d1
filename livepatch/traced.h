/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of what the function tracers know of each entry slot.  The kernel has a table, and each
 * module has one between its coming and its going (traced_modules.c).
 *
 * Everything changes under klp_mutex.  A callback may hold it without limit, and readers of files
 * must not wait for that.  So the list of tables and the list of words (function_filter.c) change
 * under traced_mutex in addition, which is held only for the change; readers hold it for a pass
 * over the tables.  A module that has a table has not been freed.
 */
#ifndef LIVEPATCH_TRACED_H
#define LIVEPATCH_TRACED_H

#include "internal.h"

enum traced_filter { FILTER, NOTRACE, TRACED_FILTERS };

struct traced_slot {
	struct trace_site *site;	/* from the first trace of the function on */
	struct klp_hook *hook;		/* one reference, while the function is traced */
	bool in[TRACED_FILTERS];	/* true: in this filter; read without a lock */
};

struct traced_table {
	struct traced_table *next;
	struct module *mod;		/* NULL: the kernel */
	const unsigned long *func, *end;	/* the addresses of the slots, sorted */
	struct traced_slot *slot;	/* one each; of the kernel, NULL before the first use */
};

static inline size_t traced_nr(const struct traced_table *t)
{
	return (size_t)(t->end - t->func);
}

extern struct mutex traced_mutex;
/* The kernel's, which is the head of the list of all. */
extern struct traced_table traced_kernel;
#define for_each_traced_table(t) \
	for (struct traced_table *t = &traced_kernel; t; t = t->next)

/* The table of a module, without a traced function; NULL = no memory. (held) */
struct traced_table *traced_table_add(struct module *mod);
/* Off the list: readers are done with it.  NULL: the module has none. (held) */
struct traced_table *traced_table_unlink(const struct module *mod);
void traced_table_free(struct traced_table *t);
/* Allocates the kernel's slots: 0, -ENOMEM. (held) */
int traced_slots_need(void);
/* False for a function that only the boot needed: it was freed. (any) */
bool traced_slot_is_there(const struct traced_table *t, size_t i);
/* The name of the function; valid as long as its module. (held, or traced_mutex) */
const char *traced_slot_name(const struct traced_table *t, size_t i);

/* ---- function_filter.c ------------------------------------------------------------- */
/* True if the filters choose the function. (held) */
bool function_is_chosen(const struct traced_slot *s);
/* Puts the functions of a module that has come into the filters that name it. (held) */
void function_filters_coming(struct traced_table *t);

/* ---- function_trace.c -------------------------------------------------------------- */
/* Makes every slot match tracer and filters.  After an error, some are not traced. (held) */
int function_trace_apply(void);
/* Takes the tracer off the functions of a module that goes. (held) */
void function_trace_forget(struct traced_table *t);

#endif
