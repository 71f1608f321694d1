/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry selectors (contract: neurath/hook.h): small pieces of generated code in their own pages,
 * read-only and executable, written by text poking.
 *
 * One selector, 64 bytes:
 *
 *	movabs $top, %r11
 *	mov    (%r11), %r11			v = *top
 *	cmpb   $0, transition(%r11)		read after top: barrier B's reader
 *	je     1f
 *	mov    %gs:current, %r10
 *	cmpl   $0, patch_state(%r10)		read after transition: barrier A's reader
 *	jne    1f
 *	mov    below(%r11), %r11
 * 1:	jmp    *ip(%r11)
 *
 * The processor keeps the order of loads, so the two read barriers need no instruction.  At a
 * function's entry r10 and r11 contain no values (r10 is the static chain, which the kernel's C
 * code does not use).
 *
 * Selectors are allocated under selector_mutex and do not move.  Interrupts read selector_pages
 * without a lock: entries are only added.  Each is as large as all before it together,
 * so that there are few to look at.
 */
#include <neurath/hook.h>
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/errno.h>
#include <neurath/mm.h>
#include <neurath/mutex.h>
#include <neurath/printk.h>
#include <neurath/race.h>
#include <neurath/string.h>
#include <neurath/task.h>

#define SELECTOR_SIZE		64
#define SELECTORS_PER_PAGE	(PAGE_SIZE / SELECTOR_SIZE)
#define SELECTOR_MAX_PAGES	11	/* 1, 1, 2, 4 ... 512 times PAGE_SIZE */
#define SELECTOR_MAX		(SELECTORS_PER_PAGE << (SELECTOR_MAX_PAGES - 1))

struct selector {
	unsigned long entry;		/* constant */
	unsigned long func;		/* the function that it represents (selector_mutex) */
	struct selector *next_free;	/* (selector_mutex) */
};

/* Constant once published. */
struct selector_page {
	unsigned long text;
	unsigned long size;		/* of the text, a multiple of PAGE_SIZE */
	struct selector slots[];
};

static DEFINE_MUTEX_RANK(selector_mutex, RANK_HOOK);
static struct selector_page *selector_pages[SELECTOR_MAX_PAGES];
/* (selector_mutex); selector_rewind() reads it without a lock */
static unsigned nr_selector_pages;
static struct selector *free_selectors;	/* (selector_mutex) */

struct code {
	u8 bytes[SELECTOR_SIZE];
	unsigned n;
};

static __always_inline void code_emit(struct code *c, const void *bytes, size_t n)
{
	assert(c->n + n <= SELECTOR_SIZE);
	__builtin_memcpy(c->bytes + c->n, bytes, n);
	c->n += n;
}

#define EMIT(c, ...) \
	do { \
		const u8 _b[] = { __VA_ARGS__ }; \
		code_emit(c, _b, sizeof(_b)); \
	} while (0)

static u8 field_disp8(size_t offset)
{
	assert(offset < 128);
	return (u8)offset;
}

/* A forward jump over later code: returns the position of its displacement. */
static unsigned emit_short_jump(struct code *c, u8 opcode)
{
	EMIT(c, opcode, 0);
	return c->n - 1;
}

static void land_short_jump(struct code *c, unsigned at)
{
	c->bytes[at] = (u8)(c->n - (at + 1));
}

