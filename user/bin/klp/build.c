/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build.c - klp build: from a C file to a module.
 *
 * A file with module_init() is a module already.  For any other file, this code makes the tables
 * of a patch: if the kernel has a function with the name of a function in the file, the new one
 * replaces it.  If the file has no includes, the declarations that its functions need are added in
 * front of it (context.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "build.h"

#define MAX_REPLACED 64

extern char **environ;

struct build {
	const char *file, *name;
	struct symbols symbols;
	struct source own; /* the file */
	const struct item *replaced[MAX_REPLACED];
	int count;
	bool includes, is_module;
};

const struct symbol *find_patchable(const struct symbols *symbols, const char *name)
{
	const struct symbol *s = symbols_function(symbols, name);

	if (s && s->kind == SYMBOL_FUNCTION)
		return s;
	if (s)
		complain("%s: has no entry slot (it is assembly, or marked notrace): patch a "
			 "function that calls it",
			 name);
	else if (symbols_find(symbols, name, NULL))
		complain("%s: is a variable, not a function", name);
	else
		complain("%s: the running kernel has no such function; it may be __init, or "
			 "inlined in its callers",
			 name);
	return NULL;
}

void warn_of_copies(const struct symbol *s, struct source *own)
{
	char left[256] = "", name[WORD_BYTES];
	const char *next;

	for (const char *at = s->copies; *at; at = next) {
		size_t n = strcspn(at, ",");

		next = at + n + (at[n] == ',');
		snprintf(name, sizeof(name), "%.*s", (int)n, at);
		if (own && source_function(own, name))
			continue;
		snprintf(left + strlen(left), sizeof(left) - strlen(left), "%s%s",
			 *left ? ", " : "", name);
	}
	if (*left)
		complain("warning: %s() is also inlined in %s: these copies stay as they are, so "
			 "replace these functions, too", s->name, left);
}

/* ---- what is in the file ------------------------------------------------------------------ */

static bool take_function(struct build *b, const struct item *item)
{
	const struct symbol *s = item->is_inline ? NULL : symbols_function(&b->symbols, item->name);

	if (!s)
		return true;
	if (!find_patchable(&b->symbols, item->name))
		return false;
	if (b->count == MAX_REPLACED) {
		complain("%s: more than %d functions", b->file, MAX_REPLACED);
		return false;
	}
	b->replaced[b->count++] = item;
	warn_of_copies(s, &b->own);
	return true;
}

/* Otherwise the compiler would read on into the tables of the patch. */
static bool ends_well(const struct build *b)
{
	const struct item *last = b->own.count ? &b->own.items[b->own.count - 1] : NULL;

	if (!last || last->kind == ITEM_DIRECTIVE || last->closed)
		return true;
	complain("%s:%d: error: what starts here has no end: a bracket or a ; is missing", b->file,
		 last->line);
	return false;
}

static bool look_at_file(struct build *b)
{
	int error = source_read(&b->own, b->file);

	if (error) {
		complain("%s: %s", b->file, strerror(-error));
		return false;
	}
	for (int i = 0; i < b->own.count; i++) {
		const struct item *item = &b->own.items[i];
		struct token word = next_token(item->start + 1, item->end);

		if (item->kind == ITEM_DIRECTIVE && token_is(&word, "include"))
			b->includes = true;
		if (item->kind == ITEM_MACRO && strcmp(item->macro, "module_init") == 0)
			b->is_module = true;
	}
	if (!ends_well(b))
		return false;
	for (int i = 0; i < b->own.count && !b->is_module; i++)
		if (b->own.items[i].kind == ITEM_FUNCTION && !take_function(b, &b->own.items[i]))
			return false;
	if (!b->is_module && !b->count)
		complain("%s: no function of it is one of the kernel's", b->file);
	return b->is_module || b->count;
}

/* ---- the source that is compiled ------------------------------------------------------------ */

static bool write_context(struct build *b, FILE *out)
{
	struct context context = { .symbols = &b->symbols, .own = &b->own };
	char path[PATH_BYTES];

	if (b->includes || b->is_module)
		return true;
	for (int i = 0; i < b->count; i++) {
		const struct symbol *s = symbols_function(&b->symbols, b->replaced[i]->name);

		if (i && strcmp(s->file, context.file) != 0) {
			complain("%s: %s() is of %s, %s() of %s: include what they need, or make "
				 "two patches",
				 b->file, b->replaced[0]->name, context.file, s->name, s->file);
			return false;
		}
		context.file = s->file;
	}
	snprintf(path, sizeof(path), "%s/%s", sources_folder(), context.file);
	if (source_read(&context.source, path) < 0) {
		complain("%s: cannot be read", path);
		return false;
	}
	for (int i = 0; i < b->own.count; i++)
		context_use(&context, b->own.items[i].start, b->own.items[i].end);
	context_write(&context, out);
	source_free(&context.source);
	return true;
}

/*
 * Writes the prototype from the kernel's sources after the function: the compiler compares the
 * two, and reports a difference at the line of the function.
 */
static bool write_prototype(struct build *b, const struct item *item, FILE *out)
{
	const struct symbol *s = symbols_function(&b->symbols, item->name);
	struct source source;
	const struct item *original;
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/%s", sources_folder(), s->file);
	if (source_read(&source, path) < 0) {
		complain("%s: cannot be read", path);
		return false;
	}
	original = source_function(&source, item->name);
	if (original && !original->macro[0]) {
		fprintf(out, "#line %d \"%s\"\n", item->line, b->file);
		write_head(original, out);
		fputs(";\n", out);
	}
	source_free(&source);
	return true;
}

static void write_tables(struct build *b, FILE *out)
{
	fputs("#line 1 \"tables of the patch\"\n#include <linux/livepatch.h>\n#include "
	      "<linux/module.h>\n"
	      "static struct klp_func klp_build_funcs[] = {\n",
	      out);
	for (int i = 0; i < b->count; i++)
		fprintf(out, "\t{ .old_name = \"%s\", .new_func = %s },\n", b->replaced[i]->name,
			b->replaced[i]->name);
	fputs("\t{ }\n};\nstatic struct klp_object klp_build_objs[] = {\n\t{ .funcs = "
	      "klp_build_funcs },\n\t{ }\n};\n"
	      "static struct klp_patch klp_build_patch = {\n\t.mod = THIS_MODULE,\n\t.objs = "
	      "klp_build_objs,\n};\n"
	      "int init_module(void)\n{\n\treturn klp_enable_patch(&klp_build_patch);\n}\n"
	      "void cleanup_module(void)\n{\n}\nMODULE_LICENSE(\"GPL\");\nMODULE_INFO(livepatch, "
	      "\"Y\");\n",
	      out);
}

/* The part that tools/module generates: struct module, and more entries of .modinfo. */
static void write_module(struct build *b, FILE *out)
{
	bool leaves = !b->is_module;

	for (int i = 0; i < b->own.count && !leaves; i++)
		leaves = strcmp(b->own.items[i].macro, "module_exit") == 0;
	fprintf(out,
		"#line 1 \"struct module\"\n#include <neurath/module.h>\n#include "
		"<neurath/utsname.h>\n"
		"int init_module(void);\nvoid cleanup_module(void);\n"
		"struct module __this_module "
		"__attribute__((section(\".gnu.linkonce.this_module\"), used)) = {\n"
		"\t.name = \"%s\",\n\t.init = init_module,\n%s};\n",
		b->name, leaves ? "\t.exit = cleanup_module,\n" : "");
	fprintf(out,
		"static const char modinfo_klp_build[] __attribute__((section(\".modinfo\"), used, "
		"aligned(1))) =\n"
		"\t\"name=%s\\0\" \"buildid=%s\\0\"\n",
		b->name, b->symbols.build_id);
	for (int i = 0; i < b->count; i++)
		fprintf(out, "\t\"klp_func=vmlinux %s,0\\0\"\n", b->replaced[i]->name);
	fputs("\t\"vermagic=\" UTS_RELEASE \" SMP mod_unload \";\n", out);
}

static bool write_source(struct build *b, const char *path)
{
	FILE *out = fopen(path, "we");
	bool good;

	if (!out) {
		complain("%s: %s", path, strerror(errno));
		return false;
	}
	good = write_context(b, out);
	fprintf(out, "#line 1 \"%s\"\n", b->file);
	fwrite(b->own.text, 1, b->own.size, out);
	fputc('\n', out);
	for (int i = 0; i < b->count && good; i++)
		good = write_prototype(b, b->replaced[i], out);
	if (!b->is_module)
		write_tables(b, out);
	write_module(b, out);
	if (fclose(out) != 0) {
		complain("%s: %s", path, strerror(errno));
		good = false;
	}
	return good;
}

/* ---- compiling ------------------------------------------------------------------------------ */

static bool compile(struct build *b, const char *source, const char *object)
{
	const char *compiler = getenv("KLPCC") ? getenv("KLPCC") : "/bin/klpcc",
		   *slash = strrchr(b->file, '/');
	char top[PATH_BYTES], include[PATH_BYTES], arch[PATH_BYTES], here[PATH_BYTES],
		config[WORD_BYTES + 2];
	char modname[NAME_BYTES + 32], basename[NAME_BYTES + 32];
	char *words[] = { (char *)compiler, config, modname, basename, top,
			  include,	    arch,   here,    "-o",     (char *)object,
			  (char *)source,   NULL };
	int status, error;
	pid_t pid;

	snprintf(config, sizeof(config), "-D%s", b->symbols.config);
	snprintf(modname, sizeof(modname), "-DKBUILD_MODNAME=\"%s\"", b->name);
	snprintf(basename, sizeof(basename), "-DKBUILD_BASENAME=\"%s\"", b->name);
	snprintf(top, sizeof(top), "-I%s", sources_folder());
	snprintf(include, sizeof(include), "-I%s/include", sources_folder());
	snprintf(arch, sizeof(arch), "-I%s/arch/x86_64/include", sources_folder());
	snprintf(here, sizeof(here), "-I%.*s", slash ? (int)(slash - b->file) : 1,
		 slash ? b->file : ".");
	error = posix_spawn(&pid, compiler, NULL, NULL, words, environ);
	if (error) {
		complain("%s: %s", compiler, strerror(error));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status))
		complain("%s: the compiler ended by signal %d", b->file, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static unsigned char *read_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *bytes = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && (bytes = malloc((size_t)st.st_size + 1)) &&
	    read(fd, bytes, (size_t)st.st_size) != st.st_size) {
		free(bytes);
		bytes = NULL;
	}
	*size = bytes ? (size_t)st.st_size : 0;
	close(fd);
	return bytes;
}

