/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * printf-style formatting into a buffer: snprintf() and its relatives.
 *
 * Any context, NMI included: no locks, no allocation, and a small stack frame.  The output is
 * always terminated when size > 0, and the result is the length of the complete output, as in C.
 *
 * Conversions: d i u o x X c s p %, flags "-+ #0", width and precision (also
 * "*"), lengths hh h l ll z j t.  Pointers know these extensions:
 *   %pS  symbol+offset/size [module]      %ps  symbol alone
 *   %pB  as %pS for a return address      %px  the plain value, like %p
 *   %pGg a gfp_t by name (the argument points to it)
 *   %pe  an error pointer as its number
 * %n does not exist.
 */
#include <neurath/export.h>
#include <neurath/ksyms.h>
#include <neurath/mm.h>
#include <neurath/printk.h>
#include <neurath/string.h>

struct format_out {
	char *buf;
	size_t size;	/* room in buf, including the terminator */
	size_t len;	/* characters produced so far, including those without room */
};

struct format_spec {
	int width;
	int precision;	/* -1: not given */
	int length;	/* size of the argument in bytes */
	bool left, plus, space, alt, zero, upper;
};

static void format_putc(struct format_out *out, char c)
{
	if (out->len + 1 < out->size)
		out->buf[out->len] = c;
	out->len++;
}

static void format_pad(struct format_out *out, char c, int count)
{
	while (count-- > 0)
		format_putc(out, c);
}

static void format_str(struct format_out *out, const struct format_spec *spec, const char *s)
{
	size_t max = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;
	int len;

	if ((unsigned long)s < 4096)
		s = s ? "(invalid)" : "(null)";
	len = (int)strnlen(s, max);
	if (!spec->left)
		format_pad(out, ' ', spec->width - len);
	for (int i = 0; i < len; i++)
		format_putc(out, s[i]);
	if (spec->left)
		format_pad(out, ' ', spec->width - len);
}

static void format_number(struct format_out *out, const struct format_spec *spec, u64 value,
			  unsigned int base, bool negative)
{
	const char *digits = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char tmp[24], prefix[3];
	int n = 0, p = 0, zeros, pad;

	if (negative)
		prefix[p++] = '-';
	else if (spec->plus)
		prefix[p++] = '+';
	else if (spec->space)
		prefix[p++] = ' ';
	if (spec->alt && base == 16 && value) {
		prefix[p++] = '0';
		prefix[p++] = spec->upper ? 'X' : 'x';
	}
	while (value) {
		tmp[n++] = digits[value % base];
		value /= base;
	}
	if (!n && spec->precision != 0)
		tmp[n++] = '0';
	zeros = spec->precision - n;
	if (spec->alt && base == 8 && zeros <= 0 && (!n || tmp[n - 1] != '0'))
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	pad = spec->width - n - p - zeros;
	if (spec->zero && !spec->left && spec->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!spec->left)
		format_pad(out, ' ', pad);
	for (int i = 0; i < p; i++)
		format_putc(out, prefix[i]);
	format_pad(out, '0', zeros);
	while (n)
		format_putc(out, tmp[--n]);
	if (spec->left)
		format_pad(out, ' ', pad);
}

static void format_hex(struct format_out *out, u64 value, int digits)
{
	struct format_spec spec = { .precision = digits };

	format_number(out, &spec, value, 16, false);
}

/* The call before a return address may be the last instruction of its function. */
static void format_symbol(struct format_out *out, unsigned long address, char kind)
{
	struct format_spec plain = { .precision = -1 };
	struct ksym sym;

	if (!ksym_lookup(kind == 'B' ? address - 1 : address, &sym)) {
		format_str(out, &plain, "0x");
		format_hex(out, address, 16);
		return;
	}
	format_str(out, &plain, sym.name);
	if (kind != 's') {
		format_str(out, &plain, "+0x");
		format_hex(out, address - sym.start, 1);
		format_str(out, &plain, "/0x");
		format_hex(out, sym.size, 1);
	}
	if (sym.module) {
		format_str(out, &plain, " [");
		format_str(out, &plain, sym.module);
		format_str(out, &plain, "]");
	}
}

/* Linux's text for the combinations that exist here. */
static void format_gfp(struct format_out *out, struct format_spec *spec, gfp_t gfp)
{
	gfp_t base = gfp & ~__GFP_ZERO;
	const char *name = base == GFP_KERNEL ? "GFP_KERNEL" : base == GFP_ATOMIC ? "GFP_ATOMIC" :
			   base == GFP_NOWAIT ? "GFP_NOWAIT" : NULL;

	if (name) {
		format_str(out, spec, name);
	} else if (base) {
		format_str(out, spec, "0x");
		format_hex(out, base, 1);
	}
	if (gfp & __GFP_ZERO)
		format_str(out, spec, base ? "|__GFP_ZERO" : "__GFP_ZERO");
	else if (!base)
		format_str(out, spec, "none");
}

/* fmt points behind the 'p'.  Returns a pointer behind the letters that were used. */
static const char *format_pointer(struct format_out *out, struct format_spec *spec,
				  const char *fmt, const void *ptr)
{
	unsigned long value = (unsigned long)ptr;

	switch (*fmt) {
	case 'S':
	case 's':
	case 'B':
		format_symbol(out, value, *fmt);
		return fmt + 1;
	case 'G':
		if (fmt[1] == 'g') {
			format_gfp(out, spec, *(const gfp_t *)ptr);
			return fmt + 2;
		}
		break;
	case 'e':
		if (value >= -4095UL) {
			format_number(out, spec, -value, 10, true);
			return fmt + 1;
		}
		fmt++;
		break;
	case 'x':
	case 'K':
		fmt++;
		break;
	}
	if (spec->width <= 0 && !spec->alt)
		spec->precision = 16;
	format_number(out, spec, value, 16, false);
	return fmt;
}

