/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Converts a record to text by the "print fmt" of its event.  Tools on other machines read
 * records with the same string, so both show the same text.  The supported part of Linux's
 * language is:
 *
 *	"text %d %-5s %08lx %pS", ARG, ...
 *	ARG	REC->field | REC->field[2] | (type)ARG
 *		__print_symbolic(REC->field, { 0, "word" }, { 1, "other" })
 *		__print_array(REC->field, REC->number, 8)	as symbols
 *
 * A test finds formats that are not supported (test_trace.c).
 */
#include <neurath/string.h>
#include "internal.h"

/* The state of the parser: a position in a print fmt, and the record. */
struct print {
	const char *at;
	const struct trace_event *event;
	const u8 *data;
	unsigned size;
	bool wrong;	/* the text is no valid print fmt, or names an unknown field */
};

/* One argument: a number, or a string that need not be terminated. */
struct print_value {
	u64 number;
	const unsigned long *symbols;	/* @len of them */
	const char *text;
	unsigned len;
};

static void print_skip(struct print *p)
{
	while (*p->at == ' ' || *p->at == ',')
		p->at++;
}

static bool print_take(struct print *p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

static long print_number(struct print *p)
{
	long value = 0;
	bool minus = print_take(p, "-");

	for (; *p->at >= '0' && *p->at <= '9'; p->at++)
		value = 10 * value + (*p->at - '0');
	return minus ? -value : value;
}

static bool print_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static u64 print_load(const u8 *from, unsigned size, bool is_signed)
{
	u64 value = 0;
	unsigned unused = 64 - 8 * size;

	memcpy(&value, from, size);
	return is_signed ? (u64)((s64)(value << unused) >> unused) : value;
}

/* REC->name or REC->name[i]. */
static struct print_value print_field(struct print *p)
{
	const char *name = p->at;
	const struct trace_field *f = p->event->fields;
	struct print_value v = { 0 };
	unsigned index = 0;
	size_t len;

	while (print_is_name(*p->at))
		p->at++;
	len = (size_t)(p->at - name);
	if (print_take(p, "[")) {
		index = (unsigned)print_number(p);
		p->wrong |= !print_take(p, "]");
	}
	while (f->name && (strncmp(f->name, name, len) != 0 || f->name[len]))
		f++;
	if (!f->name || (f->count && index >= f->count) || f->offset >= p->size) {
		p->wrong = true;
		return v;
	}
	if (f->count == TRACE_OPEN_ARRAY || (f->count && f->size == f->count)) {
		v.text = (const char *)p->data + f->offset;
		v.len = f->size ? f->size : p->size - f->offset;
		return v;
	}
	v.number = print_load(p->data + f->offset + index * (f->size / max(f->count, (u16)1)),
			      f->size / max(f->count, (u16)1), f->is_signed);
	return v;
}

/* Parses the text behind "__print_symbolic(". */
static struct print_value print_symbolic(struct print *p)
{
	struct print_value v = { 0 }, found = { 0 };
	long number;

	p->wrong |= !print_take(p, "REC->");
	v = print_field(p);
	found.number = v.number;
	for (print_skip(p); print_take(p, "{"); print_skip(p)) {
		const char *word;

		print_skip(p);
		number = print_number(p);
		print_skip(p);
		p->wrong |= !print_take(p, "\"");
		word = p->at;
		while (*p->at && *p->at != '"')
			p->at++;
		if ((u64)number == v.number && !found.text) {
			found.text = word;
			found.len = (unsigned)(p->at - word);
		}
		p->wrong |= !print_take(p, "\"");
		print_skip(p);
		p->wrong |= !print_take(p, "}");
	}
	p->wrong |= !print_take(p, ")");
	if (!found.text)
		found = (struct print_value){ .number = v.number, .text = "?", .len = 1 };
	return found;
}

/* Parses the text behind "__print_array(". */
static struct print_value print_array(struct print *p)
{
	struct print_value v = { 0 };
	const char *name;

	p->wrong |= !print_take(p, "REC->");
	name = p->at;
	for (const struct trace_field *f = p->event->fields; f->name; f++) {
		size_t len = strlen(f->name);

		if (strncmp(f->name, name, len) == 0 && !print_is_name(name[len])) {
			v.symbols = (const unsigned long *)(p->data + f->offset);
			v.len = f->count;
			p->at += len;
		}
	}
	print_skip(p);
	p->wrong |= !v.symbols || !print_take(p, "REC->");
	if (!p->wrong)
		v.len = (unsigned)min((u64)v.len, print_field(p).number);
	p->wrong |= !print_take(p, ", 8)");
	return v;
}

static struct print_value print_argument(struct print *p)
{
	print_skip(p);
	while (print_take(p, "(")) {
		while (*p->at && *p->at != ')')
			p->at++;
		p->wrong |= !print_take(p, ")");
		print_skip(p);
	}
	if (print_take(p, "__print_symbolic("))
		return print_symbolic(p);
	if (print_take(p, "__print_array("))
		return print_array(p);
	if (print_take(p, "REC->"))
		return print_field(p);
	p->wrong = true;
	return (struct print_value){ 0 };
}

/* One conversion: @spec is "%...c" without length letters, and ends before its kind. */
static void print_convert(struct seq_file *m, char *spec, size_t n, const char *kind,
			  const struct print_value *v)
{
	unsigned len = 0;

	switch (*kind) {
	case 's':
		for (; v->symbols && len < v->len; len++)
			seq_printf(m, "%s%pS", len ? "," : "", (void *)v->symbols[len]);
		if (v->symbols)
			break;
		while (v->text && len < v->len && v->text[len])
			len++;
		strscpy(spec + n, ".*s", 4);
		seq_printf(m, spec, (int)len, v->text ?: "");
		break;
	case 'p':
		spec[n++] = 'p';
		if (kind[1] == 'S' || kind[1] == 's')
			spec[n++] = kind[1];
		spec[n] = '\0';
		if (v->number)
			seq_printf(m, spec, (void *)v->number);
		else
			seq_putc(m, '-');
		break;
	case 'c':
		strscpy(spec + n, "c", 2);
		seq_printf(m, spec, (int)v->number);
		break;
	default:
		spec[n++] = 'l';
		spec[n++] = *kind;
		spec[n] = '\0';
		seq_printf(m, spec, v->number);
	}
}

/* @format points behind the '%'.  Returns the continuation. */
static const char *print_conversion(struct seq_file *m, struct print *p, const char *format)
{
	char spec[16] = "%";
	size_t n = 1;
	struct print_value v;

	while (*format && strchr("-+ #0123456789.", *format) && n < 8)
		spec[n++] = *format++;
	while (*format == 'l' || *format == 'h' || *format == 'z')
		format++;
	if (!*format || !strchr("spcdiuxX", *format)) {
		p->wrong = true;
		return format;
	}
	v = print_argument(p);
	if (!p->wrong)
		print_convert(m, spec, n, format, &v);
	format++;
	if (format[-1] == 'p' && (*format == 'S' || *format == 's'))
		format++;
	return format;
}

/* False: the format is not supported. */
static bool print_all(struct seq_file *m, const struct trace_event *event, const void *data,
		      unsigned size)
{
	struct print p = { .at = event->print, .event = event, .data = data, .size = size };
	const char *format = event->print + 1;

	if (!print_take(&p, "\""))
		return false;
	while (*p.at && *p.at != '"')
		p.at++;
	print_take(&p, "\"");
	while (*format && *format != '"' && !p.wrong) {
		if (*format != '%')
			seq_putc(m, *format++);
		else if (format[1] == '%')
			seq_putc(m, '%'), format += 2;
		else
			format = print_conversion(m, &p, format + 1);
	}
	print_skip(&p);
	return !p.wrong && !*p.at;
}

void trace_print(struct seq_file *m, const struct trace_event *event, const void *data,
		 unsigned size)
{
	if (event->show)
		event->show(m, data, size);
	else
		print_all(m, event, data, size);
}

bool trace_print_check(const struct trace_event *event)
{
	static const u8 nothing[TRACE_DATA_MAX];
	struct seq_file m = { 0 };
	unsigned size = event->size ? event->size : sizeof(nothing);
	bool understood = print_all(&m, event, nothing, size);

	seq_free(&m);
	return understood;
}
