/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * klpcc - the C compiler of the guest: a source in, an object of the kernel's kind out.
 *
 *	klpcc [-DNAME[=VALUE]] [-IFOLDER] -o OBJECT SOURCE
 *
 * A driver over Debian's libtcc, the Tiny C Compiler, which is one file and needs no other program.
 * /usr/share/klpcc (klpcc.h) has the parts of GNU C that it lacks.  The object is not a module yet:
 * `klp build` makes a module of it.
 *
 * Exit status: 0 made; 1 errors, each with file and line; 2 wrong usage.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The declarations of libtcc.h that are used here. */
typedef struct TCCState TCCState;
enum { TCC_OUTPUT_OBJ = 4 };
TCCState *tcc_new(void);
void tcc_delete(TCCState *state);
void tcc_set_error_func(TCCState *state, void *opaque, void (*func)(void *, const char *));
void tcc_set_options(TCCState *state, const char *options);
int tcc_add_sysinclude_path(TCCState *state, const char *path);
int tcc_add_include_path(TCCState *state, const char *path);
void tcc_define_symbol(TCCState *state, const char *name, const char *value);
int tcc_set_output_type(TCCState *state, int type);
int tcc_add_file(TCCState *state, const char *path);
int tcc_output_file(TCCState *state, const char *path);

#define SHARE "/usr/share/klpcc"

static bool failed;
static const char *folder; /* of the source, with its slash; messages leave it out */

/*
 * A function without a declaration would be called with guessed types: this is an error here, as
 * in the kernel's own build.
 */
static void take_message(void *opaque, const char *text)
{
	bool implicit = strstr(text, "implicit declaration");

	failed |= implicit || strstr(text, "error:");
	for (; *text; text++) {
		while (folder && strncmp(text, folder, strlen(folder)) == 0)
			text += strlen(folder);
		if (implicit && strncmp(text, "warning:", 8) == 0) {
			fputs("error:", stderr);
			text += 7;
			continue;
		}
		fputc(*text, stderr);
	}
	fputc('\n', stderr);
}

static int usage(void)
{
	fputs("usage: klpcc [-DNAME[=VALUE]] [-IFOLDER] -o OBJECT SOURCE\n", stderr);
	return 2;
}

static void define(TCCState *state, char *text)
{
	char *value = strchr(text, '=');

	if (value)
		*value++ = '\0';
	tcc_define_symbol(state, text, value ? value : "1");
}

static TCCState *new_state(void)
{
	const char *share = getenv("KLPCC_SHARE") ? getenv("KLPCC_SHARE") : SHARE;
	char options[512];
	TCCState *state = tcc_new();

	if (!state)
		return NULL;
	tcc_set_error_func(state, NULL, take_message);
	snprintf(options, sizeof(options),
		 "-nostdinc -mno-sse -fno-common -Wall -include %s/klpcc.h", share);
	tcc_set_options(state, options);
	tcc_set_output_type(state, TCC_OUTPUT_OBJ);
	tcc_add_sysinclude_path(state, share);
	tcc_define_symbol(state, "__KERNEL__", "1");
	tcc_define_symbol(state, "MODULE", "1");
	return state;
}

int main(int argc, char **argv)
{
	TCCState *state = new_state();
	const char *out = NULL;
	int option;

	if (!state)
		return fputs("klpcc: no memory\n", stderr), 1;
	while ((option = getopt(argc, argv, "D:I:o:")) != -1) {
		if (option == 'D')
			define(state, optarg);
		else if (option == 'I')
			tcc_add_include_path(state, optarg);
		else if (option == 'o')
			out = optarg;
		else
			return usage();
	}
	if (!out || optind + 1 != argc)
		return usage();
	if (strrchr(argv[optind], '/'))
		folder = strndup(argv[optind],
				 (size_t)(strrchr(argv[optind], '/') + 1 - argv[optind]));
	if (tcc_add_file(state, argv[optind]) < 0 || failed)
		return 1;
	if (tcc_output_file(state, out) < 0) {
		unlink(out);
		return 1;
	}
	tcc_delete(state);
	return 0;
}
