/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page pool: chunks of 64 pages, aligned to their size, with a bitmap of free pages each.  The
 * first page that is free in the newest chunk with room is taken, so a file that is written in one
 * go gets neighbouring pages, which are read in one copy.
 */
#include <sys/mman.h>
#include <stdlib.h>
#include "ramfs.h"

#define CHUNK_PAGES	64
#define CHUNK_BYTES	(CHUNK_PAGES * PAGE_BYTES)

/* Bookkeeping stands outside the chunk: 64 pages of data are exactly 64 pages of memory. */
struct chunk {
	struct chunk *next, *prev;	/* chunks with room, newest first */
	struct chunk *chain;		/* hash chain */
	uint8_t *memory;
	uint64_t free;			/* bit i: page i is free */
};

uint64_t pages_used;
static struct chunk *with_room;
#define BUCKETS 1024
static struct chunk *buckets[BUCKETS];

static struct chunk **bucket_of(const uint8_t *memory)
{
	return &buckets[(uintptr_t)memory / CHUNK_BYTES % BUCKETS];
}

static void room_add(struct chunk *chunk)
{
	chunk->prev = NULL;
	chunk->next = with_room;
	if (with_room)
		with_room->prev = chunk;
	with_room = chunk;
}

static void room_remove(struct chunk *chunk)
{
	if (chunk->prev)
		chunk->prev->next = chunk->next;
	else
		with_room = chunk->next;
	if (chunk->next)
		chunk->next->prev = chunk->prev;
}

/* Maps twice the size and gives back what lies outside the aligned middle. */
static uint8_t *map_aligned(void)
{
	uint8_t *start = mmap(NULL, 2 * CHUNK_BYTES, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t head;

	if (start == MAP_FAILED)
		return NULL;
	head = -(uintptr_t)start % CHUNK_BYTES;
	if (head)
		munmap(start, head);
	munmap(start + head + CHUNK_BYTES, CHUNK_BYTES - head);
	return start + head;
}

static struct chunk *chunk_create(void)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	if (!chunk)
		return NULL;
	chunk->memory = map_aligned();
	if (!chunk->memory) {
		free(chunk);
		return NULL;
	}
	chunk->free = UINT64_MAX;
	chunk->chain = *bucket_of(chunk->memory);
	*bucket_of(chunk->memory) = chunk;
	room_add(chunk);
	return chunk;
}

static void chunk_destroy(struct chunk *chunk)
{
	struct chunk **link = bucket_of(chunk->memory);

	while (*link != chunk)
		link = &(*link)->chain;
	*link = chunk->chain;
	room_remove(chunk);
	munmap(chunk->memory, CHUNK_BYTES);
	free(chunk);
}

uint8_t *page_alloc(void)
{
	struct chunk *chunk = with_room ? with_room : chunk_create();
	unsigned index;

	if (!chunk)
		return NULL;
	index = __builtin_ctzll(chunk->free);
	chunk->free &= chunk->free - 1;
	if (!chunk->free)
		room_remove(chunk);
	pages_used++;
	return chunk->memory + index * PAGE_BYTES;
}

void page_free(uint8_t *page)
{
	uint8_t *memory = (uint8_t *)((uintptr_t)page / CHUNK_BYTES * CHUNK_BYTES);
	struct chunk *chunk = *bucket_of(memory);

	while (chunk->memory != memory)
		chunk = chunk->chain;
	if (!chunk->free)
		room_add(chunk);
	chunk->free |= 1ull << ((page - memory) / PAGE_BYTES);
	pages_used--;
	if (chunk->free == UINT64_MAX)
		chunk_destroy(chunk);
}
