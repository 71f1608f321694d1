/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Freestanding C strings and memory, and parsers of numbers.  Any context. */
#ifndef NEURATH_STRING_H
#define NEURATH_STRING_H

#include <neurath/types.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *hay, const char *needle);
char *strcpy(char *dst, const char *src);
char *strncpy(char *dst, const char *src, size_t n);
char *strcat(char *dst, const char *src);
/* Copies with NUL and truncation: the length copied, or -E2BIG. */
ssize_t strscpy(char *dst, const char *src, size_t size);
/* kmalloc'ed copies; NULL = no memory. (may not be called under a spinlock ranked above slab) */
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);

/* Whole-string numbers, an ending newline is allowed: 0, -EINVAL, -ERANGE. */
int kstrtol(const char *s, unsigned base, long *res);
int kstrtoul(const char *s, unsigned base, unsigned long *res);
int kstrtoint(const char *s, unsigned base, int *res);
int kstrtouint(const char *s, unsigned base, unsigned *res);
int kstrtoll(const char *s, unsigned base, long long *res);
int kstrtoull(const char *s, unsigned base, unsigned long long *res);
/* y, Y, t, T, 1, on / n, N, f, F, 0, of(f): 0 or -EINVAL. */
int kstrtobool(const char *s, bool *res);

#endif
