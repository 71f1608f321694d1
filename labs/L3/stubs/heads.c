/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules without the instructions. */
/* head: arch/x86_64/hook_selector.c */
/*
 * Entry selectors (contract: neurath/hook.h): small pieces of generated code in
 * pages of their own, read-only and executable, written through text poking.
 *
 * A selector of at most 64 bytes does what the contract says in C.  It may change r10, r11
 * and the flags, and nothing else: at a function's entry those carry nothing.
 *
 * Selectors are allocated under selector_mutex and never move.  Interrupt context
 * looks at selector_pages without a lock: entries are only ever added.
 */
/* splice: arch/x86_64/text_poke.c */
int text_poke_batch(struct text_poke *pokes, unsigned n)
{
	/* L3: yours, see labs/L3/README.md */
	return -ENOSYS;
}
