/* SPDX-License-Identifier: GPL-2.0-or-later */
/* context.c - the declarations that a function needs; context.h is the contract. */
#include <stdlib.h>
#include <string.h>
#include "context.h"

/* The symbols that these macros of the kernel define. */
static const struct {
	const char *macro, *type;
} definers[] = {
	{ "LIST_HEAD", "struct list_head" },
	{ "DEFINE_SPINLOCK", "spinlock_t" },
	{ "DEFINE_SPINLOCK_RANK", "spinlock_t" },
	{ "DEFINE_MUTEX", "struct mutex" },
	{ "DEFINE_MUTEX_RANK", "struct mutex" },
	{ "DECLARE_WAIT_QUEUE_HEAD", "struct wait_queue_head" },
	{ "DECLARE_WORK", "struct work_struct" },
	{ "DECLARE_DELAYED_WORK", "struct delayed_work" },
	{ "VMAP_REGION", "struct vmap_region" },
};

static const char *macro_type(const struct item *item)
{
	for (size_t i = 0; i < sizeof(definers) / sizeof(*definers); i++)
		if (strcmp(definers[i].macro, item->macro) == 0)
			return definers[i].type;
	return NULL;
}

/* The symbol of the running kernel that a static of the file is, or NULL. */
static const struct symbol *bound(const struct context *context, const struct item *item)
{
	if (!item->is_static || (item->is_inline && item->kind == ITEM_FUNCTION))
		return NULL;
	return symbols_find(context->symbols, item->name, context->file);
}

static bool same_word(const struct token *a, const struct token *b)
{
	return a->kind == TOKEN_WORD && a->end - a->at == b->end - b->at &&
	       memcmp(a->at, b->at, (size_t)(a->end - a->at)) == 0;
}

/*
 * The declaration of one of several variables: from its name or its * to the = , or ;. A word of
 * an initial value declares nothing.
 */
static bool find_declarator(const struct item *item, const struct token *word, const char **at,
			    const char **end)
{
	struct token token = next_token(item->start, item->end), next,
		     star = { TOKEN_END, NULL, NULL };
	bool value = false;
	int depth = 0;

	for (; token.kind != TOKEN_END; token = next) {
		next = next_token(token.end, item->end);
		depth += char_is(&token, '(') || char_is(&token, '{') || char_is(&token, '[');
		depth -= char_is(&token, ')') || char_is(&token, '}') || char_is(&token, ']');
		if (!depth && (char_is(&token, '=') || char_is(&token, ',')))
			value = char_is(&token, '=');
		if (char_is(&token, '*') && !star.at)
			star = token;
		else if (!char_is(&token, '*') && !same_word(&token, word))
			star.at = NULL;
		if (depth || value || !same_word(&token, word) || !strchr("=[;,", *next.at))
			continue;
		*at = star.at ? star.at : token.at;
		while (next.kind != TOKEN_END && !strchr("=;,", *next.at))
			next = next_token(next.end, item->end);
		*end = next.at;
		return true;
	}
	return false;
}

/* True if the item defines or declares the name @word. */
static bool defines(const struct item *item, const struct token *word)
{
	struct token token = { TOKEN_OTHER, item->start, item->start };
	const char *at, *end;

	if (item->kind == ITEM_MACRO && !macro_type(item))
		return false;
	if (item->name[0] && token_is(word, item->name))
		return true;
	if (item->kind == ITEM_VARIABLE && item->several)
		return find_declarator(item, word, &at, &end);
	if (item->kind != ITEM_TYPE)
		return false;
	/* The constants of an enumeration; of other types only the tag, not the members. */
	token = next_token(item->start, item->end);
	if (token_is(&token, "typedef"))
		token = next_token(token.end, item->end);
	if (!token_is(&token, "enum")) {
		token = next_token(token.end, item->end);
		return same_word(&token, word);
	}
	while ((token = next_token(token.end, item->end)).kind != TOKEN_END)
		if (same_word(&token, word))
			return true;
	return false;
}

/* True if the patch's own file has this item: then the own item is used. */
static bool is_own(const struct context *context, const struct item *item)
{
	const struct source *own = context->own;

	for (int i = 0; own && item->name[0] && i < own->count; i++)
		if (strcmp(own->items[i].name, item->name) == 0 &&
		    own->items[i].kind != ITEM_PROTOTYPE)
			return true;
	return false;
}