static const char *format_flags(struct format_spec *spec, const char *fmt)
{
	for (;; fmt++) {
		switch (*fmt) {
		case '-':
			spec->left = true;
			break;
		case '+':
			spec->plus = true;
			break;
		case ' ':
			spec->space = true;
			break;
		case '#':
			spec->alt = true;
			break;
		case '0':
			spec->zero = true;
			break;
		default:
			return fmt;
		}
	}
}

static const char *format_decimal(const char *fmt, int *value)
{
	*value = 0;
	while (*fmt >= '0' && *fmt <= '9' && *value < 100000)
		*value = *value * 10 + (*fmt++ - '0');
	return fmt;
}

static const char *format_length(struct format_spec *spec, const char *fmt)
{
	spec->length = sizeof(int);
	switch (*fmt) {
	case 'h':
		spec->length = fmt[1] == 'h' ? 1 : 2;
		return fmt + (fmt[1] == 'h' ? 2 : 1);
	case 'l':
		spec->length = 8;
		return fmt + (fmt[1] == 'l' ? 2 : 1);
	case 'L':
	case 'z':
	case 'j':
	case 't':
		spec->length = 8;
		return fmt + 1;
	}
	return fmt;
}

static void format_signed(struct format_out *out, struct format_spec *spec, s64 value)
{
	if (spec->length == 4)
		value = (s32)value;
	else if (spec->length == 2)
		value = (s16)value;
	else if (spec->length == 1)
		value = (s8)value;
	format_number(out, spec, value < 0 ? -(u64)value : (u64)value, 10, value < 0);
}

static void format_unsigned(struct format_out *out, struct format_spec *spec, u64 value,
			    unsigned int base)
{
	if (spec->length < 8)
		value &= (1UL << (8 * spec->length)) - 1;
	spec->plus = spec->space = false;
	format_number(out, spec, value, base, false);
}

static void format_char(struct format_out *out, struct format_spec *spec, char c)
{
	if (!spec->left)
		format_pad(out, ' ', spec->width - 1);
	format_putc(out, c);
	if (spec->left)
		format_pad(out, ' ', spec->width - 1);
}

/* Parses everything between the '%' and the letter of the conversion. */
static const char *format_parse_spec(struct format_spec *spec, const char *fmt, va_list *args)
{
	fmt = format_flags(spec, fmt);
	if (*fmt == '*') {
		spec->width = va_arg(*args, int);
		if (spec->width < 0) {
			spec->left = true;
			spec->width = -spec->width;
		}
		fmt++;
	} else {
		fmt = format_decimal(fmt, &spec->width);
	}
	if (*fmt == '.') {
		if (*++fmt == '*') {
			spec->precision = va_arg(*args, int);
			fmt++;
		} else {
			fmt = format_decimal(fmt, &spec->precision);
		}
	}
	return format_length(spec, fmt);
}

/* One conversion; fmt points behind the '%'. */
static const char *format_convert(struct format_out *out, const char *fmt, va_list *args)
{
	struct format_spec spec = { .precision = -1 };

	fmt = format_parse_spec(&spec, fmt, args);

	switch (*fmt) {
	case 'd':
	case 'i':
		format_signed(out, &spec, spec.length == 8 ? va_arg(*args, s64) :
			      va_arg(*args, int));
		break;
	case 'X':
		spec.upper = true;
		__attribute__((fallthrough));
	case 'x':
	case 'o':
	case 'u':
		format_unsigned(out, &spec, spec.length == 8 ? va_arg(*args, u64) :
				va_arg(*args, unsigned int),
				*fmt == 'u' ? 10 : *fmt == 'o' ? 8 : 16);
		break;
	case 'c':
		format_char(out, &spec, (char)va_arg(*args, int));
		break;
	case 's':
		format_str(out, &spec, va_arg(*args, const char *));
		break;
	case 'p':
		return format_pointer(out, &spec, fmt + 1, va_arg(*args, const void *));
	case '%':
		format_putc(out, '%');
		break;
	case '\0':
		return fmt;
	default:
		/* Print an unknown conversion as it is; its argument is not consumed. */
		format_putc(out, '%');
		format_putc(out, *fmt);
		break;
	}
	return fmt + 1;
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	struct format_out out = { .buf = buf, .size = size };
	va_list copy;

	va_copy(copy, args);
	while (*fmt) {
		if (*fmt == '%')
			fmt = format_convert(&out, fmt + 1, &copy);
		else
			format_putc(&out, *fmt++);
	}
	va_end(copy);
	if (size)
		buf[out.len < size ? out.len : size - 1] = '\0';
	return (int)out.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* Like vsnprintf(), but returns the number of characters in the buffer. */
int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (!size)
		return 0;
	return (size_t)len < size ? len : (int)size - 1;
}

int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

/* For modules written for Linux; the caller ensures that there is enough room. */
int sprintf(char *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(buf, (size_t)INT_MAX, fmt, args);
	va_end(args);
	return len;
}

EXPORT_SYMBOL(vsnprintf);
EXPORT_SYMBOL(snprintf);
EXPORT_SYMBOL(scnprintf);
EXPORT_SYMBOL(vscnprintf);
EXPORT_SYMBOL(sprintf);
