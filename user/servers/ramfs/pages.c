/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of kept memory: a bitmap.  A search continues where the last one ended, so a file
 * that is written at once gets neighbouring pages, which can be read in one copy.
 *
 * A word of the bitmap stands for 64 pages.  When all of them are free the memory is returned to
 * the kernel, but only after the request is committed, since an undo might need it.  Until then
 * the word is marked in a second map, one bit for each word, so that no word is forgotten,
 * however many pages a request frees.  The marks belong to this process: the next process returns
 * all free words.
 */
#include <string.h>
#include <sys/sysinfo.h>
#include "ramfs.h"

#define WORD_PAGES	64
#define WORD_BYTES	(WORD_PAGES * (uint64_t)PAGE_BYTES)
/*
 * The rest of the machine's memory is for programs, so that a user who has filled the file system
 * can still start a program that removes files.  Files get half of the memory, and no more when
 * little is left of the other half.
 */
#define MAX_PART	2
#define RESERVE_PART	16

static uint64_t hint;			/* the first word to search */
/* Words that became free in this request are from the first on, before the end. */
static uint64_t idle_first = UINT64_MAX, idle_end;

static uint64_t *bitmap(void)
{
	return (uint64_t *)(KEEP_ADDRESS + KEEP_HEAD_BYTES);
}

static uint64_t *idle_map(void)
{
	return (uint64_t *)(KEEP_ADDRESS + kept->idle_offset);
}

static uint8_t *page_address(uint64_t index)
{
	return (uint8_t *)KEEP_ADDRESS + kept->first_page + index * PAGE_BYTES;
}

static uint64_t page_index(const void *page)
{
	return ((uintptr_t)page - (uintptr_t)page_address(0)) / PAGE_BYTES;
}

static uint64_t nr_words(void)
{
	return kept->nr_pages / WORD_PAGES;
}

/* The number of the kernel's free pages that may become files. */
static uint64_t machine_has(void)
{
	struct sysinfo info;
	uint64_t pages, reserve = kept->nr_pages / RESERVE_PART;

	if (sysinfo(&info) != 0)
		return kept->nr_pages;
	pages = info.freeram * (info.mem_unit ? info.mem_unit : 1) / PAGE_BYTES;
	return pages > reserve ? pages - reserve : 0;
}

static uint64_t below_limit(void)
{
	uint64_t limit = kept->nr_pages / MAX_PART;

	return kept->pages_used < limit ? limit - kept->pages_used : 0;
}

uint64_t pages_left(void)
{
	uint64_t machine = machine_has(), limit = below_limit();

	return machine < limit ? machine : limit;
}

/* Pages that were returned must be allocated by the kernel again: true if it has some. */
static bool may_grow(void)
{
	return machine_has() >= WORD_PAGES;
}

static bool take(uint64_t index)
{
	uint64_t *word = bitmap() + index / WORD_PAGES;

	if (!below_limit() || (!*word && !may_grow()))
		return false;
	CHANGE(*word) |= 1ull << index % WORD_PAGES;
	CHANGE(kept->pages_used)++;
	return true;
}

uint8_t *page_alloc(void)
{
	bool refused = false;

	for (uint64_t i = 0; i < nr_words(); i++) {
		uint64_t word = (hint + i) % nr_words(), used = bitmap()[word], index;

		if (!used && !refused)
			refused = !may_grow();
		if (used == UINT64_MAX || (!used && refused))
			continue;
		hint = word;
		index = word * WORD_PAGES + __builtin_ctzll(~used);
		return take(index) ? page_address(index) : NULL;
	}
	return NULL;
}

static bool is_used(uint64_t index)
{
	return bitmap()[index / WORD_PAGES] >> index % WORD_PAGES & 1;
}

static bool take_run(uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (!take(first + i)) {
			pages_free_run(page_address(first), i);
			return false;
		}
	return true;
}

void *pages_alloc_run(uint64_t count)
{
	uint64_t run = 0;

	for (uint64_t i = 0; i < kept->nr_pages; i++) {
		if (i % WORD_PAGES == 0 && bitmap()[i / WORD_PAGES] == UINT64_MAX) {
			run = 0;
			i += WORD_PAGES - 1;
			continue;
		}
		run = is_used(i) ? 0 : run + 1;
		if (run == count)
			return take_run(i + 1 - count, count) ? page_address(i + 1 - count) : NULL;
	}
	return NULL;
}

static void mark_idle(uint64_t word)
{
	idle_map()[word / 64] |= 1ull << word % 64;
	if (word < idle_first)
		idle_first = word;
	if (word >= idle_end)
		idle_end = word + 1;
}

void page_free(uint8_t *page)
{
	uint64_t index = page_index(page), word = index / WORD_PAGES;

	CHANGE(bitmap()[word]) &= ~(1ull << index % WORD_PAGES);
	CHANGE(kept->pages_used)--;
	if (!bitmap()[word])
		mark_idle(word);
}

void pages_free_run(void *pages, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		page_free((uint8_t *)pages + i * PAGE_BYTES);
}

/* Returns words @first to @end - 1, all free, in one call, since each call costs the same. */
static void give_back(struct srv *srv, uint64_t first, uint64_t end)
{
	long ret = port_discard(srv->port, page_address(first * WORD_PAGES),
			       (end - first) * WORD_BYTES);

	if (ret < 0)
		srv_log(srv, "cannot give back %lu free pages: error %ld",
			(unsigned long)((end - first) * WORD_PAGES), -ret);
}

/* Clears the mark; true if it was set and no page of the word is in use. */
static bool take_idle(uint64_t word)
{
	uint64_t *marks = idle_map() + word / 64, mark = 1ull << word % 64;

	if (!(*marks & mark))
		return false;
	*marks &= ~mark;
	return !bitmap()[word];
}

void pages_committed(struct srv *srv)
{
	uint64_t word = idle_first, first;

	while (word < idle_end) {
		for (first = word; word < idle_end && take_idle(word); word++)
			;
		if (word > first)
			give_back(srv, first, word);
		/* It was not free, or not marked. */
		word += word % 64 == 0 && !idle_map()[word / 64] ? 64 : 1;
	}
	idle_first = UINT64_MAX;
	idle_end = 0;
}

/* Words that the last process was about to return have no mark. */
void pages_recovered(struct srv *srv)
{
	uint64_t word = 0, first;

	memset(idle_map(), 0, (nr_words() + 63) / 64 * sizeof(uint64_t));
	for (; word < nr_words(); word++) {
		for (first = word; word < nr_words() && !bitmap()[word]; word++)
			;
		if (word > first)
			give_back(srv, first, word);
	}
}