static void selector_generate(struct code *c, struct hook_version **top)
{
	u32 current_offset = offsetof(struct cpu, task);
	u32 state_offset = offsetof(struct task, patch_state);
	unsigned steady, patched;

	EMIT(c, 0x49, 0xbb);					/* movabs $top, %r11 */
	code_emit(c, &top, sizeof(top));
	EMIT(c, 0x4d, 0x8b, 0x1b);				/* mov (%r11), %r11 */
	if (CONFIG_DEBUG && race_one_in) {
		/* In tests for races, interrupts shall find CPUs here. */
		EMIT(c, 0x41, 0xba, 0x00, 0x00,			/* mov $0x40000, %r10d */
		     0x04, 0x00);
		EMIT(c, 0x41, 0xff, 0xca);			/* dec %r10d */
		EMIT(c, 0x75, 0xfb);				/* jnz to the dec */
	}
	EMIT(c, 0x41, 0x80, 0x7b, field_disp8(offsetof(struct hook_version, transition)), 0);
	steady = emit_short_jump(c, 0x74);			/* je */
	EMIT(c, 0x65, 0x4c, 0x8b, 0x14, 0x25);			/* mov %gs:disp32, %r10 */
	code_emit(c, &current_offset, sizeof(current_offset));
	EMIT(c, 0x41, 0x83, 0xba);				/* cmpl $0, disp32(%r10) */
	code_emit(c, &state_offset, sizeof(state_offset));
	EMIT(c, 0);
	patched = emit_short_jump(c, 0x75);			/* jne */
	EMIT(c, 0x4d, 0x8b, 0x5b, field_disp8(offsetof(struct hook_version, below)));
	land_short_jump(c, steady);
	land_short_jump(c, patched);
	EMIT(c, 0x41, 0xff, 0x63, field_disp8(offsetof(struct hook_version, ip)));
	while (c->n < SELECTOR_SIZE)
		EMIT(c, 0xcc);
}

/* Text for selectors, sealed before it is visible; NULL: no memory. */
static struct selector_page *selector_page_create(size_t size)
{
	size_t slots = size / SELECTOR_SIZE * sizeof(struct selector);
	struct selector_page *page = vzalloc(sizeof(*page) + slots);
	void *text = module_alloc(size);

	if (!page || !text || kprotect_range((unsigned long)text, size, PROT_KERNEL_RX)) {
		vfree(page);
		if (text)
			module_free(text);
		return NULL;
	}
	page->text = (unsigned long)text;
	page->size = size;
	return page;
}

/* As many free selectors as there are, or the first ones. */
static void selectors_add(void)
{
	unsigned n = nr_selector_pages;
	struct selector_page *page;

	if (n == SELECTOR_MAX_PAGES) {
		pr_err("%lu functions have selectors: no more can be patched\n", SELECTOR_MAX);
		return;
	}
	page = selector_page_create(n ? PAGE_SIZE << (n - 1) : PAGE_SIZE);
	if (!page)
		return;
	/* The first one is the first to be taken. */
	for (unsigned long i = page->size / SELECTOR_SIZE; i--;) {
		page->slots[i].entry = page->text + i * SELECTOR_SIZE;
		page->slots[i].next_free = free_selectors;
		free_selectors = &page->slots[i];
	}
	selector_pages[n] = page;
	/* Pairs with the acquire in selector_rewind(): the page is complete before it counts. */
	smp_store_release(&nr_selector_pages, n + 1);
}

struct selector *selector_create(unsigned long func, struct hook_version **top)
{
	struct code code = { .n = 0 };
	struct selector *s;

	mutex_lock(&selector_mutex);
	if (!free_selectors)
		selectors_add();
	s = free_selectors;
	if (s) {
		free_selectors = s->next_free;
		selector_generate(&code, top);
		text_poke_copy(s->entry, code.bytes, SELECTOR_SIZE);
		s->func = func;
	}
	mutex_unlock(&selector_mutex);
	return s;
}

void selector_free(struct selector *s)
{
	mutex_lock(&selector_mutex);
	s->func = 0;
	s->next_free = free_selectors;
	free_selectors = s;
	mutex_unlock(&selector_mutex);
}

unsigned long selector_entry(const struct selector *s)
{
	return s->entry;
}

notrace void selector_rewind(struct pt_regs *regs)
{
	/* Pairs with the release in selectors_add(). */
	unsigned pages = smp_load_acquire(&nr_selector_pages);

	if (user_mode(regs))
		return;
	for (unsigned p = 0; p < pages; p++) {
		unsigned long offset = regs->rip - selector_pages[p]->text;

		if (offset < selector_pages[p]->size) {
			/* The slot of the function led here, and no state has changed since. */
			regs->rip = selector_pages[p]->slots[offset / SELECTOR_SIZE].func;
			return;
		}
	}
}
