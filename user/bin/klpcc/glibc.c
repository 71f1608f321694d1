/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glibc.c - the checked forms of common functions, which Debian's libtcc.a expects of glibc.  They
 * call the plain functions of any C library, and ignore the sizes that glibc would check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __fprintf_chk(FILE *file, int flag, const char *fmt, ...);
int __printf_chk(int flag, const char *fmt, ...);
int __snprintf_chk(char *out, size_t max, int flag, size_t size, const char *fmt, ...);
int __sprintf_chk(char *out, int flag, size_t size, const char *fmt, ...);
int __vfprintf_chk(FILE *file, int flag, const char *fmt, va_list args);
int __vsnprintf_chk(char *out, size_t max, int flag, size_t size, const char *fmt, va_list args);
int __isoc99_sscanf(const char *text, const char *fmt, ...);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t size);
void *__memmove_chk(void *to, const void *from, size_t n, size_t size);
void __longjmp_chk(jmp_buf env, int value);

int __vfprintf_chk(FILE *file, int flag, const char *fmt, va_list args)
{
	return vfprintf(file, fmt, args);
}

int __vsnprintf_chk(char *out, size_t max, int flag, size_t size, const char *fmt, va_list args)
{
	return vsnprintf(out, max, fmt, args);
}

int __fprintf_chk(FILE *file, int flag, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vfprintf(file, fmt, args);
	va_end(args);
	return n;
}

int __printf_chk(int flag, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vprintf(fmt, args);
	va_end(args);
	return n;
}

int __snprintf_chk(char *out, size_t max, int flag, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(out, max, fmt, args);
	va_end(args);
	return n;
}

int __sprintf_chk(char *out, int flag, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsprintf(out, fmt, args);
	va_end(args);
	return n;
}

int __isoc99_sscanf(const char *text, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsscanf(text, fmt, args);
	va_end(args);
	return n;
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t size)
{
	return memcpy(to, from, n);
}

void *__memmove_chk(void *to, const void *from, size_t n, size_t size)
{
	return memmove(to, from, n);
}

void __longjmp_chk(jmp_buf env, int value)
{
	longjmp(env, value);
}
