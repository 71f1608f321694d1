/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splits a parameter line into words: "name=value" or "name", with blanks between them.  Double
 * quotes around a word or its value protect blanks.  Changes the line in place.  Pure
 * computation.
 */
#include <neurath/printk.h>
#include "internal.h"

static bool args_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

/* Removes the last quote of "text" if @quoted. */
static void args_unquote_end(char *end, bool quoted)
{
	if (quoted && end[-1] == '"')
		end[-1] = '\0';
}

/* Takes the next word at @args; *@value is NULL without "=".  Returns the text behind the word. */
static char *args_next(char *args, char **name, char **value)
{
	bool in_quote = false, quoted = *args == '"';
	char *equals = NULL, *p;

	if (quoted) {
		args++;
		in_quote = true;
	}
	for (p = args; *p && (in_quote || !args_is_blank(*p)); p++) {
		if (*p == '=' && !equals)
			equals = p;
		if (*p == '"')
			in_quote = !in_quote;
	}
	char *rest = *p ? p + 1 : p;

	*p = '\0';
	*name = args;
	*value = NULL;
	if (equals) {
		*equals = '\0';
		*value = equals + 1;
		if (**value == '"') {
			++*value;
			args_unquote_end(p, p > *value);
		}
	}
	args_unquote_end(p, quoted && p > args);
	return rest;
}

int args_parse(const char *owner, char *args, int (*set)(void *ctx, char *name, char *value),
	       void *ctx)
{
	for (;;) {
		char *name, *value;
		int error;

		while (args_is_blank(*args))
			args++;
		if (!*args)
			return 0;
		args = args_next(args, &name, &value);
		error = set(ctx, name, value);
		if (error == -ENOENT) {
			pr_warn("%s: unknown parameter '%s' ignored\n", owner, name);
			error = 0;
		} else if (error == -ENOSPC) {
			pr_err("%s: `%s' too large for parameter `%s'\n", owner, value ? value : "",
			       name);
		} else if (error) {
			pr_err("%s: `%s' invalid for parameter `%s'\n", owner, value ? value : "",
			       name);
		}
		if (error)
			return error;
	}
}
