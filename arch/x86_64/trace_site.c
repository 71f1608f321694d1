/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sites of function tracing (contract: neurath/hook.h): a trampoline for each function that has
 * ever been traced, in separate pages that are written before they can be executed.
 *
 *	movabs $site, %r11
 *	jmp    *stub(%r11)		that of the tracer
 *
 * A site belongs to its function as long as the function may be called.  So a CPU that an interrupt
 * keeps in a trampoline continues at that function, even long after the end of tracing, and no
 * code has to wait for the CPU.  Pages of sites are never freed; the site of a function of
 * a module that is gone serves another function.
 */
#include <neurath/arch.h>
#include <neurath/bug.h>
#include <neurath/hook.h>
#include <neurath/mm.h>
#include <neurath/string.h>

#define TRAMPOLINE_SIZE		16
#define SITES_PER_PAGE		(PAGE_SIZE / TRAMPOLINE_SIZE)

extern const char trace_function_stub[], trace_graph_stub[];

/* The sites of the page with free room, and the freed ones. (klp_mutex) */
static struct trace_site *site_block, *site_free;
static unsigned site_used = SITES_PER_PAGE;

static void trampoline_write(u8 *at, const struct trace_site *site)
{
	unsigned long address = (unsigned long)site;

	at[0] = 0x49;				/* movabs $site, %r11 */
	at[1] = 0xbb;
	memcpy(at + 2, &address, sizeof(address));
	at[10] = 0x41;				/* jmp *stub(%r11) */
	at[11] = 0xff;
	at[12] = 0x63;
	at[13] = __builtin_offsetof(struct trace_site, stub);
	at[14] = at[15] = 0xcc;
}

void trace_site_set_tracer(struct trace_site *site, bool graph)
{
	WRITE_ONCE(site->stub, (unsigned long)(graph ? trace_graph_stub : trace_function_stub));
}

static bool site_page_add(void)
{
	struct trace_site *block = kcalloc(SITES_PER_PAGE, sizeof(*block), GFP_KERNEL);
	u8 *text = module_alloc(PAGE_SIZE);

	for (unsigned i = 0; block && text && i < SITES_PER_PAGE; i++) {
		block[i].entry = (unsigned long)text + i * TRAMPOLINE_SIZE;
		trampoline_write(text + i * TRAMPOLINE_SIZE, &block[i]);
	}
	if (!block || !text ||
	    kprotect_range((unsigned long)text, PAGE_SIZE, PROT_KERNEL_RX)) {
		kfree(block);
		if (text)
			module_free(text);
		return false;
	}
	site_block = block;
	site_used = 0;
	return true;
}

struct trace_site *trace_site_create(unsigned long func)
{
	struct trace_site *site = site_free;

	if (!site && site_used == SITES_PER_PAGE && !site_page_add())
		return NULL;
	if (site)
		site_free = site->next;
	else
		site = &site_block[site_used++];
	site->func = func;
	site->goes_to = func + SLOT_SIZE;
	trace_site_set_tracer(site, false);
	return site;
}

void trace_site_free(struct trace_site *site)
{
	site->next = site_free;
	site_free = site;
}