static bool write_file(const char *path, const struct elf_edit *elf)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good =
		fd >= 0 && write(fd, elf->file.bytes, elf->file.size) == (ssize_t)elf->file.size;

	if (!good)
		complain("%s: %s", path, strerror(errno));
	if (fd >= 0 && close(fd) < 0)
		good = false;
	return good;
}

static bool convert(struct build *b, const char *object, const char *module)
{
	struct elf_edit elf;
	size_t size;
	unsigned char *bytes = read_file(object, &size);
	bool good;

	if (!bytes || !elf_open(&elf, bytes, size)) {
		complain("%s: the compiler has written no object", b->file);
		return false;
	}
	good = object_to_module(&elf, &b->symbols, b->file) && write_file(module, &elf);
	elf_close(&elf);
	return good;
}

bool build_module(const char *file, const char *name, const char *module)
{
	struct build b = { .file = file, .name = name };
	char folder[] = "/tmp/klp-XXXXXX", source[64], object[64];
	bool good;

	if (!symbols_read(&b.symbols) || !look_at_file(&b))
		return false;
	if (!mkdtemp(folder)) {
		complain("%s: %s", folder, strerror(errno));
		return false;
	}
	snprintf(source, sizeof(source), "%s/patch.c", folder);
	snprintf(object, sizeof(object), "%s/patch.o", folder);
	good = write_source(&b, source) && compile(&b, source, object) &&
	       convert(&b, object, module);
	unlink(source);
	unlink(object);
	rmdir(folder);
	source_free(&b.own);
	return good;
}

int cmd_build(const char *file, const char *module)
{
	char path[PATH_BYTES], name[NAME_BYTES];
	size_t n = strlen(file);

	if (n < 3 || strcmp(file + n - 2, ".c") != 0) {
		complain("%s: is no C file: its name ends in .c", file);
		return USAGE;
	}
	snprintf(path, sizeof(path), "%.*s.ko", (int)(n - 2), file);
	module_name(name, module ? module : path);
	if (!build_module(file, name, module ? module : path))
		return REFUSED;
	printf("%s: load it with: klp load %s --wait\n", module ? module : path,
	       module ? module : path);
	return DONE;
}
