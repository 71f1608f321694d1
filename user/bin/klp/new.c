/* SPDX-License-Identifier: GPL-2.0-or-later */
/* new.c - klp new: writes a file with one function of the running kernel, to be edited. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "build.h"
#include "klp.h"

/* A static variable inside the new function is not that of the running function. */
static void warn_statics(const struct item *function, const char *name)
{
	struct token token = next_token(function->head_end, function->end);

	for (; token.kind != TOKEN_END; token = next_token(token.end, function->end))
		if (token_is(&token, "static"))
			complain("%s() has a static variable of its own: the patch's starts anew",
				 name);
}

/* Writes the declarations and the function; returns the line of the new file on which it starts. */
static int write_file(struct context *context, const struct item *function, FILE *out)
{
	long position;
	char *text;
	int line = 1;

	fprintf(out, "/* %s() of %s, line %d. */\n", function->name, context->file, function->line);
	context_use(context, function->start, function->end);
	((struct item *)function)->wanted = true;
	context_write(context, out);
	fprintf(out, "\n%.*s", (int)(function->start - function->comment), function->comment);
	position = ftell(out);
	fprintf(out, "%.*s\n", (int)(function->end - function->start), function->start);
	text = malloc((size_t)position + 1);
	rewind(out);
	if (text && fread(text, 1, (size_t)position, out) == (size_t)position)
		for (long i = 0; i < position; i++)
			line += text[i] == '\n';
	free(text);
	return line;
}

static int make_file(const char *path, struct context *context, const struct item *function)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644), line;
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w+");

	if (!out) {
		complain("%s: %s%s", path, strerror(errno),
			 errno == EEXIST ? ": name another file, or remove it" : "");
		return REFUSED;
	}
	line = write_file(context, function, out);
	if (fclose(out) != 0) {
		complain("%s: %s", path, strerror(errno));
		unlink(path);
		return REFUSED;
	}
	printf("%s: %s() of %s, line %d\nvi -c %d %s, then: klp apply %s\n", path, function->name,
	       context->file, function->line, line, path, path);
	warn_statics(function, function->name);
	warn_of_copies(symbols_function(context->symbols, function->name), NULL);
	return DONE;
}

/* "getppid" is the system call, unless a function of the kernel has that name. */
static const char *full_name(const struct symbols *symbols, const char *name, char call[WORD_BYTES])
{
	snprintf(call, WORD_BYTES, "__x64_sys_%s", name);
	return !symbols_function(symbols, name) && symbols_function(symbols, call) ? call : name;
}

int cmd_new(const char *name, const char *file)
{
	char path[PATH_BYTES], call[WORD_BYTES];
	struct context context = { .file = NULL };
	struct symbols symbols;
	const struct item *function;
	int status = REFUSED;

	if (!symbols_read(&symbols))
		return REFUSED;
	context.symbols = &symbols;
	context.only = name = full_name(&symbols, name, call);
	if (!find_patchable(&symbols, name))
		return REFUSED;
	context.file = symbols_function(&symbols, name)->file;
	snprintf(path, sizeof(path), "%s/%s", sources_folder(), context.file);
	if (source_read(&context.source, path) < 0) {
		complain("%s: cannot be read", path);
		return REFUSED;
	}
	function = source_function(&context.source, name);
	snprintf(path, sizeof(path), "%s.c", name);
	if (function)
		status = make_file(file ? file : path, &context, function);
	else
		complain("%s: is made by a macro in %s: write the replacement by hand", name,
			 context.file);
	source_free(&context.source);
	return status;
}
