/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * source.h - a C file as its items: directives, types, prototypes, variables, functions.  This is
 * not a compiler: in the kernel's style, the text outside of all brackets identifies an item.
 */
#ifndef KLP_SOURCE_H
#define KLP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#define WORD_BYTES	64

enum item_kind { ITEM_DIRECTIVE, ITEM_TYPE, ITEM_PROTOTYPE, ITEM_VARIABLE, ITEM_FUNCTION,
		 ITEM_MACRO };

struct item {
	enum item_kind kind;
	const char *start, *end;	/* without the comment above it */
	const char *comment;		/* the comment directly above, or @start */
	const char *head_end;		/* function: its {; variable: its = or ; */
	char name[WORD_BYTES];		/* the name that it defines; "" = no name */
	char macro[WORD_BYTES];		/* ITEM_MACRO, or of a system call; @name: its argument */
	bool is_static, is_inline, wanted;
	bool several;			/* "int a, b;": @name is the first */
	bool closed;			/* its ; or } was found */
	int line;
};

struct source {
	char *text;
	size_t size;
	struct item *items;
	int count;
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_TEXT, TOKEN_OTHER };

struct token {
	enum token_kind kind;
	const char *at, *end;
};

/* The next token before @end; comments are skipped. */
struct token next_token(const char *at, const char *end);
bool token_is(const struct token *token, const char *word);
bool char_is(const struct token *token, char c);

/* 0 or -errno. */
int source_read(struct source *source, const char *path);
void source_free(struct source *source);
struct item *source_function(struct source *source, const char *name);
int line_of(const struct source *source, const char *at);

#endif
