/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict conversion of text to numbers: kstrtoul() and its relatives.
 *
 * Unlike for strtoul(), the whole string must be the number; one trailing newline is allowed,
 * because echo writes files of /sys and /proc.  Base 0 evaluates 0x and a leading 0.  Results: 0,
 * -EINVAL (not a number), -ERANGE (does not fit).  The output is written only on success.  No
 * locks; any context.
 */
#include <neurath/errno.h>
#include <neurath/export.h>
#include <neurath/string.h>

static int kstrto_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 10;
	return 99;
}

static const char *kstrto_base(const char *s, unsigned int *base)
{
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && kstrto_digit(s[2]) < 16;

	if (*base == 0)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

int kstrtoull(const char *s, unsigned int base, unsigned long long *result)
{
	unsigned long long value = 0;
	bool overflow = false;
	const char *start;

	if (*s == '+')
		s++;
	s = start = kstrto_base(s, &base);
	for (; kstrto_digit(*s) < (int)base; s++) {
		overflow |= __builtin_mul_overflow(value, (unsigned long long)base, &value);
		overflow |= __builtin_add_overflow(value, (unsigned long long)kstrto_digit(*s),
						   &value);
	}
	if (s == start)
		return -EINVAL;
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*result = value;
	return 0;
}

int kstrtoll(const char *s, unsigned int base, long long *result)
{
	bool negative = *s == '-';
	unsigned long long value;
	int error;

	if (negative && (s[1] == '+' || s[1] == '-'))
		return -EINVAL;
	error = kstrtoull(negative ? s + 1 : s, base, &value);
	if (error)
		return error;
	if (value > (unsigned long long)LLONG_MAX + negative)
		return -ERANGE;
	*result = negative ? (long long)-value : (long long)value;
	return 0;
}

int kstrtoul(const char *s, unsigned int base, unsigned long *result)
{
	unsigned long long value;
	int error = kstrtoull(s, base, &value);

	if (!error)
		*result = value;
	return error;
}

int kstrtol(const char *s, unsigned int base, long *result)
{
	long long value;
	int error = kstrtoll(s, base, &value);

	if (!error)
		*result = value;
	return error;
}

int kstrtouint(const char *s, unsigned int base, unsigned int *result)
{
	unsigned long long value;
	int error = kstrtoull(s, base, &value);

	if (error)
		return error;
	if (value > UINT_MAX)
		return -ERANGE;
	*result = (unsigned int)value;
	return 0;
}

int kstrtoint(const char *s, unsigned int base, int *result)
{
	long long value;
	int error = kstrtoll(s, base, &value);

	if (error)
		return error;
	if (value > INT_MAX || value < INT_MIN)
		return -ERANGE;
	*result = (int)value;
	return 0;
}

/* 0/1, y/n, t/f, on/off, in any case of letters. */
int kstrtobool(const char *s, bool *result)
{
	char first = s[0] | 0x20, second = s[0] ? s[1] | 0x20 : 0;

	if (s[0] == '1' || first == 'y' || first == 't' || (first == 'o' && second == 'n'))
		*result = true;
	else if (s[0] == '0' || first == 'n' || (first == 'f') || (first == 'o' && second == 'f'))
		*result = false;
	else
		return -EINVAL;
	return 0;
}

EXPORT_SYMBOL(kstrtoull);
EXPORT_SYMBOL(kstrtoll);
EXPORT_SYMBOL(kstrtoul);
EXPORT_SYMBOL(kstrtol);
EXPORT_SYMBOL(kstrtouint);
EXPORT_SYMBOL(kstrtoint);
EXPORT_SYMBOL(kstrtobool);
