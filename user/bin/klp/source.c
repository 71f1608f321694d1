/* SPDX-License-Identifier: GPL-2.0-or-later */
/* source.c - divides a C file into its items. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "source.h"

/* ---- tokens ----------------------------------------------------------------------------- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The end of the comment that starts at @at, or NULL. */
static const char *skip_comment(const char *at, const char *end)
{
	if (end - at < 2 || at[0] != '/' || (at[1] != '*' && at[1] != '/'))
		return NULL;
	if (at[1] == '/') {
		while (at < end && *at != '\n')
			at++;
		return at;
	}
	for (at += 2; end - at >= 2; at++)
		if (at[0] == '*' && at[1] == '/')
			return at + 2;
	return end;
}

static const char *skip_text(const char *at, const char *end)
{
	char quote = *at++;

	while (at < end && *at != quote)
		at += *at == '\\' ? 2 : 1;
	return at < end ? at + 1 : end;
}

struct token next_token(const char *at, const char *end)
{
	struct token token = { TOKEN_END, end, end };
	const char *behind;

	while (at < end && (isspace((unsigned char)*at) || (behind = skip_comment(at, end))))
		at = isspace((unsigned char)*at) ? at + 1 : behind;
	if (at >= end)
		return token;
	token.at = at;
	if (is_word(*at)) {
		token.kind = TOKEN_WORD;
		while (at < end && is_word(*at))
			at++;
	} else if (*at == '"' || *at == '\'') {
		token.kind = TOKEN_TEXT;
		at = skip_text(at, end);
	} else {
		token.kind = TOKEN_OTHER;
		at++;
	}
	token.end = at;
	return token;
}

bool token_is(const struct token *token, const char *word)
{
	size_t len = strlen(word);

	return token->kind == TOKEN_WORD && (size_t)(token->end - token->at) == len &&
	       memcmp(token->at, word, len) == 0;
}

bool char_is(const struct token *token, char c)
{
	return token->kind == TOKEN_OTHER && *token->at == c;
}

static void copy_word(char out[WORD_BYTES], const struct token *token)
{
	snprintf(out, WORD_BYTES, "%.*s", (int)(token->end - token->at), token->at);
}

/* ---- items ------------------------------------------------------------------------------ */

/* The state of an item while its tokens are read. */
struct scan {
	struct item *item;
	struct token last;     /* the previous token */
	struct token declared; /* the last word that may be a name */
	int depth;	       /* of all brackets */
	int words;	       /* outside of brackets */
	bool typedefs, tagged; /* typedef; struct, union or enum */
	bool called;	       /* a ( ) was read that may be parameters */
	bool body;	       /* a { was read */
	bool pointer;	       /* "( *": a variable that points to a function */
	bool assigned;
};

static const char *directive_end(const char *at, const char *end)
{
	const char *behind;

	while (at < end && *at != '\n') {
		behind = skip_comment(at, end);
		if (behind)
			at = behind;
		else
			at += at[0] == '\\' && end - at > 1 ? 2 : 1;
	}
	return at;
}

static void take_directive(struct item *item, const char *end)
{
	struct token word = next_token(item->start + 1, end), name;

	item->kind = ITEM_DIRECTIVE;
	item->end = directive_end(item->start, end);
	if (!token_is(&word, "define"))
		return;
	name = next_token(word.end, item->end);
	copy_word(item->name, &name);
}

/* A word outside of brackets. */
static void take_word(struct scan *s, const struct token *token)
{
	struct item *item = s->item;

	if (token_is(token, "static"))
		item->is_static = true;
	else if (token_is(token, "inline") || token_is(token, "__always_inline"))
		item->is_inline = true;
	else if (token_is(token, "typedef"))
		s->typedefs = true;
	else if ((token_is(token, "struct") || token_is(token, "union") || token_is(token, "enum")))
		s->tagged = true;
	else if (token->at[0] != '_')
		s->declared = *token;
	s->words += !token_is(token, "static");
}

/* The first ( outside of brackets that does not belong to an attribute. */
static void take_bracket(struct scan *s, const struct token *token, const char *end)
{
	struct token inside = next_token(token->end, end);

	if (s->called || s->assigned || s->last.kind != TOKEN_WORD || s->last.at[0] == '_' ||
	    token_is(&s->last, "typeof"))
		return;
	s->called = true;
	if (char_is(&inside, '*')) {
		s->pointer = true;
		inside = next_token(inside.end, end);
		copy_word(s->item->name, &inside);
	} else if (s->words == 1) {
		copy_word(s->item->macro, &s->last);
		copy_word(s->item->name, &inside);
	} else {
		copy_word(s->item->name, &s->last);
	}
}

static bool is_function(const struct scan *s)
{
	return s->called && !s->pointer && !s->assigned;
}

/* The { of a function or type; names of variables may follow the } of a type. */
static void take_body(struct scan *s, const struct token *token)
{
	s->item->head_end = token->at;
	s->declared.at = NULL;
}

