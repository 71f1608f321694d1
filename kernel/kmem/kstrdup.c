/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of strings in memory of kmalloc(). */
#include <neurath/export.h>
#include <neurath/mm.h>
#include <neurath/string.h>

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	size_t len = strnlen(s, max);
	char *copy = kmalloc(len + 1, gfp);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return kstrndup(s, SIZE_MAX, gfp);
}

EXPORT_SYMBOL(kstrdup);
EXPORT_SYMBOL(kstrndup);
