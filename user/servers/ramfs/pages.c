/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pages of kept memory: a bitmap.  The search goes on where the last one ended, so a file that
 * is written in one go gets neighbouring pages, which are read in one copy.
 *
 * A word of the bitmap stands for 64 pages.  When the last of them is free the memory goes back
 * to the kernel, but not before the request is committed: it might be needed again.
 */
#include <string.h>
#include <sys/sysinfo.h>
#include "ramfs.h"

#define WORD_PAGES	64
#define WORD_BYTES	(WORD_PAGES * (uint64_t)PAGE_BYTES)
/*
 * The rest of the machine's memory is for programs, so that who has filled the file system can
 * still start one that removes something: files get half of it, and no more when little is left
 * of the other half.
 */
#define MAX_PART	2
#define RESERVE_PART	32
#define MAX_IDLE	256

static uint64_t hint;			/* word to look at first */
static uint64_t idle[MAX_IDLE];		/* words that became free in this request */
static unsigned nr_idle;

static uint64_t *bitmap(void)
{
	return (uint64_t *)(KEEP_ADDRESS + KEEP_HEAD_BYTES);
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

/* Of the kernel's free pages those that may become files. */
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

/* Pages that were given back must come from the kernel again: has it any? */
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

void page_free(uint8_t *page)
{
	uint64_t index = page_index(page), word = index / WORD_PAGES;

	CHANGE(bitmap()[word]) &= ~(1ull << index % WORD_PAGES);
	CHANGE(kept->pages_used)--;
	if (!bitmap()[word] && nr_idle < MAX_IDLE)
		idle[nr_idle++] = word;
}

void pages_free_run(void *pages, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		page_free((uint8_t *)pages + i * PAGE_BYTES);
}

void pages_committed(struct srv *srv)
{
	while (nr_idle) {
		uint64_t word = idle[--nr_idle];

		if (!bitmap()[word])
			port_discard(srv->port, page_address(word * WORD_PAGES), WORD_BYTES);
	}
}

void pages_recovered(struct srv *srv)
{
	/* What the last process was about to give back. */
	for (uint64_t word = 0; word < nr_words(); word++)
		if (!bitmap()[word])
			port_discard(srv->port, page_address(word * WORD_PAGES), WORD_BYTES);
}
