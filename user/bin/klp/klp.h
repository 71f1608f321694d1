/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klp: live patches from the command line; declarations that its files share.  It uses only
 * interfaces that any script can use: the files below /sys/kernel/livepatch and the module system
 * calls.
 */
#ifndef KLP_H
#define KLP_H

#include <stdbool.h>
#include <stddef.h>

#define ROOT		"/sys/kernel/livepatch"
#define MODULES		"/lib/modules"
#define PATH_BYTES	512
#define NAME_BYTES	64	/* of a module, with its NUL: more than the kernel allows */

/* The exit status of the process. */
enum { DONE = 0, REFUSED = 1, USAGE = 2, WAITING = 3 };

enum fallback { FALLBACK_NONE, FALLBACK_REVERSE, FALLBACK_SIGNAL, FALLBACK_FORCE };

enum format { FORMAT_TEXT, FORMAT_HTML, FORMAT_JSON };

struct options {
	bool wait;
	long deadline_ms;		/* how long to wait; -1 = without limit */
	enum fallback fallback;		/* action when the time is up */
	long watch_ms;			/* 0 = look once */
	enum format format;		/* of a timeline */
};

/* files.c */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Reads a small file into @buf as a string without the last newline: 0 or -errno. */
int read_text(const char *path, char *buf, size_t size);
int write_text(const char *path, const char *text);
void attribute_path(char path[PATH_BYTES], const char *patch, const char *attribute);
/* The number in an attribute of a patch, or -errno. */
int get_number(const char *patch, const char *attribute);
int set_number(const char *patch, const char *attribute, const char *value);
/* "dir/livepatch-sample.ko" is the module livepatch_sample. */
void module_name(char name[NAME_BYTES], const char *text);
/* Opens FILE itself, or for a name without a slash the module of that name; or -1. */
int open_module(const char *file);
bool is_loaded(const char *patch);
/* False, with messages, if @patch is not loaded; lists the loaded patches. */
bool check_loaded(const char *patch);
long now_ms(void);

/* wait.c: each returns the exit status, and has printed the reason */
int wait_settled(const char *patch, const struct options *options);
int wait_gone(const char *patch, const struct options *options);

/* show.c */
const char *state_of(const char *patch);
int cmd_status(void);
int cmd_list(void);
int cmd_why(const char *patch);

/* change.c */
int cmd_load(const char *file, char **parameters, int count, const struct options *options);
int cmd_enable(const char *patch, const struct options *options);
int cmd_disable(const char *patch, const struct options *options);
int cmd_unload(const char *patch, const struct options *options);
int cmd_poke(const char *patch, const char *attribute);

/* timeline.c: the last transition of @patch, or of any if it is NULL */
int cmd_timeline(const char *patch, const struct options *options);

/* watch.c */
int cmd_watch(const char *patch);

/* new.c, build.c, apply.c: @file or @module may be NULL */
int cmd_new(const char *function, const char *file);
int cmd_build(const char *file, const char *module);
int cmd_apply(const char *file, const struct options *options);

/* check.c */
int cmd_check(char **words, int count, const struct options *options);

#endif
