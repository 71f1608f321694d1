/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.c - memory of the host for files that are compiled with the kernel's headers; kernel.h is the contract. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void *host_alloc(size_t size);
void host_free(void *p);
void *host_map(unsigned long at, size_t size);
void host_unmap(void *p, size_t size);
void host_show(const char *message);

void *host_alloc(size_t size)
{
	return malloc(size);
}

void host_free(void *p)
{
	free(p);
}

void *host_map(unsigned long at, size_t size)
{
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void host_unmap(void *p, size_t size)
{
	munmap(p, size);
}

void host_show(const char *message)
{
	if (getenv("FUZZ_LOG"))
		fprintf(stderr, "%s", message);
}
