/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contents of regular files; the representation is described at struct data. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ramfs.h"

static const uint8_t zero_page[PAGE_BYTES];

static uint8_t *page_at(const struct data *data, uint64_t index)
{
	return index < data->nr_pages ? data->pages[index] : NULL;
}

static size_t smaller(size_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The length of the range at @pos in page @index and in the pages directly behind it. */
static size_t page_run(const struct data *data, uint64_t pos, size_t max)
{
	uint64_t index = pos / PAGE_BYTES;
	const uint8_t *page = page_at(data, index);
	size_t len = PAGE_BYTES - pos % PAGE_BYTES;

	while (len < max && page_at(data, index + 1) == page + PAGE_BYTES) {
		index++;
		page += PAGE_BYTES;
		len += PAGE_BYTES;
	}
	return smaller(max, len);
}

const uint8_t *data_run(const struct data *data, uint64_t pos, size_t max, size_t *len)
{
	uint64_t index = pos / PAGE_BYTES;
	uint8_t *page = page_at(data, index);
	uint64_t end;

	if (page) {
		*len = page_run(data, pos, max);
		return page + pos % PAGE_BYTES;
	}
	if (pos >= data->base_size) {
		*len = smaller(max, PAGE_BYTES - pos % PAGE_BYTES);
		return zero_page;
	}
	/* The base, up to its end or to the next separate page. */
	end = pos + smaller(max, data->base_size - pos);
	if (data->used)
		for (index++; index * PAGE_BYTES < end; index++)
			if (page_at(data, index))
				end = index * PAGE_BYTES;
	*len = end - pos;
	return data->base + pos;
}

uint64_t data_pages(const struct data *data)
{
	uint64_t in_base = (data->base_size + PAGE_BYTES - 1) / PAGE_BYTES, twice = 0;

	if (data->used)
		for (uint64_t i = 0; i < in_base && i < data->nr_pages; i++)
			twice += data->pages[i] != NULL;
	return in_base + data->used - twice;
}

/* Slots for pages up to and including @index. */
static int grow_slots(struct data *data, uint64_t index)
{
	uint64_t room = data->nr_pages ? data->nr_pages : 4;
	uint8_t **pages;

	if (index < data->nr_pages)
		return 0;
	while (room <= index)
		room *= 2;
	pages = heap_resize(data->pages, data->nr_pages * sizeof(*pages), room * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	memset(pages + data->nr_pages, 0, (room - data->nr_pages) * sizeof(*pages));
	CHANGE(data->pages) = pages;
	CHANGE(data->nr_pages) = room;
	return 0;
}

/* Allocates a separate page at @index with the contents that were visible there. */
static int own_page(struct data *data, uint64_t index)
{
	uint64_t start = index * PAGE_BYTES;
	size_t from_base = 0;
	uint8_t *page;

	if (page_at(data, index))
		return 0;
	if (grow_slots(data, index) < 0)
		return -ENOMEM;
	page = page_alloc();
	if (!page)
		return -ENOMEM;
	if (start < data->base_size)
		from_base = smaller(PAGE_BYTES, data->base_size - start);
	if (from_base)
		memcpy(page, data->base + start, from_base);
	memset(page + from_base, 0, PAGE_BYTES - from_base);
	CHANGE(data->pages[index]) = page;
	CHANGE(data->used)++;
	return 0;
}

size_t data_prepare(struct data *data, uint64_t pos, size_t len)
{
	size_t done = 0;

	if (pos > FILE_MAX || len > FILE_MAX - pos)
		return 0;
	while (done < len && own_page(data, (pos + done) / PAGE_BYTES) == 0)
		done += PAGE_BYTES - (pos + done) % PAGE_BYTES;
	return smaller(done, len);
}

static void drop_page(struct data *data, uint64_t index)
{
	if (!data->pages[index])
		return;
	page_free(data->pages[index]);
	CHANGE(data->pages[index]) = NULL;
	CHANGE(data->used)--;
}

/* Frees slots; if there is no memory for that, the larger array stays. */
static void shrink_slots(struct data *data, uint64_t keep)
{
	uint8_t **pages = NULL;

	if (keep >= data->nr_pages / 2 && keep)
		return;
	if (keep) {
		pages = heap_alloc(keep * sizeof(*pages));
		if (!pages)
			return;
		memcpy(pages, data->pages, keep * sizeof(*pages));
	}
	heap_free(data->pages, data->nr_pages * sizeof(*pages));
	CHANGE(data->pages) = pages;
	CHANGE(data->nr_pages) = keep;
}

/* Only zeros from @size on. */
static void data_cut(struct data *data, uint64_t size)
{
	uint64_t keep = (size + PAGE_BYTES - 1) / PAGE_BYTES;
	uint8_t *last = page_at(data, size / PAGE_BYTES);

	for (uint64_t i = keep; i < data->nr_pages; i++)
		drop_page(data, i);
	if (last && size % PAGE_BYTES)
		memset(undo(last + size % PAGE_BYTES, PAGE_BYTES - size % PAGE_BYTES), 0,
		       PAGE_BYTES - size % PAGE_BYTES);
	if (data->base_size > size)
		CHANGE(data->base_size) = size;
	shrink_slots(data, keep);
}

void data_trim(struct data *data)
{
	data_cut(data, data->size);
}

int data_resize(struct data *data, uint64_t size)
{
	if (size > FILE_MAX)
		return -EFBIG;
	if (size < data->size)
		data_cut(data, size);
	CHANGE(data->size) = size;
	return 0;
}

bool data_shrink(struct data *data, uint64_t max)
{
	for (uint64_t i = data->nr_pages; i-- > 0 && data->used && max;) {
		if (!data->pages[i])
			continue;
		drop_page(data, i);
		max--;
	}
	if (data->used)
		return false;
	shrink_slots(data, 0);
	return true;
}