/* Outside of brackets: true if the item ends with this token. */
static bool take_token(struct scan *s, const struct token *token, const char *end)
{
	struct item *item = s->item;

	if (token->kind == TOKEN_WORD)
		take_word(s, token);
	else if (char_is(token, '('))
		take_bracket(s, token, end);
	else if (char_is(token, '{') && !item->head_end)
		take_body(s, token);
	else if (strchr("=[;,", *token->at) && !s->assigned && !s->called && s->declared.at &&
		 !item->name[0])
		copy_word(item->name, &s->declared);
	if (char_is(token, ',') && !s->called)
		item->several = true;
	if (char_is(token, '=') || char_is(token, ';')) {
		if (!s->assigned && !is_function(s))
			item->head_end = token->at;
		s->assigned = true;
	}
	return char_is(token, ';');
}

/* SYSCALL_DEFINE2(name, ...) { } */
static void name_system_call(struct item *item)
{
	char name[WORD_BYTES];

	snprintf(name, sizeof(name), "%s", item->name);
	if (strncmp(item->macro, "SYSCALL_DEFINE", 14) == 0)
		snprintf(item->name, WORD_BYTES, "__x64_sys_%.50s", name);
	else
		item->name[0] = '\0';
}

static void settle_kind(struct scan *s)
{
	struct item *item = s->item;
	struct token word = next_token(item->start, item->end), tag;

	if (item->macro[0] && s->body && !s->assigned) {
		item->kind = ITEM_FUNCTION;
		name_system_call(item);
	} else if (item->macro[0]) {
		item->kind = ITEM_MACRO;
	} else if (s->called && !s->pointer) {
		item->kind = s->body ? ITEM_FUNCTION : ITEM_PROTOTYPE;
	} else if (s->typedefs || (s->tagged && s->body && !item->name[0]) ||
		   (s->tagged && s->words == 2)) {
		item->kind = ITEM_TYPE;
		tag = next_token(word.end, item->end);
		if (!s->typedefs && tag.kind == TOKEN_WORD)
			copy_word(item->name, &tag);
		else if (s->typedefs && !item->name[0])
			copy_word(item->name, &s->last);
	} else {
		item->kind = ITEM_VARIABLE;
	}
	if (!item->head_end)
		item->head_end = item->end;
}

static void take_item(struct item *item, const char *end)
{
	struct scan s = { .item = item };
	struct token token = next_token(item->start, end);
	bool done = false;

	for (; token.kind != TOKEN_END && !done; token = next_token(token.end, end)) {
		bool opens = char_is(&token, '(') || char_is(&token, '{') || char_is(&token, '[');
		bool closes = char_is(&token, ')') || char_is(&token, '}') || char_is(&token, ']');
		bool brace = char_is(&token, '{') && s.depth == 0 && !s.assigned;

		s.depth -= closes && s.depth > 0;
		if (s.depth == 0 && !closes)
			done = take_token(&s, &token, end);
		s.depth += opens;
		s.body |= brace;
		item->end = token.end;
		if (char_is(&token, '}') && s.depth == 0 && is_function(&s))
			done = true;
		if (!done)
			s.last = token;
	}
	item->closed = done;
	settle_kind(&s);
}

/* The comment between @from and @start that @start follows without an empty line. */
static const char *comment_above(const char *from, const char *start)
{
	const char *comment = start, *behind, *at = from;
	int newlines = 0;

	while (at < start) {
		behind = skip_comment(at, start);
		if (behind) {
			if (newlines != 1 || comment == start)
				comment = at;
			newlines = 0;
			at = behind;
			continue;
		}
		newlines += *at == '\n';
		if (newlines > 1)
			comment = start;
		at++;
	}
	return comment;
}

int line_of(const struct source *source, const char *at)
{
	int line = 1;

	for (const char *c = source->text; c < at; c++)
		line += *c == '\n';
	return line;
}

static int take_items(struct source *source)
{
	const char *at = source->text, *end = source->text + source->size;
	int room = 0;

	for (;;) {
		struct token token = next_token(at, end);
		struct item *item;

		if (token.kind == TOKEN_END)
			return 0;
		if (source->count == room) {
			room = room ? 2 * room : 64;
			source->items =
				realloc(source->items, (size_t)room * sizeof(*source->items));
			if (!source->items)
				return -ENOMEM;
		}
		item = &source->items[source->count++];
		*item = (struct item){ .start = token.at, .comment = comment_above(at, token.at) };
		item->line = line_of(source, item->start);
		if (char_is(&token, '#'))
			take_directive(item, end);
		else
			take_item(item, end);
		at = item->end;
	}
}

int source_read(struct source *source, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	struct stat st;

	*source = (struct source){ 0 };
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !(source->text = malloc((size_t)st.st_size + 1)) ||
	    read(fd, source->text, (size_t)st.st_size) != st.st_size)
		error = errno ? -errno : -EIO;
	close(fd);
	if (error)
		return error;
	source->size = (size_t)st.st_size;
	source->text[source->size] = '\0';
	return take_items(source);
}

void source_free(struct source *source)
{
	free(source->items);
	free(source->text);
	*source = (struct source){ 0 };
}

struct item *source_function(struct source *source, const char *name)
{
	for (int i = 0; i < source->count; i++)
		if (source->items[i].kind == ITEM_FUNCTION &&
		    strcmp(source->items[i].name, name) == 0)
			return &source->items[i];
	return NULL;
}
