/* SPDX-License-Identifier: GPL-2.0-or-later */
/* symbols.c - reads the index of the kernel's symbols. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "klp.h"
#include "symbols.h"

const char *sources_folder(void)
{
	const char *folder = getenv("KLP_SOURCES");

	return folder ? folder : SOURCES;
}

/* Parses one line, and divides it into its words. */
static void take_line(struct symbols *symbols, char *line, const char **file)
{
	char *words[4] = { strtok(line, " "), strtok(NULL, " "), strtok(NULL, " "),
			   strtok(NULL, " ") };
	static const char letters[] = "FfVEA";
	const char *kind = words[0] ? strchr(letters, words[0][0]) : NULL;

	if (!words[1])
		return;
	if (words[0][0] == 'I') {
		symbols->build_id = words[1];
		symbols->config = words[2] ? words[2] : "";
	} else if (words[0][0] == '@') {
		*file = words[1];
	} else if (kind) {
		symbols->list[symbols->count++] = (struct symbol){
			.kind = (enum symbol_kind)(kind - letters),
			.name = words[1],
			.file = *kind == 'E' || *kind == 'A' ? NULL : *file,
			.address = *kind == 'A' && words[2] ? strtoul(words[2], NULL, 16) : 0,
			.copies = *kind == 'F' && words[2] ? words[2] : "",
			.position = *kind == 'V' && words[2] ? atoi(words[2]) : 0,
			.size = words[3] ? strtoul(words[3], NULL, 10) : 0,
		};
	}
}

bool symbols_read(struct symbols *symbols)
{
	char path[PATH_BYTES], *save, *next;
	const char *file = NULL;
	size_t lines = 1;
	struct stat st;
	int error;

	*symbols = (struct symbols){ 0 };
	snprintf(path, sizeof(path), "%s/klp.index", sources_folder());
	error = stat(path, &st) < 0 ? -errno : 0;
	if (!error)
		symbols->text = malloc((size_t)st.st_size + 2);
	if (!error)
		error = symbols->text ? read_text(path, symbols->text, (size_t)st.st_size + 2)
				      : -ENOMEM;
	if (error) {
		complain("%s: %s: this system has no sources of its kernel", path,
			 strerror(-error));
		return false;
	}
	for (const char *c = symbols->text; *c; c++)
		lines += *c == '\n';
	symbols->list = calloc(lines, sizeof(*symbols->list));
	for (save = symbols->text; save && symbols->list; save = next) {
		next = strchr(save, '\n');
		if (next)
			*next++ = '\0';
		take_line(symbols, save, &file);
	}
	if (!symbols->build_id)
		complain("%s: does not say which kernel it is of", path);
	return symbols->build_id;
}

const struct symbol *symbols_find(const struct symbols *symbols, const char *name, const char *file)
{
	for (int i = 0; i < symbols->count; i++) {
		const struct symbol *s = &symbols->list[i];

		if (s->file && strcmp(s->name, name) == 0 && (!file || strcmp(s->file, file) == 0))
			return s;
	}
	return NULL;
}

const struct symbol *symbols_function(const struct symbols *symbols, const char *name)
{
	for (int i = 0; i < symbols->count; i++) {
		const struct symbol *s = &symbols->list[i];

		if ((s->kind == SYMBOL_FUNCTION || s->kind == SYMBOL_SLOTLESS) &&
		    strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

const struct symbol *symbols_mark(const struct symbols *symbols, const char *name)
{
	for (int i = 0; i < symbols->count; i++)
		if (symbols->list[i].kind == SYMBOL_MARK &&
		    strcmp(symbols->list[i].name, name) == 0)
			return &symbols->list[i];
	return NULL;
}

bool symbols_exported(const struct symbols *symbols, const char *name)
{
	for (int i = 0; i < symbols->count; i++)
		if (symbols->list[i].kind == SYMBOL_EXPORT &&
		    strcmp(symbols->list[i].name, name) == 0)
			return true;
	return false;
}
