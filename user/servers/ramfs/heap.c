/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects in kept memory: pages of objects of one size, each with a bitmap of free objects, and
 * runs of pages for larger objects.  The bookkeeping is outside of the objects, so that contents
 * of a new object need no undo.  The caller of a free passes the size.
 */
#include <string.h>
#include "ramfs.h"

static const uint16_t sizes[HEAP_CLASSES] = {
	32, 48, 64, 80, 96, 128, 160, 192, 256, 336, 512, 1008, 2016,
};

static unsigned class_of(size_t size)
{
	unsigned class = 0;

	while (class < HEAP_CLASSES && sizes[class] < size)
		class++;
	return class;
}

static uint64_t pages_for(size_t size)
{
	return (size + PAGE_BYTES - 1) / PAGE_BYTES;
}

static void list_add(struct heap_page *page)
{
	struct heap_page **head = &kept->heap[page->class];

	CHANGE(page->prev) = NULL;
	CHANGE(page->next) = *head;
	if (*head)
		CHANGE((*head)->prev) = page;
	CHANGE(*head) = page;
}

static void list_remove(struct heap_page *page)
{
	if (page->prev)
		CHANGE(page->prev->next) = page->next;
	else
		CHANGE(kept->heap[page->class]) = page->next;
	if (page->next)
		CHANGE(page->next->prev) = page->prev;
}

static struct heap_page *page_create(unsigned class)
{
	unsigned count = (PAGE_BYTES - sizeof(struct heap_page)) / sizes[class];
	struct heap_page *page = (struct heap_page *)page_alloc();

	if (!page)
		return NULL;
	page->class = class;
	page->free_count = page->count = count;
	page->free[0] = count >= 64 ? UINT64_MAX : (1ull << count) - 1;
	page->free[1] = count <= 64 ? 0 : (1ull << (count - 64)) - 1;
	list_add(page);
	return page;
}

static void *object_alloc(unsigned class)
{
	struct heap_page *page;
	unsigned word, bit;

	page = kept->heap[class];
	if (!page)
		page = page_create(class);
	if (!page)
		return NULL;
	word = page->free[0] ? 0 : 1;
	bit = __builtin_ctzll(page->free[word]);
	CHANGE(page->free[word]) &= ~(1ull << bit);
	if (--CHANGE(page->free_count) == 0)
		list_remove(page);
	return (char *)(page + 1) + (word * 64 + bit) * sizes[class];
}

void *heap_alloc(size_t size)
{
	unsigned class = class_of(size);
	void *object = class == HEAP_CLASSES ? pages_alloc_run(pages_for(size)) :
					       object_alloc(class);

	if (object)
		CHANGE(kept->objects)++;
	return object;
}

static void object_free(void *object)
{
	struct heap_page *page = (struct heap_page *)((uintptr_t)object / PAGE_BYTES * PAGE_BYTES);
	unsigned index;

	index = ((char *)object - (char *)(page + 1)) / sizes[page->class];
	CHANGE(page->free[index / 64]) |= 1ull << index % 64;
	if (page->free_count == 0)
		list_add(page);
	if (++CHANGE(page->free_count) == page->count) {
		list_remove(page);
		page_free((uint8_t *)page);
	}
}

void heap_free(void *object, size_t size)
{
	if (!object)
		return;
	CHANGE(kept->objects)--;
	if (class_of(size) == HEAP_CLASSES)
		pages_free_run(object, pages_for(size));
	else
		object_free(object);
}

void *heap_resize(void *object, size_t old, size_t new)
{
	void *moved;

	if (object && class_of(old) == class_of(new) &&
	    (class_of(old) < HEAP_CLASSES || pages_for(old) == pages_for(new)))
		return object;
	moved = heap_alloc(new);
	if (!moved)
		return NULL;
	if (object)
		memcpy(moved, object, old < new ? old : new);
	heap_free(object, old);
	return moved;
}