void context_use(struct context *context, const char *at, const char *end)
{
	struct token token;

	while ((token = next_token(at, end)).kind != TOKEN_END) {
		at = token.end;
		for (int i = 0; token.kind == TOKEN_WORD && i < context->source.count; i++) {
			struct item *item = &context->source.items[i];
			bool whole;

			if (item->wanted || !defines(item, &token))
				continue;
			item->wanted = true;
			whole = !bound(context, item) &&
				(item->kind != ITEM_FUNCTION || item->is_static) &&
				(item->kind != ITEM_VARIABLE || item->is_static);
			if (!is_own(context, item))
				context_use(context, item->start,
					    whole ? item->end : item->head_end);
		}
	}
}

/* ---- writing ---------------------------------------------------------------------------- */

/* The text from @at to @end without the words of storage. */
static void write_plain(const char *at, const char *end, FILE *out)
{
	struct token token = next_token(at, end);

	while (token_is(&token, "static") || token_is(&token, "extern") ||
	       token_is(&token, "noinline") || token_is(&token, "inline"))
		token = next_token(token.end, end);
	while (end > token.at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n'))
		end--;
	fwrite(token.at, 1, (size_t)(end - token.at), out);
}

void write_head(const struct item *item, FILE *out)
{
	char *text = NULL;
	size_t size = 0;
	FILE *line = open_memstream(&text, &size);

	if (!line)
		return;
	write_plain(item->start, item->head_end, line);
	fclose(line);
	for (size_t i = 0; i < size; i++) {
		bool blank = strchr(" \t\n", text[i]);

		if (!blank || (i && !strchr(" \t\n", text[i - 1])))
			fputc(blank ? ' ' : text[i], out);
	}
	free(text);
}

static void write_symbol(const struct symbol *s, FILE *out)
{
	if (s->position)
		fprintf(out, " KLP_RELOC_SYMBOL_POS(vmlinux, vmlinux, %s, %d);\n", s->name,
			s->position);
	else
		fprintf(out, " KLP_RELOC_SYMBOL(vmlinux, vmlinux, %s);\n", s->name);
}

/* "type name[]" with the number of elements, which the initial value gave it. */
static void write_variable(const struct item *item, const struct symbol *s, FILE *out)
{
	const char *bracket = memchr(item->start, '[', (size_t)(item->head_end - item->start));
	const char *name = bracket ? bracket - strlen(item->name) : NULL;
	struct token closing = { TOKEN_END, NULL, NULL };

	if (bracket)
		closing = next_token(bracket + 1, item->head_end);
	if (!s || !bracket || !char_is(&closing, ']')) {
		write_head(item, out);
		return;
	}
	write_plain(item->start, bracket + 1, out);
	fprintf(out, "%zu / sizeof(", s->size);
	write_plain(item->start, name, out);
	fputc(')', out);
	fwrite(closing.at, 1, (size_t)(item->head_end - closing.at), out);
}

/* A header in the file's own folder gets its path from the top of the sources. */
static void write_include(const struct context *context, const struct item *item, FILE *out)
{
	const char *quote = memchr(item->start, '"', (size_t)(item->end - item->start));
	const char *slash = strrchr(context->file, '/'), *path = quote ? quote + 1 : NULL;

	if (!quote) {
		fprintf(out, "%.*s\n", (int)(item->end - item->start), item->start);
		return;
	}
	while (slash && strncmp(path, "../", 3) == 0) {
		path += 3;
		for (slash--; slash > context->file && *slash != '/';)
			slash--;
	}
	fprintf(out, "#include \"%.*s%s%.*s\n", slash ? (int)(slash - context->file) : 0,
		context->file, slash && slash > context->file ? "/" : "", (int)(item->end - path),
		path);
}

static void write_directive(const struct context *context, const struct item *item, FILE *out)
{
	struct token word = next_token(item->start + 1, item->end);

	if (token_is(&word, "include"))
		write_include(context, item, out);
	else if (!token_is(&word, "define") || item->wanted)
		fprintf(out, "%.*s\n", (int)(item->end - item->start), item->start);
}

static bool is_itself(const struct context *context, const struct item *item)
{
	return context->only && strcmp(context->only, item->name) == 0;
}

/* A static function is declared at the place of its first declaration in the file. */
static void write_function(const struct context *context, const struct item *item, FILE *out)
{
	const struct symbol *s = bound(context, item);

	for (const struct item *i = context->source.items; s && i < item; i++)
		if (i->kind == ITEM_PROTOTYPE && strcmp(i->name, item->name) == 0)
			return;
	if (s) {
		fputs("extern ", out);
		write_head(item, out);
		write_symbol(s, out);
	} else if (item->is_static) {
		fprintf(out, "%.*s\n", (int)(item->end - item->start), item->start);
	}
}

static void write_prototype(struct context *context, const struct item *item, FILE *out)
{
	const struct item *function = source_function(&context->source, item->name);
	const struct symbol *s = function ? bound(context, function) : NULL;

	if (!s || is_own(context, function) || is_itself(context, item)) {
		fprintf(out, "%.*s\n", (int)(item->end - item->start), item->start);
		return;
	}
	fputs("extern ", out);
	write_head(function, out);
	write_symbol(s, out);
}

/* Writes each of several variables separately. */
static void write_several(const struct context *context, const struct item *item, FILE *out)
{
	struct token word = next_token(item->start, item->end);
	const char *type_end = NULL, *at, *end;

	for (; word.kind != TOKEN_END; word = next_token(word.end, item->end)) {
		const struct symbol *s;
		char name[WORD_BYTES];

		if (word.kind != TOKEN_WORD || !find_declarator(item, &word, &at, &end) ||
		    at > word.at || end < word.end)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(word.end - word.at), word.at);
		s = symbols_find(context->symbols, name, context->file);
		type_end = type_end ? type_end : at;
		fputs("extern ", out);
		write_plain(item->start, type_end, out);
		fprintf(out, " %.*s", (int)(end - at), at);
		if (s && item->is_static)
			write_symbol(s, out);
		else
			fputs(";\n", out);
		word.end = end;
	}
}

