/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The string and memory functions of C that the compiler and the kernel use.
 *
 * No locks, no allocation, any context.  The memory functions are used before any other code
 * works, and by the text poking code, so none of them has a hook (notrace).  Short copies and all
 * fills move words with plain instructions, which take half the time of a string instruction
 * under an emulator.  Long copies use rep movsq (see arch/x86_64/page.S).
 */
#include <neurath/errno.h>
#include <neurath/export.h>
#include <neurath/string.h>

#define STRING_LONG	256
#define STRING_ONES	0x0101010101010101UL

/* Keeps the compiler from replacing the loop by a call of the function that contains it. */
#define string_loop()	barrier()

static __always_inline u64 string_load(const void *p)
{
	u64 word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
}

static __always_inline void string_store(void *p, u64 word)
{
	__builtin_memcpy(p, &word, sizeof(word));
}

notrace void *memcpy(void *dst, const void *src, size_t n)
{
	const u8 *from = src;
	u8 *to = dst;

	if (n >= STRING_LONG) {
		size_t words = n / 8;

		asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
		n &= 7;
	}
	for (; n >= 32; n -= 32, to += 32, from += 32) {
		u64 a = string_load(from), b = string_load(from + 8);
		u64 c = string_load(from + 16), d = string_load(from + 24);

		string_store(to, a);
		string_store(to + 8, b);
		string_store(to + 16, c);
		string_store(to + 24, d);
		string_loop();
	}
	for (; n >= 8; n -= 8, to += 8, from += 8) {
		string_store(to, string_load(from));
		string_loop();
	}
	for (; n; n--) {
		*to++ = *from++;
		string_loop();
	}
	return dst;
}

notrace void *memset(void *dst, int c, size_t n)
{
	u64 fill = (u8)c * 0x0101010101010101UL;
	u8 *to = dst;

	for (; n >= 128; n -= 128, to += 128) {
#pragma GCC unroll 16
		for (int i = 0; i < 128; i += 8)
			string_store(to + i, fill);
		string_loop();
	}
	for (; n >= 8; n -= 8, to += 8) {
		string_store(to, fill);
		string_loop();
	}
	for (; n; n--) {
		*to++ = (u8)c;
		string_loop();
	}
	return dst;
}

notrace void *memmove(void *dst, const void *src, size_t n)
{
	const u8 *from = src;
	u8 *to = dst;

	if (to <= from || to >= from + n)
		return memcpy(dst, src, n);
	while (n >= 8) {
		n -= 8;
		string_store(to + n, string_load(from + n));
		string_loop();
	}
	while (n) {
		n--;
		to[n] = from[n];
		string_loop();
	}
	return dst;
}

notrace int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n >= 8; n -= 8, x += 8, y += 8) {
		u64 p, q;

		__builtin_memcpy(&p, x, 8);
		__builtin_memcpy(&q, y, 8);
		if (p != q)
			break;
	}
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *memchr(const void *s, int c, size_t n)
{
	const u8 *p = s;

	for (; n; n--, p++)
		if (*p == (u8)c)
			return (void *)p;
	return NULL;
}

__attribute__((no_sanitize("address")))	/* reads the word of the last byte */
size_t strlen(const char *s)
{
	const char *p = s;
	u64 word;

	for (; (unsigned long)p % 8; p++)
		if (!*p)
			return (size_t)(p - s);
	/* An aligned word lies in one page; a byte of zero borrows from its bit 7. */
	for (;; p += 8) {
		word = string_load(p);
		word = (word - STRING_ONES) & ~word & STRING_ONES << 7;
		if (word)
			return (size_t)(p - s) + __builtin_ctzl(word) / 8;
	}
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	do {
		if (*s == (char)c)
			found = s;
	} while (*s++);
	return (char *)found;
}

char *strstr(const char *s, const char *sub)
{
	size_t len = strlen(sub);

	for (; *s; s++)
		if (!strncmp(s, sub, len))
			return (char *)s;
	return len ? NULL : (char *)s;
}

char *strcpy(char *dst, const char *src)
{
	memcpy(dst, src, strlen(src) + 1);
	return dst;
}

char *strncpy(char *dst, const char *src, size_t n)
{
	size_t len = strnlen(src, n);

	memcpy(dst, src, len);
	memset(dst + len, 0, n - len);
	return dst;
}

char *strcat(char *dst, const char *src)
{
	strcpy(dst + strlen(dst), src);
	return dst;
}

ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len;

	if (!size)
		return -E2BIG;
	len = strnlen(src, size);
	if (len < size) {
		memcpy(dst, src, len + 1);
		return (ssize_t)len;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -E2BIG;
}

EXPORT_SYMBOL(memcpy);
EXPORT_SYMBOL(memset);
EXPORT_SYMBOL(memmove);
EXPORT_SYMBOL(memcmp);
EXPORT_SYMBOL(memchr);
EXPORT_SYMBOL(strlen);
EXPORT_SYMBOL(strnlen);
EXPORT_SYMBOL(strcmp);
EXPORT_SYMBOL(strncmp);
EXPORT_SYMBOL(strchr);
EXPORT_SYMBOL(strrchr);
EXPORT_SYMBOL(strstr);
EXPORT_SYMBOL(strcpy);
EXPORT_SYMBOL(strncpy);
EXPORT_SYMBOL(strcat);
EXPORT_SYMBOL(strscpy);