static void write_item(struct context *context, const struct item *item, FILE *out)
{
	const struct symbol *s = bound(context, item);

	switch (item->kind) {
	case ITEM_PROTOTYPE:
		write_prototype(context, item, out);
		break;
	case ITEM_FUNCTION:
		write_function(context, item, out);
		break;
	case ITEM_MACRO:
		fprintf(out, "extern %s %s", macro_type(item), item->name);
		if (s)
			write_symbol(s, out);
		else
			fputs(";\n", out);
		break;
	case ITEM_VARIABLE:
		if (item->several) {
			write_several(context, item, out);
			break;
		}
		if (item->is_static && !s) {
			fprintf(out, "%.*s\n", (int)(item->end - item->start), item->start);
			break;
		}
		fputs("extern ", out);
		write_variable(item, s, out);
		if (s)
			write_symbol(s, out);
		else
			fputs(";\n", out);
		break;
	default:
		fprintf(out, "%.*s\n", (int)(item->end - item->start), item->start);
	}
}

/* SYSCALL_DEFINE without an entry in the table of calls: the kernel has this entry already. */
static const char system_calls[] = "#undef SC_HEAD\n#define SC_HEAD(name) long "
				   "__x64_sys_##name(const struct pt_regs *regs);\n";

void context_write(struct context *context, FILE *out)
{
	bool started = false, calls = false;

	fputs("#include <linux/livepatch.h>\n", out);
	for (int i = 0; i < context->source.count; i++) {
		const struct item *item = &context->source.items[i];
		bool itself = item->kind == ITEM_FUNCTION && is_itself(context, item);

		if (item->kind == ITEM_DIRECTIVE) {
			write_directive(context, item, out);
			continue;
		}
		if (strncmp(item->macro, "SYSCALL_DEFINE", 14) == 0 && item->wanted && !calls)
			calls = fputs(system_calls, out) >= 0;
		if (!item->wanted || itself ||
		    (is_own(context, item) && item->kind != ITEM_PROTOTYPE))
			continue;
		if (!started)
			fputc('\n', out);
		started = true;
		write_item(context, item, out);
	}
}
